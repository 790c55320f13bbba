"""Whether two found numbers are the same, for who counts how many people a message is about.

A message often says a number twice: in the text and in its HTML twin, above and in the quoted mail below. What is
handed on to tell them apart is a keyed hash; the key is made at the start, lives in this process (and those it
forks) and is written nowhere, so that a hash tells nothing outside.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from hashlib import blake2b

from segl_classifier.cpr.judging.judge import ScoredNumber
from segl_classifier.cpr.judging.score import THRESHOLD

_KEY = os.urandom(32)


def mark(number: ScoredNumber) -> int:
    """The same for the same digits, never 0; 0 for a number that does not count."""
    if number.score < THRESHOLD:
        return 0
    digest = blake2b(number.digits.encode("ascii", "replace"), digest_size=8, key=_KEY).digest()
    return int.from_bytes(digest, "big") | 1


def different_first(numbers: Iterable[ScoredNumber]) -> list[ScoredNumber]:
    """*numbers* in their order, those that say an earlier one again moved to the end."""
    firsts: dict[str, ScoredNumber] = {}
    again = [number for number in numbers if firsts.setdefault(number.digits, number) is not number]
    return [*firsts.values(), *again]
