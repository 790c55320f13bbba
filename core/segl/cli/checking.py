"""Judges many messages: the work behind ``segl check``, spread over the cores when there is much of it."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from segl.cli.mailbox import Mail, Source, Unread, read_mail
from segl.cli.output import coloured, complain
from segl.settings import DEFAULT_FILE, Limits
from segl.vocabulary import Verdict
from segl_classifier.classify import classify
from segl_classifier.decide import Stance
from segl_classifier.rules import RuleSet, load_rules
from segl_classifier.understanding.reading import Model

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


class Bar(Protocol):
    """What shows how far the work has come."""

    def advance(self, amount: float) -> None: ...


@dataclass(frozen=True, slots=True)
class Checker:
    """The classifier as the settings want it."""

    rules: RuleSet
    limits: Limits
    stance: Stance
    model: Model | None = None

    @classmethod
    def make(cls, settings_file: Path | None, extra_rules: Sequence[Path]) -> Checker:
        """With *settings_file*, or the usual one if there is one, or defaults. Raises
        :class:`SettingsError` and :class:`RulesError`."""
        limits, stance = Limits(), Stance()
        rules: tuple[Path, ...] = ()
        if settings_file or os.access(DEFAULT_FILE, os.R_OK):
            from segl.settings_file import load_settings

            settings = load_settings(settings_file or DEFAULT_FILE)
            limits = settings.limits
            stance, rules = Stance.of(settings.detection), settings.detection.rules
        elif DEFAULT_FILE.exists():
            complain(f"{DEFAULT_FILE} may not be read", "the shipped rules and usual limits are used")
        return cls(load_rules([*rules, *extra_rules]), limits, stance)

    def judge(self, mail: Mail) -> Checked:
        verdict = classify(mail.raw, self.rules, self.limits, model=self.model, stance=self.stance)
        return Checked(mail.name, verdict, mail.read)

    def run(self, sources: Sequence[Source | Unread]) -> Iterator[Checked | Unread]:
        """Every message of *sources*, judged, in their order; and what could not be read."""
        size = sum(s.size for s in sources if isinstance(s, Source))
        many = len(sources) > _MANY or size > _MUCH
        workers = len(os.sched_getaffinity(0))
        if not many or workers < 2:
            yield from map(self._one, self._mails(sources))
            return
        yield from self._spread(sources, size, workers)

    def _mails(self, sources: Sequence[Source | Unread]) -> Iterator[Mail | Unread]:
        for source in sources:
            if isinstance(source, Unread):
                yield source
            else:
                yield from read_mail(source, self.limits.message_bytes)

    def _one(self, mail: Mail | Unread) -> Checked | Unread:
        return mail if isinstance(mail, Unread) else self.judge(mail)

    def _spread(
        self, sources: Sequence[Source | Unread], size: int, workers: int
    ) -> Iterator[Checked | Unread]:
        """The same over worker processes, a few messages ahead of the reader so that memory stays flat."""
        _Worker.checker = self
        fork = multiprocessing.get_context("fork")  # the loaded rules are shared, not loaded again
        waiting: deque[tuple[str, Future[Checked] | Unread]] = deque()
        with ProcessPoolExecutor(workers, fork, _Worker.start) as pool:
            try:
                # The workers are forked at the first submit, so before the bar starts its thread.
                pool.submit(_Worker.nothing).result()
                with _bar(size) as bar:
                    for mail in self._mails(sources):
                        waiting.append(_handed(pool, mail))
                        if len(waiting) > 4 * workers:
                            yield _result(*waiting.popleft(), bar)
                    while waiting:
                        yield _result(*waiting.popleft(), bar)
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise


class _Worker:
    """What a worker process knows: the checker it was forked with."""

    checker: Checker

    @staticmethod
    def start() -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent answers Ctrl-C

    @staticmethod
    def nothing() -> None:
        pass

    @staticmethod
    def judge(mail: Mail) -> Checked:
        return _Worker.checker.judge(mail)


def _handed(pool: ProcessPoolExecutor, mail: Mail | Unread) -> tuple[str, Future[Checked] | Unread]:
    if isinstance(mail, Unread):
        return mail.name, mail
    try:
        return mail.name, pool.submit(_Worker.judge, mail)
    except BrokenProcessPool:
        return mail.name, _lost(mail.name)


def _result(name: str, outcome: Future[Checked] | Unread, bar: Bar) -> Checked | Unread:
    if isinstance(outcome, Unread):
        return outcome
    try:
        checked = outcome.result()
    except BrokenProcessPool:
        return _lost(name)
    bar.advance(checked.read)
    return checked


def _lost(name: str) -> Unread:
    return Unread(name, "could not be checked: a worker process was killed", "check the file by itself")


class _NoBar:
    def advance(self, amount: float) -> None:
        pass


def _bar(total: int) -> AbstractContextManager[Bar]:
    """A progress bar on standard error, when that is a terminal."""
    if not (total and coloured(sys.stderr)):
        return nullcontext(_NoBar())
    from segl.cli.progress import Progress

    return Progress(total)
