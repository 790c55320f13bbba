"""The attachments of one message: each read by the pool and judged by itself, or remembered (:mod:`.memory`).

A file stands under the subjects of all messages around it: rules and model see both together. What was read of it, and
what is found there, is kept apart from the message's own texts until each has been judged.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from segl.settings.detection import Limits
from segl.vocabulary import Finding, Unreadable
from segl_classifier.deadline import Deadline
from segl_classifier.detect import detect
from segl_classifier.extract import Pictures
from segl_classifier.extracted import Extracted
from segl_classifier.memory import AttachmentResult, Circumstances, Memory
from segl_classifier.message import Message, Part, Source, Text, unreadable
from segl_classifier.reach import Judged, believed
from segl_classifier.rules import RuleSet
from segl_classifier.rules.lists.captions import files_of
from segl_classifier.understand import understand
from segl_classifier.understanding.interface import Model


@dataclass(frozen=True, slots=True)
class Read:
    """An attachment that was read now. ``findings``: what could not be read, then also what was found in the rest.
    ``key`` is what it will be remembered by, ``None`` if nothing is."""

    key: bytes | None
    where: str
    texts: tuple[Text, ...]
    findings: tuple[Finding, ...]


@dataclass(slots=True)
class Attachments:
    """The files of one message. :meth:`set_aside` is given each as it is come upon, an :data:`.extracted.Extractor`;
    then :meth:`findings`, then :meth:`understood` go through all of them."""

    message: Message
    rules: RuleSet
    limits: Limits
    pictures: Pictures
    model: Model | None
    memory: Memory | None
    deadline: Deadline
    files: list[Read | AttachmentResult] = field(default_factory=list)
    _reader: Callable[[Part, bytes, int], Extracted] | None = None
    _chars: int = 0

    def set_aside(self, part: Part, limits: Limits) -> Extracted:
        """Reads *part*, or remembers it. It is judged by itself, so nothing goes to the message's own texts: what is
        found waits in ``files``."""
        data, key, known = part.payload, None, None
        if self.memory is not None:
            key = self._key(self.memory, part, data, limits)
            known = self.memory.recall(key, self.model)
        self.files.append(known.at(part.where) if known else self._read(key, part, data))
        return Extracted()

    def findings(self) -> Iterator[tuple[Finding, ...]]:
        """Those of each, in reading order: what could not be read, and what the detectors find."""
        for number, each in enumerate(self.files):
            if isinstance(each, Read):
                context = self._over(each.where)
                elsewhere = {subject.where for subject in context}
                found = detect([*context, *each.texts], self.rules, self.deadline)
                found = [finding for finding in found if finding.where not in elsewhere]
                each = self.files[number] = replace(each, findings=(*each.findings, *found))
            yield each.findings

    def understood(self, reader: Model | None) -> Iterator[Judged]:
        """What *reader* makes of each, in reading order: the model, with what it is told for this message."""
        for each in self.files:
            if isinstance(each, AttachmentResult):
                yield Judged((), each.findings, each.understanding)
                continue
            understanding = understand(list(each.texts), reader, self.deadline)
            judged = Judged(each.texts, each.findings, understanding)
            judged = judged._replace(findings=believed(judged, self.rules))
            if self.memory is not None and each.key is not None:
                result = AttachmentResult(each.where, tuple(judged.findings), understanding)
                self.memory.keep(each.key, result, self.model, ocr=self.pictures.ocr)
            yield judged

    def _key(self, memory: Memory, part: Part, data: bytes, limits: Limits) -> bytes:
        """What *part* is remembered by: all that bears on what is found in it."""
        circumstances = Circumstances(
            content_type=part.content_type,
            charset=part.charset,
            filename=part.filename,
            attached=part.attached,
            subjects=[(len(files_of(subject.where)), subject.text) for subject in self._over(part.where)],
            files=files_of(part.where),
            rules=self.rules.digest,
            pictures=self.pictures,
            limits=limits,
        )
        return memory.key(data, circumstances)

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
            from segl_classifier.pool.reader import PoolReader  # most messages need none

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
