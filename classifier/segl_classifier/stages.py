"""How long each stage of the classifier took for one message. What a stage that is entered twice took adds up."""

from __future__ import annotations

import time
from collections.abc import Callable
from enum import StrEnum
from types import TracebackType


class Stage(StrEnum):
    """The stages, in their order. Reading attachments is ``EXTRACT``, whatever is in them."""

    PARSE = "parse"
    EXTRACT = "extract"
    DETECT = "detect"
    UNDERSTAND = "understand"
    DECIDE = "decide"


class Stages:
    """A clock for one message: ``with stages(Stage.PARSE): …``. ``seconds`` holds the stages that were entered. One
    inside another stops the outer one's time meanwhile. *clock* gives seconds: those on the wall, or a processor's."""

    __slots__ = ("_clock", "_entered", "_now", "seconds")

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self.seconds: dict[Stage, float] = {}
        self._entered: list[Stage] = []
        self._now = 0.0

    def __call__(self, stage: Stage) -> Stages:
        self._turn()
        self._entered.append(stage)
        return self

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._turn()
        self._entered.pop()

    def _turn(self) -> None:
        """Give the time since the last turn to the stage that it belongs to."""
        now = self._clock()
        if self._entered:
            stage = self._entered[-1]
            self.seconds[stage] = self.seconds.get(stage, 0.0) + now - self._now
        self._now = now
