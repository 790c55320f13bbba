"""Receipts of Segl's own that somebody sends on outside: of these nobody is told.

What a command in an alias or procmail's ``!`` sends on is mail of the user it runs as, also what came from nobody.
Where all of it goes securely (mode ``always``, a policy) each receipt that it sends on would bring another, for ever
(tried).
"""

from __future__ import annotations

import re
from typing import Final

from segl.mime.fields import read_block
from segl_milter.transaction import Mail

_HEAD: Final = 65_536  # bytes of a header that are looked through
# As segl-deliver names them; a digest by its day.
_NAME: Final = re.compile(r"<receipt\.[0-9a-f]{32}\.[0-9]+\.[0-9a-f]{16}@|<digest\.[0-9]{8}\.[0-9a-f]+@")


def is_receipt_sent_on(mail: Mail) -> bool:
    """Whether *mail* is a receipt, by its Message-ID. Who forges that misses his own."""
    head = mail.raw[:_HEAD]
    if b"<receipt." not in head and b"<digest." not in head:
        return False
    block = read_block(head, 0, len(head), _HEAD)
    return any(_NAME.match(value.strip()) for value in block.all("message-id"))
