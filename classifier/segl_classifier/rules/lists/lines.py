"""Lists without a table: lines that begin with a name, below a caption ("Langtidssyge:", "- Bo Hansen, 14 dage").

What stands behind the names is an entry where it is an amount, or anything but a way to reach somebody. Below a title
(the subject, the name of the file) amounts alone are, since that stands over whatever else is in the letter. Where the
caption says it of the persons themselves ("Sygemeldte", "Lejere med restance"), the names are enough.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from segl_classifier.layout.cells import Line
from segl_classifier.layout.tables import Row
from segl_classifier.rules.lists.amounts import CURRENCY, FIGURES
from segl_classifier.rules.lists.captions import Captions, Matter, Said
from segl_classifier.rules.lists.headings import Heading
from segl_classifier.rules.lists.persons import VALUES, Persons
from segl_classifier.rules.lists.rows import Cells
from segl_classifier.rules.lists.tables import Table

_FEWEST = 2  # lines: one is a sentence without its verb
_NAME = r"[A-ZÆØÅÄÖÜ][\w'’-]*\.?"
_NAMED = re.compile(
    r"[\s>*#•·–-]*(?:\d{1,3}[.)]\s+)?"
    rf"(?P<name>{_NAME}(?: (?:{_NAME}|af|von|van|de|el)){{0,4}})"
    r"(?:(?P<sign>[^\S\t]*+[,:;|\t(=–—]\s*+|\s++-+\s*+|[ ]{2,}+|[ ](?=\d))(?P<rest>\S.{0,60}))?\s*\Z"
)
_DIVIDED = re.compile(r"\s*[,;|\t]\s+|[;|\t]|\s{2,}|\s+[–—-]+\s+")
_AMOUNT = re.compile(
    rf"(?:ca\.? ?)?(?:(?:{CURRENCY}) ?)?-?{FIGURES}(?:,\d{{1,2}})?"
    rf"(?: ?(?:{CURRENCY}|,-|%|pct\.?|dage?|dg\.?|timer?|t\.?|uger?|måneder|mdr\.?|gange?|rater?|m3|m³|kwh))*"
    r"[.)]?",
    re.IGNORECASE,
)
_REACHED = re.compile(
    r"(?:\+?\d[\d ]{6,}\d\b)|\S@\S|\b(?:tlf|telefon|lokal|mobil|kl|rum|kontor|værelse)\b|"
    r"\b(?:man|tirs|ons|tors|fre|lør|søn)dage?\b|://|www\.|\b\d{1,2}[:.]\d\d\s?(?:-|–)",
    re.IGNORECASE,
)
# What somebody does, not what is the matter with them; and the minute of a match, how many matches, or how long a talk
# takes.
_DOES = re.compile(
    r"(?:[\w-]*(?:formand|kasserer|advokat|læge|sygeplejerske|koordinator|specialist|fuldmægtig|konsulent|partner"
    r"|leder|sekretær|psykolog|rådgiver|terapeut|direktør|chef|assistent|suppleant|ordstyrer|referent|oplæg)"
    r"|cand\.[\w. ]*|\d{1,3}\.? ?min(?:utter|ut)?|\d{1,3} (?:kampe?|runder?|mål))\.?",
    re.IGNORECASE,
)
_GREETS = re.compile(r"[\s>*-]*(?:kære|hej|hejsa|goddag|hi|hello|dear|hei|liebe)\b", re.IGNORECASE)
_CLOSES = re.compile(
    r"[\s>*-]*(?:mvh|vh|kh|hilsen|hilsner|hälsningar|regards|"
    r"(?:med )?(?:venlig|kærlig|god|bedste|mange|best|kind|many|vänlig|vennlig|mit))\b",
    re.IGNORECASE,
)


class _Entry(NamedTuple):
    """A line that begins with a *name*; *rest* stands behind it."""

    name: str
    rest: str
    line: Line


def lists_of_lines(
    lines: Iterable[Line], captions: Captions, persons: Persons, titled: Matter | None
) -> Iterator[Table]:
    """The lists among *lines* that begin with names, below a line that *captions* know or, with no other caption, below
    what the text is *titled*. Below a line that names *persons* stands a table."""
    above: Line | None = None
    run: list[_Entry] = []
    for line in lines:
        named = _NAMED.match(line.text)
        if named and not _GREETS.match(line.text) and not _CLOSES.match(line.text):
            run.append(_Entry(named["name"], named["rest"] or "", line))
            continue
        if len(run) >= _FEWEST:
            yield from _lists(above, run, captions, persons, titled)
        above, run = line, []
    if len(run) >= _FEWEST:
        yield from _lists(above, run, captions, persons, titled)


def _lists(
    above: Line | None, run: Sequence[_Entry], captions: Captions, persons: Persons, titled: Matter | None
) -> Iterator[Table]:
    """The lists in *run*, the lines below *above*. Some may be captions that look like names: "Sygemeldte"."""
    matter = captions.of_line(above.text) if above else None
    if matter is None and titled and not (above and _is_caption_of_its_own(above.text, captions)):
        above, matter = run[0].line, titled
    first = 0
    for number, entry in enumerate(run):
        if not entry.rest and (own := captions.of_line(entry.line.text)):
            yield from _list(above, run[first:number], matter, persons)
            above, matter, first = entry.line, own, number + 1
    yield from _list(above, run[first:], matter, persons)


def _list(
    caption: Line | None, run: Sequence[_Entry], matter: Matter | None, persons: Persons
) -> Iterator[Table]:
    """*run* as a list below *caption*, which tells the *matter*."""
    if matter is None or caption is None or len(run) < _FEWEST or persons.are_named(run[0].name):
        return
    rows = [said for entry in run if not persons.begins(VALUES, entry.name) and (said := _row(entry, matter))]
    if _are_extensions([said for _, said in rows]):
        return
    # "Bo Hansen, leder", beside as many of whom something is said, is as well in the list.
    does = sum(_DOES.fullmatch(entry.rest) is not None for entry in run)
    listed = len(rows) + (does if matter.said is Said.LINE and len(rows) >= does else 0)
    if listed >= max(_FEWEST, len(run) * 4 // 5 if matter.said is Said.TITLE else 0):
        shown = caption.text.strip()
        row = Row(("", shown), ("", shown), caption.start, caption.end, heads=True)
        yield Table(
            Heading(row, ("", ""), {1: matter.rules}, (), captioned=matter.said, persons=(0,)), 0, rows
        )


def _are_extensions(said: Sequence[str]) -> bool:
    """Whether what is *said* are the last digits of telephones: as long as each other, and with the same beginning."""
    return (
        all(each.isdigit() and len(each) > 2 for each in said)
        and len({*map(len, said)}) == 1
        and len({each[:2] for each in said}) == 1
    )


def _is_caption_of_its_own(line: str, captions: Captions) -> bool:
    """Whether *line* says of something else that it stands below ("Deltagere:"), closes a letter, or heads a table."""
    return bool(_CLOSES.match(line)) or captions.is_elsewhere(line) or len(_DIVIDED.split(line.strip())) > 1


def _row(entry: _Entry, matter: Matter) -> Cells | None:
    """The name of *entry* and what is said of it; ``None`` if nothing."""
    rest = entry.rest
    if matter.of_persons and not _REACHED.search(rest):
        return entry.name, rest or entry.name
    if not rest or _REACHED.search(rest):
        return None
    amounts = [part for part in _DIVIDED.split(rest) if _AMOUNT.fullmatch(part)]
    if amounts:
        return entry.name, amounts[-1]
    return (entry.name, rest) if matter.said is Said.LINE and not _DOES.fullmatch(rest) else None
