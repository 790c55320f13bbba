"""What says in a few words what a message or a text is about: the subject, a line ``Emne: …`` in a letter or above a
mail that is passed on, the title of an appointment, the name of a file.

"Afslag: kontanthjælp, Bo Bro" above "Tager du den? Ring lige": in one window with what only hangs on it, a title that
tells it all is lost to the model. It was written to stand alone, so it is read alone as well, in the form in which the
model knows a subject. There it is without what programs and houses put before it ("SV: [EKSTERN]"), which is no part of
what was written; in its window all stands as it stood.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import islice

from segl_classifier.message import Source, Text
from segl_classifier.understanding.interface import Window
from segl_classifier.understanding.windows import lead_of, name_in_words, whole

BY_ITSELF = 0.5
"""Log-odds, taken from all scores of a title that is read by itself: a sixth of what a sentence loses."""

_MOST = 64  # of a message, and of the lines of one text
_BEFORE = re.compile(
    r"(?:(?:sv|vs|re|fwd?|aw|wg|vb|svar|videresendt)[ ]?(?:\[\d{1,3}\]|\(\d{1,3}\))?[ ]?:[ ]*+"
    r"|\[[^\[\]\n]{1,40}\][ ]*+|[(]?(?:ekstern|extern|external)[)]?:?[ ]++)++",
    re.IGNORECASE,
)
_BEHIND = re.compile(r"(?<! )(?:[ ]*+\[[^\[\]\n]{1,60}\])++[ ]*+\Z")
_LABELLED = re.compile(
    r"^[ \t>*_|-]*+(?:emne|subject|betreff|ämne|vedr(?:ørende)?|ang(?:ående)?|(?:sags)?titel|title|overskrift"
    r"|summary(?:;[^:\n]{0,80})?)\.?[ *_]{0,4}[:\t][ *_\t]{0,4}(?P<title>[^\s:][^\r\n]{2,200})",
    re.IGNORECASE | re.MULTILINE,
)
# A template's title tells what is to be written to somebody some day.
_TEMPLATE = re.compile(
    r"\b(?:paradigme|skabelon|blanket|formular|template|mall|mal|vorlage)(?:er|en|et|s|ne)?\b", re.IGNORECASE
)
_KIND = re.compile(r"\.\w{1,5}\Z")
_WORD = re.compile(r"[^\W\d_]{3}")


def titles(texts: Sequence[Text], known: Collection[str] = ()) -> list[Window]:
    """The titles in *texts*, in reading order, each once; not those that are *known*: windows already."""
    found: dict[str, Window] = {}
    for number, text in enumerate(texts):
        if text.for_model and not text.remark:
            for title, start, end in islice(_of(text), _MOST):
                read = "".join(piece.text for piece in lead_of(title))
                if read and read not in known and not _TEMPLATE.search(read):
                    found.setdefault(read, Window(read, text.where, text.source, number, start, end))
    return list(islice(found.values(), _MOST))


def _of(text: Text) -> Iterable[tuple[str, int, int]]:
    content = whole(text.text)
    if text.source is Source.SUBJECT:
        yield _bare(content), 0, len(content)
    elif text.source is Source.FILENAME:
        yield _bare(name_in_words(_KIND.sub("", content))), 0, len(content)
    else:
        yield from _labelled(content)


def _labelled(content: str) -> Iterator[tuple[str, int, int]]:
    for line in _LABELLED.finditer(content):
        if _WORD.search(line["title"]):
            yield _bare(line["title"]), *line.span("title")


def _bare(title: str) -> str:
    """*title* without what was put before or behind it; as it is where nothing else is left."""
    title = title.strip()
    begun = _BEFORE.match(title)
    bare = _BEHIND.sub("", title[begun.end() :] if begun else title)
    return bare if _WORD.search(bare) else title
