"""Tables in files of plain text whose cells are divided by signs that divide nothing elsewhere, or stand in columns of
so many letters: exports of old systems, lists for printers.

Whoever looks for headings knows tabs, semicolons, bars and commas, and blanks where two stand side by side. So what
divides cells becomes a tab.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from itertools import accumulate, pairwise

_RARE = "^~§¤#!\x1f\x1c\x1d¦¬"
_USUAL = re.compile(r"[\t;|]")
_SAYS_SIGN = re.compile(r'\ufeff?"?sep=([^\w\s"]|\t)"?[ ]*\r?(?=\n)', re.IGNORECASE)
_QUOTED, _COMMA = re.compile(r'"[^"]*"'), re.compile(r'"[^"]*"|,')
_FEWEST = 3  # lines of a table
_SHARE = 0.8  # of the lines have as many signs
_LOOKED_AT, _LONGEST = 400, 2_000  # lines, and characters of one
_SURE, _SURE_SHARE = 2, 0.4  # so many in a line, as nothing but a table has
_HEAD = 4  # lines among which is the heading
_OTHERS = 20  # one in so many lines of a table in columns is of something else: a title, a sum
# What may stand between the words of a heading and divide cells below it; dots, commas and hyphens are in words.
_BETWEEN_WORDS = re.compile(r"""(?:_|[^\w\s.,;'"()|-]){1,2}|--| - """)
_FEWEST_SIGNS, _SHARE_BELOW = 2, 0.9  # in the heading; of the lines below it that have as many
_KINDS = 5  # of signs in a heading that are tried
_RULER = re.compile(r"[\s=_+|-]*")
# Lines in columns of so many letters: in fewer, words of prose end at the same place by chance.
_FEWEST_FIXED = 5
_NUMBER = re.compile(r"\d{6}")
_PARTS = re.compile(r"\d{6} \d{4}(?!\d)")  # of one number
_WORD = re.compile(r"\S+")


def divided(text: str, *, sheet: bool = False) -> str:
    """*text* with a tab between the cells of its tables. *sheet*: it may have been saved from one, and its commas
    divide cells."""
    if _NUMBER.search(text) is None:
        return text
    said = _SAYS_SIGN.match(text)
    if said:  # to the program that opens it, and no heading
        text = " " * said.end() + text[said.end() :]
    lines = text.split("\n", _LOOKED_AT)[:_LOOKED_AT]
    whole = [line for line in _QUOTED.sub("", "\n".join(lines)).split("\n") if line.strip()]
    if len(whole) < _FEWEST or sum(map(bool, map(_USUAL.search, whole))) * 2 > len(whole):
        return text
    sign = (said[1] if said and said[1] != "," else "") or _sign(whole) or _sign_of_heading(whole)
    if sign:
        return text.replace(sign, "\t")
    if sheet and _divides(",", whole) and "," in whole[0]:  # not in addresses alone
        return _COMMA.sub(lambda found: "\t" if found[0] == "," else found[0], text)
    return _in_columns(text, [line for line in lines if line.strip()])


def _sign(lines: Sequence[str]) -> str:
    """The sign that divides *lines*, ``""`` if none does."""
    return next((sign for sign in _RARE if _divides(sign, lines)), "")


def _sign_of_heading(lines: Sequence[str]) -> str:
    """Any sign, or two, that divide the words of a heading, and as often the lines below it; ``""`` if none does."""
    if max(map(len, lines)) > _LONGEST:
        return ""
    for number, heading in enumerate(lines[:_HEAD]):
        rows = lines[number + 1 :]
        signs: list[str] = _BETWEEN_WORDS.findall(heading)
        for sign, count in Counter(signs).most_common(_KINDS):
            with_it = sum(row.count(sign) == count for row in rows)
            if (
                count >= _FEWEST_SIGNS
                and with_it >= max(_FEWEST - 1, _SHARE_BELOW * len(rows))
                and all(any(map(str.isalpha, cell)) for cell in heading.split(sign))
                and _NUMBER.search(heading) is None
            ):
                return sign
    return ""


def _divides(sign: str, lines: Sequence[str]) -> bool:
    """Whether most of *lines* have *sign* as often."""
    counts = Counter(map(str.count, lines, [sign] * len(lines)))
    del counts[0]
    if not counts:
        return False
    count, with_it = counts.most_common(1)[0]
    share = _SHARE if count < _SURE else _SURE_SHARE
    return with_it >= max(_FEWEST, share * len(lines))


def _in_columns(text: str, lines: Sequence[str]) -> str:
    """*text*, whose first *lines* these are, with a tab where hardly any has more than a blank."""
    rows = [line.rstrip("\r") for line in lines if not _RULER.fullmatch(line)]
    numbers = sum(map(bool, map(_NUMBER.search, rows)))
    if len(rows) < _FEWEST_FIXED or 2 * numbers < len(rows) or max(map(len, rows)) > _LONGEST:
        return text
    taken, heading = _taken(rows), _heading(rows)
    most = len(rows) // _OTHERS
    gaps = [
        place
        for place in range(1, len(taken) - 1)
        if taken[place] <= most < taken[place + 1] and heading[place : place + 1] in ("", " ")
    ]
    gaps = _between_headings(heading, [place for place in gaps if not _parts_numbers(rows, place)])
    if not gaps:
        return text
    return "\n".join(_with_tabs(line, gaps) for line in text.split("\n"))


def _taken(rows: Sequence[str]) -> list[int]:
    """How many of *rows* have something at each place."""
    change = [0] * (max(map(len, rows)) + 2)
    for row in rows:
        for word in _WORD.finditer(row):
            change[word.start()] += 1
            change[word.end()] -= 1
    return list(accumulate(change))


def _heading(rows: Sequence[str]) -> str:
    """The last of the first *rows* that has no number, or the very first."""
    return next((row for row in reversed(rows[:_HEAD]) if not _NUMBER.search(row)), rows[0])


def _parts_numbers(rows: Sequence[str], place: int) -> bool:
    """Whether the blank at *place* is one within numbers."""
    within = sum(_PARTS.match(row, max(0, place - 6)) is not None for row in rows)
    return within * 2 > len(rows)


def _between_headings(heading: str, gaps: Sequence[int]) -> list[int]:
    """Those of *gaps* that stand between the words of *heading*. Of several between two, the others are within a cell,
    as those of phone numbers: which, is told by the side at which the columns are straight."""
    words = [word.span() for word in _WORD.finditer(heading)]
    begins = sum(start - 1 in gaps for start, _ in words)
    at_right = sum(end in gaps for _, end in words) > begins
    kept: list[int] = []
    for (_, end), (start, _) in pairwise(words):
        between = gaps[bisect_left(gaps, end) : bisect_left(gaps, start)]
        if between:
            kept.append(between[0] if at_right else between[-1])
    return kept


def _with_tabs(line: str, gaps: Sequence[int]) -> str:
    """*line* with a tab in place of the blanks at each of *gaps* that is one in it."""
    if len(line) <= gaps[0] or len(line) > _LONGEST:
        return line
    here = [place for place in gaps if line[place : place + 1] == " "]
    return "\t".join(
        line[start:end].strip() for start, end in pairwise([0, *here, len(line)])
    ) + "\r" * line.endswith("\r")
