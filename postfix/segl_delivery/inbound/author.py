"""Who a message says it is from: the one address in its From field, or nobody.

What is compared with a certificate must be what a mail program shows. A field that two programs may read
differently (several addresses, two From fields, comments, an address in front of the address) names nobody here,
and then no signature is the author's.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from segl.certificates.names import mail_key
from segl.mail.fields import Field
from segl.mail.paths import is_plain

_LONGEST: Final = 2048  # bytes of a From field
# A name in quotes, or words without a sign that means something in an address (RFC 5322 §3.4).
_FROM = re.compile(
    r'(?:(?:"(?:[^"\\]|\\.)*"|[^"<>@,;:()\\\[\]]*)[ \t]*<(?P<named>[^<>\s"]+)>|(?P<bare>[^<>\s"]+))'
)


def author_of(fields: Sequence[Field]) -> str:
    """The address in the form of :func:`~segl.certificates.names.mail_key`; ``""`` for nobody."""
    found = [field.value for field in fields if field.name == "from"]
    if len(found) != 1 or len(found[0]) > _LONGEST:
        return ""
    try:
        match = _FROM.fullmatch(found[0].decode("utf-8"))
    except UnicodeDecodeError:
        return ""
    address = (match["named"] or match["bare"]) if match else ""
    return mail_key(address) if is_plain(address) else ""
