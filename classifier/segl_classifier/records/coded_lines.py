"""Lines of a text whose value stands coded, as the programs that write such texts show it.

Exports of address books and directories (LDIF, RFC 2849) write each value with letters beyond ASCII as base64 behind
two colons. Header fields quoted in a text, as in bounces, hold encoded words (RFC 2047).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from segl.mime import sniff, transfer
from segl.mime.charset import decode_text
from segl.mime.encoded_words import shown_header
from segl.mime.transfer import Encoding

_MOST = 10_000  # lines of one text
_FOLD = re.compile(r"\r?\n[ \t]")
_VALUE = re.compile(r"^(?P<name>[\w.;-]{1,80}+):: ?(?P<data>[A-Za-z0-9+/=]{4,}+)\r?$", re.MULTILINE)
_FIELD = re.compile(
    r"^[> ]{0,20}(?P<field>[A-Za-z][\w-]{1,60}+:[^\n]*=\?[\w-]{1,40}\?[bBqQ]\?[^\n]*)$", re.MULTILINE
)


def coded_lines(text: str) -> str:
    """The values that stand coded in *text*, decoded, each on a line with its name."""
    return "\n".join((*_values(text), *_fields(text)))


def _values(text: str) -> Iterator[str]:
    if "::" in text:
        for value in islice(_VALUE.finditer(_FOLD.sub("", text)), _MOST):
            data = transfer.decode(value["data"].encode(), Encoding.BASE64)
            if len(value["data"]) % 4 == 0 and sniff.is_text(data):  # a photograph is none
                yield f"{value['name']}: {decode_text(data)}"


def _fields(text: str) -> Iterator[str]:
    if "=?" in text:
        for field in islice(_FIELD.finditer(_FOLD.sub(" ", text)), _MOST):
            yield shown_header(field["field"].encode("utf-8", "replace").decode("latin-1"))
