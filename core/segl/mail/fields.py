"""The header of a message as raw fields (RFC 5322 §2.2): nothing decoded, nothing rewritten.

A field is a name, a colon and a value, folded over the lines that begin with a blank. The header ends at
the first empty line, or, in a broken message, before the first line that is no field (which then is the
body's first).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

_FIELD = re.compile(rb"([!-9;-~]+)[ \t]*:")
LINE_END: Final = b"\r\n"


@dataclass(frozen=True, slots=True)
class Field:
    """One header field; ``raw`` is all of it, folded as it came, with its line end."""

    name: str  # lower case
    raw: bytes

    @property
    def value(self) -> bytes:
        """What stands after the colon, unfolded, without blanks around."""
        return b" ".join(line.strip() for line in self.raw.split(b":", 1)[1].splitlines()).strip()


def split_header(message: bytes) -> tuple[list[Field], bytes]:
    """The fields and the body; the empty line between is in neither."""
    fields, at = read_header(message)
    return fields, message[at:]


def read_header(message: bytes) -> tuple[list[Field], int]:
    """The fields, and where the body begins."""
    fields: list[Field] = []
    at = 0
    name, begin = "", 0
    while at < len(message):
        end = message.find(b"\n", at) + 1 or len(message)
        if message[at] in b" \t" and name:  # a line of blanks alone goes on, too (RFC 5322 §4.2)
            at = end
            continue
        if name:
            fields.append(Field(name, message[begin:at]))
            name = ""
        if message[at:end] in (b"\r\n", b"\n"):
            return fields, end
        match = _FIELD.match(message, at, end)
        if match is None:
            return fields, at
        name, begin = match[1].decode("ascii").lower(), at
        at = end
    if name:
        fields.append(Field(name, message[begin:at]))
    return fields, len(message)


def header_size(message: bytes) -> int:
    """How many bytes stand before the first empty line: at most as many as :func:`read_header` reads, and told without
    reading them."""
    ends = [at for line in (b"\n\n", b"\n\r\n") if (at := message.find(line)) >= 0]
    return min(ends, default=len(message))


def ended(raw: bytes) -> bytes:
    """*raw* with a line end."""
    return raw if raw.endswith(b"\n") else raw + LINE_END


def join_header(fields: Iterable[Field], body: bytes | memoryview) -> bytes:
    """The message back. Each field's line end is kept; one that the end of the message cut off is added."""
    return b"".join([*(ended(field.raw) for field in fields), LINE_END, body])


def without(message: bytes, unwanted: Callable[[str], bool]) -> bytes:
    """*message* without the fields whose (lower-case) name is *unwanted*; the same object when there are
    none."""
    fields, body = split_header(message)
    kept = [field for field in fields if not unwanted(field.name)]
    return message if len(kept) == len(fields) else join_header(kept, body)


def canonical(data: bytes) -> bytes:
    """*data* with every bare LF as CR LF, the form in which MIME entities are signed and encrypted (RFC
    8551 §3.1.1). A bare CR stays: what it meant is anybody's guess."""
    if data.count(b"\n") == data.count(LINE_END):
        return data
    return data.replace(LINE_END, b"\n").replace(b"\n", LINE_END)
