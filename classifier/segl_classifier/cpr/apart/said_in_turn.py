"""Numbers whose halves are said one after the other, each on a line of its own: "Bo: 070761", "Bo: 4285" in a chat, or
what a program writes down of a conversation. Something before must ask for the number, or name it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from segl.vocabulary import Adjustment
from segl_classifier.cpr.apart.halves import plain_digits
from segl_classifier.cpr.spelling.candidates import Candidate
from segl_classifier.cpr.spelling.form import Spelling
from segl_classifier.cpr.vocabulary.mentions import NAMES_CPR

# Of the shape: six digits, which may end a line.
_SIX = re.compile(rb"000000(?!0)(?<!0000000)")
_ENDS_LINE = re.compile(r"[ \t.\u200b-]{0,150}\r?\n")
_TIME = r"(?:\[[^\]\n]{1,20}\] ?)?"
_WHO = r"[^\W\d][\w .'-]{0,30}?"
_SAYS = r"(?: ?[0-9]{1,2}[:.][0-9]{2})?[:>][ \t]{1,3}"
# Who said it, and when: "[00:16] Taler 2:", "Bo 09:13>". The same says both; somebody may ask between.
_IN_TURN = re.compile(
    rf"[ \t>]{{0,6}}{_TIME}(?P<who>{_WHO}){_SAYS}[^\n0-9]{{0,40}}(?P<six>[0-9]{{6}}){_ENDS_LINE.pattern}"
    rf"(?:[^\n]{{0,20}}{_WHO}{_SAYS}[^\n0-9]{{1,60}}\r?\n)?"
    rf"[ \t>]{{0,6}}{_TIME}(?P=who){_SAYS}(?P<four>[0-9]{{4}})[ \t.!\u200b]{{0,150}}(?=\r?\n|\Z)"
)
# Below the name of the number, each in a paragraph of its own.
_BELOW = re.compile(
    rf"(?P<six>[0-9]{{6}}){_ENDS_LINE.pattern}\s{{0,6}}-?(?P<four>[0-9]{{4}})[ \t.\u200b]{{0,150}}(?=\r?\n|\Z)"
)
_NAME_ABOVE = re.compile(r"(?:cpr|personn)[^\n0-9]{0,30}\r?\n\s{0,6}\Z", re.IGNORECASE)
_LINE, _ABOVE, _BEFORE = 100, 60, 200  # characters
_SAID_BELOW = Adjustment("the two halves stand below the name of the number", 0.4)
_SAID_IN_TURN = Adjustment("the two halves are said one after the other", 0.4)


def said_in_turn(text: str, shape: bytes) -> Iterator[Candidate]:
    """The numbers of *text*, whose shape is *shape*, whose halves one person says so."""
    for six in _SIX.finditer(shape):
        start, end = six.span()
        if _ENDS_LINE.match(text, end) is None:
            continue
        line = text.rfind("\n", max(0, start - _LINE), start) + 1
        if (found := _BELOW.match(text, start)) and _NAME_ABOVE.search(text, max(0, start - _ABOVE), start):
            yield _candidate(found, _SAID_BELOW)
        elif (
            (found := _IN_TURN.match(text, line))
            and found.start("six") == start
            and NAMES_CPR.search(text, max(0, start - _BEFORE), start)
        ):
            yield _candidate(found, _SAID_IN_TURN)


def _candidate(found: re.Match[str], step: Adjustment) -> Candidate:
    digits = plain_digits(found["six"] + found["four"])
    return Candidate(found.start("six"), found.end("four"), Spelling.WORDS, digits, (step,), read=True)
