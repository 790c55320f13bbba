"""The attachments of one message: each read by the pool and judged by itself, or remembered.

What is found in a file depends on the file, its name, the subjects it came under (rules and model see both
together; a forwarded message has one of its own), the rules, the model and the limits. Where all these are as before,
so are the findings: they are kept in the caller's :class:`Memory`, if it has one, and the file is not even opened. The
memory holds findings and scores, never text, and of the file only a keyed hash. What was not read for want of time or
room is not kept: it may do better next time. Who shows what was found needs its words as well: such a caller remembers
nothing, or only files in which nothing was found.
"""

from __future__ import annotations

import hmac
import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from segl.settings_detection import Limits
from segl.vocabulary import Finding, Label, Unreadable
from segl_classifier.deadline import Deadline
from segl_classifier.extract import Pictures
from segl_classifier.extracted import Extracted
from segl_classifier.message import Message, Part, Source, Text, unreadable
from segl_classifier.rules import RuleSet
from segl_classifier.rules.captions import files_of
from segl_classifier.understanding.reading import Model, Reading, Understanding

ENTRIES = 1_000  # attachments remembered by a process
_MOST_FINDINGS = 100  # an attachment with more is read anew
_FAINT = 0.05  # a score below is evidence of nothing, with any thresholds
_PASSING = frozenset(
    f"unreadable.{cause}"
    for cause in (
        Unreadable.TIMED_OUT,
        Unreadable.FAILED,
        Unreadable.TOO_LARGE,
        Unreadable.TOO_MANY,
        Unreadable.TOO_DEEP,
    )
)


@dataclass(frozen=True, slots=True)
class Judged:
    """What one text or attachment has to say. ``where`` is the place that all places in it begin with."""

    where: str
    findings: tuple[Finding, ...] = ()
    understanding: Understanding | None = None

    @property
    def is_quiet(self) -> bool:
        """Whether nothing was found, so that there are no words to show; a gap is told of without any."""
        readings = self.understanding.readings if self.understanding else ()
        scores = (score for reading in readings for score in (reading.any, *reading.scores.values()))
        return all(map(_is_gap, self.findings)) and all(score < _FAINT for score in scores)


@dataclass(frozen=True, slots=True)
class Read:
    """An attachment that was read now. ``findings``: what could not be read, then also what was found in the rest.
    ``key`` is what it will be remembered by, ``None`` if nothing is."""

    key: bytes | None
    where: str
    texts: tuple[Text, ...]
    findings: tuple[Finding, ...]


class Memory:
    """The findings of attachments seen before, the latest *entries* of them. With *only_quiet* none of those in which
    something was found: they are read each time, for the words that are not kept."""

    def __init__(self, entries: int = ENTRIES, *, only_quiet: bool = False) -> None:
        self._most = entries
        self._only_quiet = only_quiet
        self._secret = os.urandom(32)
        self._known: OrderedDict[bytes, Judged] = OrderedDict()
        self._model: Model | None = None
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._known)

    def key(self, data: bytes, *more: object) -> bytes:
        """What tells one attachment from another, with nothing of it to be read."""
        digest = hmac.new(self._secret, data, "sha256")  # most processors have instructions for it
        for item in more:
            text = str(item).encode("utf-8", "surrogatepass")
            digest.update(b"%d:%b" % (len(text), text))
        return digest.digest()

    def recall(self, key: bytes, model: Model | None) -> Judged | None:
        with self._lock:
            if model is not self._model:
                self._known.clear()
                self._model = model
            found = self._known.get(key)
            if found is not None:
                self._known.move_to_end(key)
            return found

    def keep(self, key: bytes, judged: Judged, model: Model | None) -> None:
        if self._only_quiet and not judged.is_quiet:
            return
        with self._lock:
            if model is self._model:
                self._known[key] = _without_text(judged)
                while len(self._known) > self._most:
                    self._known.popitem(last=False)


@dataclass(slots=True)
class Attachments:
    """Reads the attachments of one message; :meth:`read` is an :data:`.extracted.Extractor`. Then :meth:`findings`,
    then :meth:`understood`."""

    message: Message
    rules: RuleSet
    limits: Limits
    pictures: Pictures
    model: Model | None
    memory: Memory | None
    deadline: Deadline
    found: list[Read | Judged] = field(default_factory=list)
    _reader: Callable[[Part, bytes, int], Extracted] | None = None
    _chars: int = 0

    def read(self, part: Part, limits: Limits) -> Extracted:
        """Nothing comes back: what is found waits in ``found``."""
        data, key, known = part.payload, None, None
        if self.memory is not None:
            key = self._key(self.memory, part, data, limits)
            known = self.memory.recall(key, self.model)
        self.found.append(_moved(known, part.where) if known else self._read(key, part, data))
        return Extracted()

    def texts(self) -> list[Text]:
        """All texts that were read now, in reading order."""
        return [text for each in self.found if isinstance(each, Read) for text in each.texts]

    def findings(
        self, detect: Callable[[list[Text], RuleSet], list[Finding]]
    ) -> Iterator[tuple[Finding, ...]]:
        """Those of each attachment, in reading order."""
        for number, each in enumerate(self.found):
            if isinstance(each, Read):
                context = self._over(each.where)
                elsewhere = {subject.where for subject in context}
                found = detect([*context, *each.texts], self.rules)
                found = [finding for finding in found if finding.where not in elsewhere]
                each = self.found[number] = replace(each, findings=(*each.findings, *found))
            yield each.findings

    def understood(
        self, understand: Callable[[list[Text], str, Model | None], Understanding | None], before: int = 0
    ) -> Iterator[Understanding | None]:
        """What the model makes of each, in reading order. *before* is how many texts of the message stand before those
        of :meth:`texts`: readings name the text they are of by its number."""
        for each in self.found:
            if isinstance(each, Judged):
                yield each.understanding
                continue
            understanding = understand(list(each.texts), self.message.subject, self.model)
            judged = Judged(each.where, each.findings, understanding)
            if self.memory is not None and each.key is not None and self._is_lasting(judged):
                self.memory.keep(each.key, judged, self.model)
            yield _counted(understanding, before)
            before += len(each.texts)

    def _key(self, memory: Memory, part: Part, data: bytes, limits: Limits) -> bytes:
        """What *part* is remembered by: all that bears on what is found in it."""
        return memory.key(
            data, part.content_type, part.charset, part.filename, part.attached, self.message.subject,
            [(len(files_of(subject.where)), subject.text) for subject in self._over(part.where)],
            files_of(part.where), self.rules.digest, self.pictures, limits,
        )  # fmt: skip

    def _over(self, where: str) -> list[Text]:
        """The subjects that the attachment at *where* came under: that of the message, and of each that it is in."""
        return [
            text
            for text in self.message.texts
            if text.source is Source.SUBJECT
            and not text.remark
            and where.startswith(text.where.removesuffix("subject"))
        ]

    def _read(self, key: bytes | None, part: Part, data: bytes) -> Read:
        if self._reader is None:
            from segl_classifier.pool.reading import PoolReader  # most messages need none

            self._reader = PoolReader(self.limits, self.pictures, self.deadline).read_data
            self._chars = self.limits.text_chars
        if self._chars <= 0:
            lack = unreadable(
                Unreadable.TOO_LARGE, part.where, f"more than {self.limits.text_chars} characters"
            )
            return Read(key, part.where, (), (lack,))
        found = self._reader(part, data, self._chars)
        self._chars -= sum(len(text.text) for text in found.texts)
        return Read(key, part.where, found.texts, found.unread)

    def _is_lasting(self, judged: Judged) -> bool:
        unread = [finding.rule for finding in judged.findings if _is_gap(finding)]
        complete = judged.understanding is None or judged.understanding.complete
        return (
            complete
            and len(judged.findings) <= _MOST_FINDINGS
            and not _PASSING.intersection(unread)
            and not (unread and self.pictures.ocr)  # there may be time for the picture next time
        )


def joined(parts: Sequence[Understanding | None]) -> Understanding | None:
    """One understanding of all *parts*, whose texts follow one another; ``None`` when there is none."""
    known = [part for part in parts if part is not None]
    if not known:
        return None
    labels = {label for part in known for label in part.scores}
    return Understanding(
        readings=tuple(reading for part in known for reading in part.readings),
        any=max(part.any for part in known),
        scores={label: max(part.scores.get(label, 0.0) for part in known) for label in labels},
        complete=all(part.complete for part in known),
    )


def _is_gap(finding: Finding) -> bool:
    """Whether it tells of what could not be read."""
    return finding.rule.startswith("unreadable.")


def _without_text(judged: Judged) -> Judged:
    """As it is remembered: findings without excerpts and the words that bore on them; of the readings the
    best for each category, with its score for that one only and without what was read, and none that nobody would be
    shown: most attachments are harmless all through. What a gap says (a type, a size) is no text."""
    findings = tuple(
        finding if _is_gap(finding) else replace(finding, excerpt="", adjustments=())
        for finding in judged.findings
    )
    judged = replace(judged, findings=findings)
    understanding = judged.understanding
    if understanding is None:
        return judged
    readings = understanding.readings
    best = [max(readings, key=lambda r: r.any)] if understanding.any >= _FAINT else []
    kept: dict[int, tuple[Reading, dict[Label, float]]] = {id(reading): (reading, {}) for reading in best}
    for label, score in understanding.scores.items():
        reading = max(readings, key=lambda r, at=label: r.scores.get(at, 0.0), default=None)  # type: ignore[misc]
        if reading is not None and score >= _FAINT:
            scores = kept.setdefault(id(reading), (reading, {}))[1]
            scores[label] = reading.scores.get(label, 0.0)
    blank = tuple(_blank(reading, scores) for reading, scores in kept.values())
    return replace(judged, understanding=replace(understanding, readings=blank))


def _counted(understanding: Understanding | None, before: int) -> Understanding | None:
    """*understanding* with its texts numbered from *before* on."""
    if understanding is None or not before:
        return understanding
    return replace(
        understanding,
        readings=tuple(
            replace(r, window=replace(r.window, source_index=r.window.source_index + before))
            for r in understanding.readings
        ),
    )


def _blank(reading: Reading, scores: Mapping[Label, float]) -> Reading:
    return replace(reading, window=replace(reading.window, text="", start=0, end=0), scores=scores)


def _moved(judged: Judged, where: str) -> Judged:
    """*judged* for the same attachment at another place."""

    def place(old: str) -> str:
        return where + old.removeprefix(judged.where) if old.startswith(judged.where) else old

    understanding = judged.understanding
    if understanding is not None:
        readings = tuple(
            replace(r, window=replace(r.window, where=place(r.window.where))) for r in understanding.readings
        )
        understanding = replace(understanding, readings=readings)
    findings = tuple(replace(finding, where=place(finding.where)) for finding in judged.findings)
    return Judged(where, findings, understanding)
