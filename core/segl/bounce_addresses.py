"""Envelope senders at which a program reads what comes back: of mailing lists, of newsletters.

Such a program knows delivery reports (RFC 3464). What else comes there it counts as a failure of the member whose
address is written into the sender (VERP), or sends to the list's owner
(docs/decisions/0074-programs-that-read-bounces.md).
"""

from __future__ import annotations

import re
from typing import Final

from segl.addresses import folded, split_address

_FORMS: Final = re.compile(
    r"(?:.+[-.+])?bounces?(?:[-+.=].*)?"  # Mailman, mlmmj, Sympa, services for sending: liste-bounces+bo=kunde.example
    r"|owner-.+|.+-owner"  # Majordomo, aliases(5), Sympa
    r"|.+-return-[0-9]*-.*"  # ezmlm
    r"|[^-+=]+[-+].*=[a-z0-9-]+(?:\.[a-z0-9-]+)+"  # VERP as Postfix writes it: liste+bo=kunde.example
)


def reads_bounces(sender: str) -> bool:
    """Whether the envelope sender *sender* looks like one of those: by its local part, as they are commonly written."""
    return _FORMS.fullmatch(folded(split_address(sender)[0])) is not None
