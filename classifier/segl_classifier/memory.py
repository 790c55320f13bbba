"""What was found in attachments that were seen before: the same newsletter goes to five hundred recipients.

What is found in a file depends on the file, its name, the subjects it came under (rules and model see both
together; a forwarded message has one of its own), the rules, the model and the limits. Where all these are as before,
so are the findings, and the file is not even opened. The memory holds findings and scores, never text, and of the file
only a keyed hash. What was not read for want of time or room is not kept: it may do better next time.

A memory is the caller's, and of one process. Who shows what was found needs its words as well: such a caller has none,
or one that keeps only files in which nothing was found.
"""

from __future__ import annotations

import hmac
import os
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from segl.settings.detection import Limits
from segl.vocabulary import FAINT, Finding, Label, Prefix, Unreadable
from segl_classifier.extract import Pictures
from segl_classifier.understanding.interface import Model, Reading, Understanding

ENTRIES = 1_000  # attachments remembered by a process
_MOST_FINDINGS = 100  # an attachment with more is read anew
_PASSING = frozenset(
    f"{Prefix.UNREADABLE}{cause}"
    for cause in (
        Unreadable.TIMED_OUT,
        Unreadable.FAILED,
        Unreadable.TOO_LARGE,
        Unreadable.TOO_MANY,
        Unreadable.TOO_DEEP,
    )
)


@dataclass(frozen=True, slots=True)
class Circumstances:
    """All that bears on what is found in a file beside its bytes. ``subjects`` are those that it came under, each with
    how many files its message was in; ``files`` are those around it, by name, and its own."""

    content_type: str
    charset: str
    filename: str
    attached: bool
    subjects: Sequence[tuple[int, str]]
    files: Sequence[str]
    rules: str  # their digest
    pictures: Pictures
    limits: Limits


@dataclass(frozen=True, slots=True)
class AttachmentResult:
    """What one attachment has to say. ``where`` is the place that all places in it begin with."""

    where: str
    findings: tuple[Finding, ...] = ()
    understanding: Understanding | None = None

    @property
    def is_quiet(self) -> bool:
        """Whether nothing was found, so that there are no words to show; a gap is told of without any."""
        readings = self.understanding.readings if self.understanding else ()
        scores = (score for reading in readings for score in (reading.any, *reading.scores.values()))
        return all(finding.is_unreadable for finding in self.findings) and all(
            score < FAINT for score in scores
        )

    def is_lasting(self, *, ocr: bool) -> bool:
        """Whether the next time would find the same, and no more."""
        gaps = [finding.rule for finding in self.findings if finding.is_unreadable]
        complete = self.understanding is None or self.understanding.complete
        return (
            complete
            and len(self.findings) <= _MOST_FINDINGS
            and not _PASSING.intersection(gaps)
            and not (gaps and ocr)  # there may be time for the picture next time
        )

    def at(self, where: str) -> AttachmentResult:
        """The same of the same attachment at another place."""

        def place(old: str) -> str:
            return where + old.removeprefix(self.where) if old.startswith(self.where) else old

        understanding = self.understanding
        if understanding is not None:
            readings = tuple(
                replace(r, window=replace(r.window, where=place(r.window.where)))
                for r in understanding.readings
            )
            understanding = replace(understanding, readings=readings)
        findings = tuple(replace(finding, where=place(finding.where)) for finding in self.findings)
        return AttachmentResult(where, findings, understanding)


class Memory:
    """The findings of attachments seen before, the latest *entries* of them. With *only_quiet* none of those in which
    something was found: they are read each time, for the words that are not kept."""

    def __init__(self, entries: int = ENTRIES, *, only_quiet: bool = False) -> None:
        self._most = entries
        self._only_quiet = only_quiet
        self._secret = os.urandom(32)
        self._known: OrderedDict[bytes, AttachmentResult] = OrderedDict()
        self._model: Model | None = None
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._known)

    def key(self, data: bytes, circumstances: Circumstances | None = None) -> bytes:
        """What tells one attachment from another, with nothing of it to be read."""
        digest = hmac.new(self._secret, data, "sha256")  # most processors have instructions for it
        said = repr(circumstances).encode("utf-8", "surrogatepass")
        digest.update(b"%d:%b" % (len(said), said))
        return digest.digest()

    def recall(self, key: bytes, model: Model | None) -> AttachmentResult | None:
        """What was kept by *key*; nothing that another model than the last had a say in."""
        with self._lock:
            if model is not self._model:
                self._known.clear()
                self._model = model
            found = self._known.get(key)
            if found is not None:
                self._known.move_to_end(key)
            return found

    def keep(self, key: bytes, result: AttachmentResult, model: Model | None, *, ocr: bool = False) -> None:
        """Remember what *model* and the rules found, if it may be. *ocr*: pictures are read, as long as there is time
        for it, so that a gap may be filled next time."""
        if not result.is_lasting(ocr=ocr) or (self._only_quiet and not result.is_quiet):
            return
        with self._lock:
            if model is self._model:
                self._known[key] = _without_text(result)
                while len(self._known) > self._most:
                    self._known.popitem(last=False)


def _without_text(result: AttachmentResult) -> AttachmentResult:
    """As it is remembered: findings without excerpts and the words that bore on them; of the readings the
    best for each category, with its score for that one only and without what was read, and none that nobody would be
    shown: most attachments are harmless all through. What a gap says (a type, a size) is no text."""
    findings = tuple(
        finding if finding.is_unreadable else replace(finding, excerpt="", adjustments=())
        for finding in result.findings
    )
    result = replace(result, findings=findings)
    understanding = result.understanding
    if understanding is None:
        return result
    readings = understanding.readings
    best = [max(readings, key=lambda r: r.any)] if understanding.any >= FAINT else []
    kept: dict[int, tuple[Reading, dict[Label, float]]] = {id(reading): (reading, {}) for reading in best}
    for label, score in understanding.scores.items():
        reading = max(readings, key=lambda r, at=label: r.scores.get(at, 0.0), default=None)  # type: ignore[misc]
        if reading is not None and score >= FAINT:
            scores = kept.setdefault(id(reading), (reading, {}))[1]
            scores[label] = reading.scores.get(label, 0.0)
    blank = tuple(_blank(reading, scores) for reading, scores in kept.values())
    return replace(result, understanding=replace(understanding, readings=blank))


def _blank(reading: Reading, scores: Mapping[Label, float]) -> Reading:
    return replace(reading, window=replace(reading.window, text="", start=0, end=0), scores=scores)
