"""A house's own templates, filled in by a process that may hang (:mod:`.template_worker`): bounded in time, memory and
length, whatever stands in them. All of it blocks."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any, Final

from segl.confined.frames import Broken, FrameReader, Late, send
from segl.confined.pool import ConfinedPool, NoWorker
from segl_delivery.receipts.template_worker import LENGTH
from segl_delivery.receipts.view import ReceiptView

SECONDS: Final = 5.0  # one template for one receipt
MEMORY: Final = 128 * 1024 * 1024  # bytes beyond what the process starts with
LONGEST: Final = 8 * 1024 * 1024  # bytes of what comes out
_WAIT_SECONDS: Final = 15.0  # for a process to be free, or to start
_AT_ONCE: Final = 4


class UnfitTemplate(Exception):
    """It cannot be filled in; ``line`` of it is at fault, if that is known."""

    def __init__(self, fault: str, line: int | None = None) -> None:
        super().__init__(fault)
        self.line = line


@dataclass(frozen=True, slots=True)
class OwnTemplate:
    """The text of one."""

    source: str
    html: bool

    def render(self, view: ReceiptView) -> str:
        """Raises :class:`UnfitTemplate`."""
        job = {"source": self.source, "html": self.html, "receipt": asdict(view), "seconds": SECONDS}
        answer = _asked(json.dumps(job).encode("ascii"))
        if not isinstance(said := answer.get("said"), str):
            line = answer.get("line")
            raise UnfitTemplate(str(answer.get("fault")), line if isinstance(line, int) else None)
        return said


@cache
def workers() -> ConfinedPool:
    """Those of this process."""
    return ConfinedPool("segl_delivery.receipts.template_worker", MEMORY, at_once=_AT_ONCE)


def _asked(job: bytes) -> dict[str, Any]:
    try:
        worker = workers().take(_WAIT_SECONDS)
    except (NoWorker, Late):
        raise UnfitTemplate("no process to fill it in could be had") from None
    answer: Any = None
    try:
        deadline = time.monotonic() + SECONDS
        send(worker.line, LENGTH.pack(len(job)) + job, deadline)
        incoming = FrameReader(worker.line, deadline)
        (size,) = LENGTH.unpack(incoming.take(LENGTH.size))
        if size > LONGEST:
            raise UnfitTemplate(f"makes more than {LONGEST} bytes")
        with suppress(ValueError):
            answer = json.loads(incoming.take(size))
    except Late:
        raise UnfitTemplate(f"takes longer than {SECONDS:g} seconds") from None
    except Broken:
        raise UnfitTemplate("ended the process that filled it in") from None
    finally:
        workers().give_back(worker, good=isinstance(answer, dict))
    if not isinstance(answer, dict):
        raise UnfitTemplate("ended the process that filled it in")
    return answer
