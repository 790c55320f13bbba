"""Where the processor time of a message goes, by stage of the classifier.

The stages are watched where they are called, so that what is measured is classify() itself and not a copy of it. A
stage's time is its own: what it spends in another stage counts there.
"""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

# Each stage: the module or class it is a name in, and the name. What classify() does besides is "rest".
_PLACES = (
    ("parse", "segl_classifier.classify", "parse"),
    ("extract", "segl_classifier.classify", "extract"),
    ("cpr", "segl_classifier.detect", "find_cpr"),
    ("rules", "segl_classifier.rules.RuleSet", "find"),
    ("windows", "segl_classifier.understanding.cascade.Cascade", "understand"),
    ("linear", "segl_classifier.understanding.linear.Linear", "logits"),
    ("sieve", "segl_classifier.understanding.recalling.Sieve", "logits"),
    ("encoder", "segl_classifier.understanding.recalling.Encoder", "logits"),
    ("names", "segl_classifier.understanding.frame.Frame", "look"),
    ("decide", "segl_classifier.classify", "decide"),
)
STAGES = (*(stage for stage, _, _ in _PLACES), "rest")


class Watch:
    """Milliseconds by stage, of all that ran since the last :meth:`take`; windows read and asked of the encoder."""

    def __init__(self) -> None:
        self._open: list[float] = []  # time spent in inner stages, for each stage that is open
        self._begin()

    def _begin(self) -> None:
        self._spent = dict.fromkeys(STAGES, 0.0)
        self._counted = dict.fromkeys(("linear", "encoder"), 0)

    def call(self, stage: str, work: Callable[..., Any], *given: Any, **named: Any) -> Any:
        self._open.append(0.0)
        started = time.process_time()
        try:
            return work(*given, **named)
        finally:
            took = (time.process_time() - started) * 1000
            self._spent[stage] += took - self._open.pop()
            if self._open:
                self._open[-1] += took
            if stage in self._counted:
                self._counted[stage] += len(given[-1])

    def take(self) -> tuple[dict[str, float], int, int]:
        spent, windows, asked = self._spent, self._counted["linear"], self._counted["encoder"]
        self._begin()
        return spent, windows, asked


@contextmanager
def watched() -> Iterator[Watch]:
    """All stages watched for as long as it lasts."""
    watch = Watch()
    places = [(stage, _found(place), name) for stage, place, name in _PLACES]
    before = [(place, name, getattr(place, name)) for _, place, name in places]
    for (stage, place, name), (_, _, work) in zip(places, before, strict=True):
        setattr(place, name, _through(watch, stage, work))
    try:
        yield watch
    finally:
        for place, name, work in before:
            setattr(place, name, work)


def _through(watch: Watch, stage: str, work: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *given, **named: watch.call(stage, work, *given, **named)


def _found(place: str) -> Any:
    """A module, or a class in one."""
    try:
        return importlib.import_module(place)
    except ModuleNotFoundError:
        module, _, name = place.rpartition(".")
        return getattr(importlib.import_module(module), name)
