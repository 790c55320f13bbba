"""Log events of canaries: a part of :mod:`segl.events`, which see."""

from __future__ import annotations

from segl.log import Logged
from segl.vocabulary import CanaryOutcome


class CanaryEvents(Logged):
    def canary_arrived(self, canary: str, sink: str, came: CanaryOutcome, *, read: bool | None) -> None:
        """*read*: a milter had read it; ``None``: that is told later."""
        tell = self._log.info if came is CanaryOutcome.SECURE and read is not False else self._log.error
        tell("canary_arrived", id=canary, sink=sink, came=came.value, read=read)

    def canary_alarm(self, sink: str, host: str, result: str, detail: str) -> None:
        """Once, when a sink's canaries of *host* begin to fare so."""
        self._log.error("canary_alarm", sink=sink, host=host, result=result, detail=detail)

    def canary_leak(self, host: str, found: str) -> None:
        """*host*'s Postfix settings let mail out in clear, or keep it from passing. Once for each thing found."""
        self._log.error("canary_leak", host=host, found=found)
