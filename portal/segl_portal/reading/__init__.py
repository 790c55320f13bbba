"""Reading a sealed message: from decrypted chunks to what a recipient sees and downloads.

:mod:`.index` finds the parts, :mod:`.decoding` undoes transfer encodings as bytes stream by, :mod:`.view` chooses
what is shown, :mod:`.sanitise` makes HTML harmless and :mod:`.frame` the document for the sandboxed frame. Nothing
holds a message in memory: a message is read from any place, chunk by chunk, as often as somebody asks for
a part of it.

Whoever wrote the message is a stranger, and what he wrote is shown to somebody who trusts the page it is
shown on. So every function here takes any bytes, is bounded in time and memory, and says less rather than
more."""
