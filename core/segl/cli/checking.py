"""Judges many messages: the work behind ``segl check``, spread over the cores when there is much of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from segl.cli.mailbox import Mail, Source, Unread, read_mail
from segl.cli.output import complain
from segl.cli.spread import Lost, cores, spread
from segl.places import DEFAULT_FILE, is_missing
from segl.settings.detection import Limits
from segl.settings.document import Settings
from segl.vocabulary import Verdict
from segl_classifier.classify import Evidence, classify, gather
from segl_classifier.decide import Strictness
from segl_classifier.extract import NO_OCR, Pictures
from segl_classifier.memory import Memory
from segl_classifier.rules import RuleSet, load_rules
from segl_classifier.understanding.interface import Model

Done = TypeVar("Done")

_MANY = 50  # sources, or
_MUCH = 4 * 1024 * 1024  # bytes, from which on worker processes pay


@dataclass(frozen=True, slots=True)
class Checked:
    """A message that was judged; ``read`` is how much of the input has been read, in bytes."""

    name: str
    verdict: Verdict
    read: int

    def as_dict(self) -> dict[str, object]:
        return {
            "file": os.fsencode(self.name).decode("utf-8", "replace"),
            "decision": self.verdict.decision.value,
            "labels": [label.value for label in self.verdict.labels],
            "findings": [finding.as_dict() for finding in self.verdict.findings],
        }


@dataclass(frozen=True, slots=True)
class Checker:
    """The classifier as the settings want it."""

    rules: RuleSet
    limits: Limits
    strictness: Strictness
    model: Model | None = None
    pictures: Pictures = NO_OCR
    settings: Settings | None = None
    memory: Memory = field(default_factory=lambda: Memory(only_quiet=True))  # of each worker process

    @classmethod
    def make(
        cls, settings_file: Path | None, extra_rules: Sequence[Path], *, with_model: bool = True
    ) -> Checker:
        """With *settings_file*, or the usual one if there is one, or defaults. Raises
        :class:`SettingsError` and :class:`RulesError`."""
        limits, strictness, pictures = Limits(), Strictness(), NO_OCR
        settings: Settings | None = None
        rules: tuple[Path, ...] = ()
        if settings_file or os.access(DEFAULT_FILE, os.R_OK):
            from segl.settings.file import load_settings

            settings = load_settings(settings_file or DEFAULT_FILE)
            limits = settings.limits
            strictness, rules = Strictness.of(settings.detection), settings.detection.rules
            pictures = Pictures.of(settings.detection)
            with_model = with_model and settings.detection.model
        elif not is_missing(DEFAULT_FILE):
            complain(f"{DEFAULT_FILE} may not be read", "the shipped rules and usual limits are used")
        loaded = load_rules([*rules, *extra_rules])
        return cls(loaded, limits, strictness, _model() if with_model else None, pictures, settings)

    def gather(self, raw: bytes) -> Evidence:
        """All evidence in *raw*, for those who want more than the verdict: with all texts, so without a memory."""
        return gather(raw, self.rules, self.limits, self.model, self.pictures)

    def judge(self, mail: Mail) -> Checked:
        verdict = classify(
            mail.raw,
            self.rules,
            self.limits,
            model=self.model,
            strictness=self.strictness,
            pictures=self.pictures,
            memory=self.memory,
        )
        return Checked(mail.name, verdict, mail.read)

    def run(self, sources: Sequence[Source | Unread]) -> Iterator[Checked | Unread]:
        """Every message of *sources*, judged, in their order; and what could not be read."""
        yield from run_each(self.judge, sources, self.limits.message_bytes)


def run_each(
    work: Callable[[Mail], Done], sources: Sequence[Source | Unread], largest: int
) -> Iterator[Done | Unread]:
    """*work* on every message of *sources*, of at most *largest* bytes each, in their order; and what could not be
    read. Many messages, or large ones, are spread over the cores."""

    def one(mail: Mail | Unread) -> Done | Unread:
        return mail if isinstance(mail, Unread) else work(mail)

    size = sum(s.size for s in sources if isinstance(s, Source))
    mails = _mails(sources, largest)
    if cores() < 2 or (len(sources) <= _MANY and size <= _MUCH):
        yield from map(one, mails)
        return
    for done in spread(one, mails, size, _read):
        yield _lost(done.job.name) if isinstance(done, Lost) else done


def _mails(sources: Sequence[Source | Unread], largest: int) -> Iterator[Mail | Unread]:
    for source in sources:
        if isinstance(source, Unread):
            yield source
        else:
            yield from read_mail(source, largest)


def _model() -> Model | None:
    from segl_classifier.understanding.loading import load_model

    return load_model()


def _read(mail: Mail | Unread) -> int:
    return mail.read if isinstance(mail, Mail) else 0


def _lost(name: str) -> Unread:
    return Unread(name, "could not be checked: a worker process was killed", "check the file by itself")
