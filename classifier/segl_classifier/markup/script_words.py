"""Words in the scripts of a page that are not written in letters: ``atob("Q1BS…")``, ``"\\x43\\x50\\x52"``,
``"%u0043"``, ``String.fromCharCode(67, 80, 82)``.

Programs that make a page with a receipt or a journal of it write its text so. Longer base64 is opened as a file
(:mod:`segl_classifier.written_in`); what a script works out otherwise is not known.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from segl.mime import sniff, transfer
from segl.mime.charset import decode_text
from segl.mime.transfer import Encoding

_MOST = 2_000  # of each kind in one page
_BASE64 = re.compile(r"""\batob\(\s{0,9}["'`]([A-Za-z0-9+/=\s]{8,4000})["'`]""")
_CODES = re.compile(r"\bfromCharCode\(((?:\s{0,9}(?:0x[0-9a-fA-F]{1,4}|\d{1,5})\s{0,9},?){4,4000}+)\)")
_ESCAPE = re.compile(r"\\x([0-9A-Fa-f]{2})|\\u([0-9A-Fa-f]{4})|%u([0-9A-Fa-f]{4})|%([0-7][0-9A-Fa-f])")
_ESCAPED = re.compile(
    r"(?:[\w .,:/<>-]{0,20}(?:\\x[0-9A-Fa-f]{2}|\\u[0-9A-Fa-f]{4}|%u[0-9A-Fa-f]{4})){3,}+[\w .,:/<>%-]{0,20}"
)
_SAYS_SOMETHING = re.compile(r"[A-Za-z]{3}|(?:\d\D?){6}")  # tables of letters in libraries say nothing


def script_words(scripts: str) -> Iterator[str]:
    """The words in *scripts*, each as they would be written into the page."""
    for words in _decoded(scripts):
        if _SAYS_SOMETHING.search(words):
            yield words


def _decoded(scripts: str) -> Iterator[str]:
    if "atob" in scripts:
        for found in islice(_BASE64.finditer(scripts), _MOST):
            content = transfer.decode(found[1].encode(), Encoding.BASE64)
            if sniff.is_text(content):
                yield decode_text(content)
    if "fromCharCode" in scripts:
        for found in islice(_CODES.finditer(scripts), _MOST):
            yield "".join(chr(int(code, 0) & 0xFFFF) for code in re.findall(r"0x\w+|[1-9]\d*", found[1]))
    if "\\x" in scripts or "\\u" in scripts or "%u" in scripts:
        for found in islice(_ESCAPED.finditer(scripts), _MOST):
            yield _ESCAPE.sub(lambda e: chr(int(e[e.lastindex or 0], 16)), found[0])
