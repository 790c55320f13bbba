"""Sends each decision to segl-deliver, which keeps it for tuning and audit (:mod:`segl.decisions`).

One datagram per decision on a unix socket (unix(7)), sent after Postfix has its answer, and never waited for. The
kernel queues only few datagrams for a busy reader (``net.unix.max_dgram_qlen``, often ten), so those that do not fit,
or find no reader, are queued here: some hundred decisions, the oldest of which are dropped first. They are sent with
the next message, or by a thread that retries while any wait. What can be lost is a record, never a message.
"""

from __future__ import annotations

import secrets
import socket
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from segl.addresses import domain_of
from segl.decisions.record import LONGEST, DecisionRecord
from segl.events import Events
from segl.metric_labels import RecordResult
from segl.metrics import DECISIONS
from segl.settings.document import Settings
from segl_classifier.classify import Evidence
from segl_classifier.rules import RuleSet
from segl_classifier.tuning.features import features_of
from segl_classifier.understanding.interface import Model
from segl_milter.ruling import Ruling

MOST_WAITING: Final = 500
_SEND_BYTES: Final = 1 << 20
_LAST_SECONDS, _AGAIN_SECONDS = 1.0, 0.05
_BACK_SECONDS: Final = 2.0  # between two looks whether the reader is back
_SENT, _LATE, _LOST = map(DECISIONS.labels, (RecordResult.SENT, RecordResult.LATE, RecordResult.LOST))


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What is known of a message besides its content. ``id`` is its envelope id, empty when it got none."""

    id: str
    queue_id: str
    sender: str
    recipients: int
    size: int
    seconds: float


class Sender:
    """Sends datagrams to *path*; for several threads. Never raises, never waits."""

    def __init__(self, path: Path) -> None:
        self._path = str(path)
        self._waiting: deque[bytes] = deque()
        self._lock = threading.Lock()
        self._is_trying = False
        self._socket = socket.socket(
            socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC
        )
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BYTES)

    def __call__(self, raw: bytes) -> None:
        behind = not self._caught_up()
        with self._lock:
            if not behind and not self._waiting and self._goes(raw):
                _SENT.inc()
                return
            self._waiting.append(raw)
            if len(self._waiting) > MOST_WAITING:
                self._waiting.popleft()
                _LOST.inc()
            if not self._is_trying:
                with suppress(RuntimeError):  # no thread can be had now: the next decision asks again
                    threading.Thread(target=self._try_on, name="decisions", daemon=True).start()
                    self._is_trying = True  # before it looks: it takes the lock first

    def _try_on(self) -> None:
        """Until nothing waits any more: then this thread ends, and the next that waits begins another."""
        while True:
            time.sleep(_BACK_SECONDS)
            self._caught_up()
            with self._lock:
                if not self._waiting:
                    self._is_trying = False
                    return

    def finish(self, seconds: float = _LAST_SECONDS) -> None:
        """Before this process ends: send what waits, for so long; what is left is lost, and counted."""
        end = time.monotonic() + seconds
        while not self._caught_up() and time.monotonic() < end:
            time.sleep(_AGAIN_SECONDS)
        with self._lock:
            _LOST.inc(len(self._waiting))
            self._waiting.clear()

    def _caught_up(self) -> bool:
        """Send what waits as far as it goes; whether nothing is left."""
        with self._lock:
            while self._waiting and self._goes(self._waiting[0]):
                self._waiting.popleft()
                _LATE.inc()
            return not self._waiting

    def close(self) -> None:
        with self._lock:
            self._waiting.clear()
        self._socket.close()

    def _goes(self, raw: bytes) -> bool:
        try:
            self._socket.sendto(raw, self._path)
        except OSError:  # nobody listens, or has no time
            return False
        return True


class Recorder:
    """Makes the record of each decision of one worker, and sends it. Never raises: the message is modified already."""

    def __init__(
        self,
        send: Callable[[bytes], None],
        rules: RuleSet,
        settings: Settings,
        events: Events,
        model: Model | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._send = send
        self._rules = rules
        self._mode = settings.detection.mode
        self._events = events
        self._model = str(getattr(model, "digest", ""))
        self._clock = clock

    def __call__(self, ruling: Ruling, around: Circumstances) -> None:
        """A message to own domains only was not read, and so there is nothing to remember."""
        if ruling.found is None:
            return
        try:
            raw = self.record(ruling, ruling.found, around).to_bytes()
            if len(raw) > LONGEST:
                _LOST.inc()
                return
            self._send(raw)
        except Exception as error:
            _LOST.inc()
            self._events.failed("record of a decision", error)

    def record(self, ruling: Ruling, found: Evidence, around: Circumstances) -> DecisionRecord:
        verdict, features = ruling.verdict, features_of(found, self._rules)
        return DecisionRecord(
            id=around.id or secrets.token_hex(16),
            at=round(self._clock(), 3),
            domain=domain_of(around.sender),
            verdict=verdict.decision,
            mode=self._mode,
            labels=verdict.labels,
            why=verdict.reasons[:64],
            queue_id=around.queue_id,
            recipients=around.recipients,
            size=around.size,
            ms=round(around.seconds * 1000, 1),
            rules=self._rules.digest[:16],
            model=self._model,
            numbers=verdict.cpr_numbers,
            cut=features.cut,
            chars=features.chars,
            hits=features.hits,
            said=features.said,
        )


def recorder_of(
    settings: Settings, rules: RuleSet, model: Model | None, events: Events
) -> tuple[Callable[[Ruling, Circumstances], None], Callable[[], None]]:
    """What a worker remembers its decisions by, and what it must do before it ends; nothing, when none are kept."""
    if not settings.decisions.keep_days:
        return lambda _ruling, _around: None, lambda: None
    sender = Sender(settings.decisions.socket_beside(settings.delivery.receipt_socket))
    return Recorder(sender, rules, settings, events, model), sender.finish
