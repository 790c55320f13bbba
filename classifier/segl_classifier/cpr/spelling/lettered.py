"""Replacement numbers with letters among the last four: "eCPR 070761-4AK5".

Regions and the national register give those (eCPR, X-eCPR) to somebody who has no personal number. Nothing but a word
for such a number makes six digits, letters and digits one; so only texts that may have one are looked at.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import re2

from segl_classifier.cpr.spelling.candidates import Candidate
from segl_classifier.cpr.spelling.form import Spelling
from segl_classifier.cpr.vocabulary.mentions import may_name_replacement
from segl_classifier.latin import latin_options

_SIX_DIGITS = b"000000"  # of the shape; most letters have none
_IN_SHAPE = re2.compile(
    rb"(?:^|[^0a])000000 ?(?:a[0a]{3}|0a[0a]{2}|00a[0a]|000a)(?:[^0a]|$)", latin_options()
)
_LETTERED = re.compile(
    r"(?<![^\W_])(?P<date>[0-9]{6})[ -]?(?P<rest>(?=[0-9]{0,3}[A-Z])[0-9A-Z]{4})(?![^\W_])"
)
_MOST = 1_000


def lettered(text: str, shape: bytes) -> Iterator[Candidate]:
    """The candidates of *text*, whose shape is *shape*."""
    if _SIX_DIGITS not in shape or _IN_SHAPE.search(shape) is None or not may_name_replacement(text):
        return
    for count, found in enumerate(_LETTERED.finditer(text)):
        if count >= _MOST:
            break
        rest = found["rest"]
        # A letter says nothing of the century; the others tell one number from another.
        digits = "".join(c if c.isdecimal() else str(ord(c) % 10) for c in rest[1:])
        first = rest[0] if rest[0].isdecimal() else "0"
        yield Candidate(*found.span(), Spelling.LETTERED, found["date"] + first + digits)
