"""What says in a few words what a message or a text is about: the subject, a line ``Emne: …`` in a letter, above a mail
that is passed on or in a list of cases, the title of an appointment, a point of an agenda, the first line of a file and
its name.

"Afslag: kontanthjælp, Bo Bro" above "Tager du den her? Ring lige": in one window with what only hangs on it, a title
that tells it all is lost to the model. It was written to stand alone, so it is read alone as well, in the form in which
the model knows a subject. There it is without what programs and houses put before it ("SV: [EKSTERN]"), which is no
part of what was written; in its window all stands as it stood.

A point is a title only where somebody may be named in it: "44 % af ægteskaber ender i skilsmisse" is a point, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain, islice

from segl_classifier.message import Source, Text
from segl_classifier.understanding.interface import Window
from segl_classifier.understanding.windows import SplitWindow, lead_of, name_in_words, shown, whole

BY_ITSELF = 0.5
"""Log-odds, taken from all scores of a title that is read by itself: a sixth of what a sentence loses."""

_MOST = 512  # of a message, and of the lines of one text
_LONGEST = 15  # words of one that no label says to be a title
_BEFORE = re.compile(
    r"(?:(?:sv|vs|re|fwd?|aw|antw|wg|vb|svar|videresendt)[ ]?(?:\[\d{1,3}\]|\(\d{1,3}\))?[ ]?:[ ]*+"
    r"|\[[^\[\]\n]{1,40}\][ ]*+|[(]?(?:ekstern|extern|external)[)]?:?[ ]++)++",
    re.IGNORECASE,
)
_BEHIND = re.compile(r"(?<! )(?:[ ]*+\[[^\[\]\n]{1,60}\])++[ ]*+\Z")
_LABEL = (
    r"(?:emne|subject|betreff|betr|ämne|ärende|gjelder|regarding|vedr(?:ørende)?|ang(?:ående)?|(?:sags)?titel|title|"
    r"overskrift)\.?"
)
# With a tab, where nothing else stands in the row.
_LABELLED = re.compile(
    rf"^[ \t>*_|-]*+(?:{_LABEL}|summary(?:;[^:\n]{{0,80}})?)[ *_]{{0,4}}"
    r"(?::[ *_\t]{0,4}|\t(?=[^\r\n\t]++(?:[\r\n]|\Z)))(?P<title>[^\s:][^\r\n\t]{2,200})",
    re.IGNORECASE | re.MULTILINE,
)
# In a row as it is read: "Sagsnr.: 25/1188, Emne: Afslag, Ansvarlig: PD".
_IN_ROW = re.compile(
    rf"(?:\A|(?<=, )){_LABEL}: (?P<title>.{{3,200}}?)(?=, [A-ZÆØÅ][\w. ]{{1,30}}: |\Z)", re.IGNORECASE
)
_POINT = re.compile(
    r"^[ \t>]*+(?:(?:pkt|punkt|ad)?[. ]{0,2}\d{1,2}[.):]|[-–•*])[ \t]++(?P<title>[^\s][^\r\n]{4,120})(?=[\r\n]|\Z)",
    re.IGNORECASE | re.MULTILINE,
)
_FIRST = re.compile(r"\s*+(?P<title>[^\r\n\t]{5,120})(?:[\r\n]|\Z)")
_SAID = (".", "!", "?", ":", ",", ";")  # with which no title ends
_NAMED = re.compile(r"[A-ZÆØÅÄÖÜ].*[ (\"][A-ZÆØÅÄÖÜ][a-zæøåäöüé]")
# A template's title tells what is to be written to somebody some day.
_TEMPLATE = re.compile(
    r"\b(?:paradigme|skabelon|blanket|formular|template|mall|mal|vorlage)(?:er|en|et|s|ne)?\b", re.IGNORECASE
)
_KIND = re.compile(r"\.\w{1,5}\Z")
_WORD = re.compile(r"[^\W\d_]{3}")

_Found = tuple[str, int, int]  # a title, and where it stands


def titles(texts: Sequence[Text], windows: Sequence[SplitWindow] = ()) -> list[Window]:
    """The titles in *texts*, in reading order, each once; not those that are *windows* already."""
    known = {window.text for window, _ in windows}
    found: dict[str, Window] = {}
    for number, text in enumerate(texts):
        if text.for_model and not text.remark:
            for title, start, end in islice(_of(text), _MOST):
                _add(found, title, Window("", text.where, text.source, number, start, end))
    for row in chain.from_iterable(sentences for _, sentences in windows):
        if len(found) >= 2 * _MOST:
            break
        named = _IN_ROW.search(row.text) if ": " in row.text else None
        if named and _WORD.search(named["title"]):
            _add(found, named["title"], row)
    return list(islice((title for read, title in found.items() if read not in known), _MOST))


def _add(found: dict[str, Window], title: str, place: Window) -> None:
    read = "".join(piece.text for piece in lead_of(_bare(title)))
    if read and not _TEMPLATE.search(read):
        found.setdefault(read, replace(place, text=read))


def _of(text: Text) -> Iterator[_Found]:
    content = whole(text.text)
    if text.source is Source.SUBJECT:
        yield content, 0, len(content)
    elif text.source is Source.FILENAME:
        yield name_in_words(_KIND.sub("", content)), 0, len(content)
    elif _LABELLED.search(content) or _POINT.search(content) or text.source is Source.ATTACHMENT:
        yield from _lines_of(shown(text), text.source)


def _lines_of(content: str, source: Source) -> Iterator[_Found]:
    first = _FIRST.match(content) if source is Source.ATTACHMENT else None
    if first and _may_be(first["title"]):
        yield _at(first)
    yield from (_at(line) for line in _LABELLED.finditer(content) if _WORD.search(line["title"]))
    points = (point for point in _POINT.finditer(content) if _NAMED.match(point["title"]))
    yield from (_at(point) for point in points if _may_be(point["title"]))


def _at(found: re.Match[str]) -> _Found:
    return found["title"], *found.span("title")


def _may_be(line: str) -> bool:
    """Whether *line* may be a title: few words, and no sentence."""
    return line.count(" ") < _LONGEST and not line.rstrip().endswith(_SAID) and bool(_WORD.search(line))


def _bare(title: str) -> str:
    """*title* without what was put before or behind it; as it is where nothing else is left."""
    title = title.strip()
    begun = _BEFORE.match(title)
    bare = _BEHIND.sub("", title[begun.end() :] if begun else title)
    return bare if _WORD.search(bare) else title
