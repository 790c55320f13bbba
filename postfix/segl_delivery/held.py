"""Shows as metrics what waits on hold, as the nodes' `segl hold tell` wrote it down (:mod:`segl.held`): that command
ends before anybody could ask it."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import Final

from sqlalchemy.engine import Engine

from segl import held
from segl.daemons.looping import every
from segl.events import Events
from segl.metrics import HELD_LOOKED, HELD_MESSAGES, HELD_OLDEST

_LOOK_SECONDS: Final = 20.0


@dataclass(frozen=True, slots=True)
class HeldWatch:
    engine: Engine
    events: Events

    async def run(self) -> None:
        await every(_LOOK_SECONDS, "held", lambda: asyncio.to_thread(self.look, time.time()), self.events)

    def look(self, now: float) -> None:
        """Blocking. Raises :class:`~segl.errors.StoreError`; the old numbers stand then, and their age grows."""
        looks = held.lately(self.engine, now)
        for gauge in (HELD_MESSAGES, HELD_OLDEST, HELD_LOOKED):
            gauge.clear()
        for look in looks:
            waited = 0.0 if look.oldest_at is None else max(0.0, now - look.oldest_at)
            HELD_MESSAGES.labels(look.host).set(look.messages)
            HELD_OLDEST.labels(look.host).set(waited)
            HELD_LOOKED.labels(look.host).set(look.at)
