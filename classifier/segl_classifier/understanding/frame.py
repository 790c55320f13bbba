"""The linguistic frame: a spaCy pipeline with Segl's own components, for the few windows that matter.

spaCy's blank Danish pipeline cuts a passage into tokens; the component ``segl_names`` recognises names and leaves
them as entities, ``segl_persons`` what else points at a person (``Doc._.segl_marks``). Two things about spaCy bear on
a server that runs for months. Its vocabulary grows with every new word, so passages are read inside a memory zone
(spaCy 3.8, ``Language.memory_zone``), which forgets them; nothing of a Doc may be kept, so plain data come out, and
what the recogniser remembers of words goes too.
And importing it takes half a second and 90 MB, so it is imported when first asked for, or by :meth:`Frame.prepare`
before a server forks.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, cast

from segl_classifier.understanding.persons import Mark, Person, Sign, marks_of, person_in
from segl_classifier.understanding.recogniser import FILES, Kind, Recogniser

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc, Token

LONGEST = 2_000  # characters of a passage that are read; a window of 45 words has some 300


class Mention(NamedTuple):
    """What points at a person, or another name, as offsets into the passage."""

    start: int
    end: int
    kind: Sign | Kind


@dataclass(frozen=True, slots=True)
class Seen:
    """What the frame saw in a passage."""

    person: Person
    mentions: tuple[Mention, ...]

    @property
    def signs(self) -> frozenset[Sign]:
        return frozenset(m.kind for m in self.mentions if isinstance(m.kind, Sign))


class Frame:
    """The pipeline, made when first asked. Threads may share it: they take turns."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._nlp: Language | None = None
        self._lock = threading.Lock()

    @classmethod
    def of(cls, folder: Path) -> Frame | None:
        """The frame with the recogniser in *folder*; ``None`` if there is none."""
        return cls(folder) if all((folder / name).is_file() for name in FILES) else None

    def prepare(self) -> None:
        """Load everything now. For servers, before they fork: the memory is then shared."""
        self.look(["Kære Karen"])

    def look(self, passages: Sequence[str]) -> list[Seen]:
        """Who is in each of *passages*."""
        if not passages:
            return []
        with self._lock:
            nlp = self._nlp = self._nlp or pipeline(self._folder)
            try:
                with nlp.memory_zone():
                    return [_seen(doc) for doc in nlp.pipe(map(_readable, passages))]
            finally:
                cast("_Names", nlp.get_pipe("segl_names")).forget()


def _readable(text: str) -> str:
    """*text*, shortened, without halves of surrogate pairs, which spaCy cannot take; offsets stay as they are."""
    return text[:LONGEST].encode("utf-8", "replace").decode()


def pipeline(folder: Path) -> Language:
    """A blank Danish pipeline with the components of this module."""
    with _without_torch():
        import spacy
        from spacy.language import Language
        from spacy.tokens import Doc

    if not Doc.has_extension("segl_marks"):
        Doc.set_extension("segl_marks", default=())
    if not Language.has_factory("segl_names"):
        Language.factory("segl_names", default_config={"folder": ""}, func=_names)
        Language.component("segl_persons", func=_persons)
    nlp = spacy.blank("da")
    nlp.add_pipe("segl_names", config={"folder": str(folder)})
    nlp.add_pipe("segl_persons")
    return nlp


@contextmanager
def _without_torch() -> Iterator[None]:
    """spaCy imports torch wherever it is installed, though nothing here uses it: 200 MB and many seconds."""
    absent = "torch" not in sys.modules
    if absent:
        sys.modules["torch"] = None  # type: ignore[assignment]  # an import of it fails (Python's import system)
    try:
        yield
    finally:
        if absent:
            del sys.modules["torch"]


class _Names:
    """The component that sets ``Doc.ents``."""

    def __init__(self, recogniser: Recogniser) -> None:
        self._recogniser = recogniser

    def forget(self) -> None:
        self._recogniser.forget()

    def __call__(self, doc: Doc) -> Doc:
        from spacy.tokens import Span

        words = _words(doc)
        names = self._recogniser.names([token.text for token in words])
        doc.ents = [Span(doc, words[a].i, words[b - 1].i + 1, label=kind.value) for a, b, kind in names]
        return doc


def _names(nlp: Language, name: str, folder: str) -> _Names:
    return _Names(Recogniser.load(Path(folder)))


def _persons(doc: Doc) -> Doc:
    words = _words(doc)
    number = {token.i: n for n, token in enumerate(words)}
    names = [(number[ent.start], number[ent.end - 1] + 1, Kind(ent.label_)) for ent in doc.ents]
    doc._.segl_marks = marks_of([token.text for token in words], names)
    return doc


def _words(doc: Doc) -> list[Token]:
    """The tokens of *doc* that are not white space."""
    return [token for token in doc if not token.is_space]


def _seen(doc: Doc) -> Seen:
    marks: Sequence[Mark] = doc._.segl_marks
    words = _words(doc)
    mentions = (
        Mention(words[m.first].idx, words[m.end - 1].idx + len(words[m.end - 1]), m.kind) for m in marks
    )
    return Seen(person_in(marks), tuple(mentions))
