"""Canaries: messages that Segl sends through the real front, to itself, to see that what must go securely does.

``token`` makes the name by which one is known, ``letter`` the message, ``records`` keeps what was seen, ``standing``
says what follows from it. They are sent by ``segl canary run``, and arrive at segl-deliver.
→ docs/decisions/0033-canary.md
"""
