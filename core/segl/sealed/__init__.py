"""Sealed messages: the format on disk, the keys, the directory, and opening.

A message that no other way can carry is *sealed*: encrypted under a random key and kept here until the
recipient fetches it in a browser. The key is kept by nobody. Per recipient it is wrapped under a key that
is derived from two secrets: one lives only in the link in the recipient's mailbox, the other only in the
store. Neither a stolen store with all its files nor an intercepted notice alone opens anything, and
deleting the store's half (:func:`~segl.sealed.life.shred_expired`) makes the files worthless at once.

``docs/sealed-format.md`` gives the exact bytes; ``docs/decisions/0004-sealing.md`` the reasons.
"""
