"""Records settings, and the rules that segl-milter has loaded, in the audit trail when they come into force."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Final

from sqlalchemy.engine import Engine

from segl.daemons.looping import every
from segl.events import Events
from segl.left_rules import left_rules
from segl.settings.document import Settings
from segl.settings.trail import note, note_rules

LOOK_SECONDS: Final = 10.0


class SettingsWatch:
    """One for the process."""

    def __init__(self, settings: Callable[[], Settings], file: Path, engine: Engine, events: Events) -> None:
        self._settings = settings
        self._file = file
        self._engine = engine
        self._events = events
        self._noted: Settings | None = None
        self._rules = 0
        self._failing: set[str] = set()

    async def run(self) -> None:
        await every(LOOK_SECONDS, "settings watch", lambda: asyncio.to_thread(self.look), self._events)

    def look(self) -> None:
        """Note what is new since the last look. Blocking. What fails is tried again at the next look, and keeps nothing
        else from being noted; of failures in a row the first is logged."""
        self._try("settings trail", self._look_at_settings)
        self._try("rules trail", self._look_at_rules)

    def _try(self, where: str, look: Callable[[], None]) -> None:
        try:
            look()
        except Exception as error:
            if where not in self._failing:
                self._events.failed(where, error)
            self._failing.add(where)
        else:
            self._failing.discard(where)

    def _look_at_settings(self) -> None:
        settings = self._settings()
        if settings is not self._noted:
            note(self._engine, settings, self._file, "segl-deliver")
            self._noted = settings  # not before: what the store did not take is noted at the next look

    def _look_at_rules(self) -> None:
        left = left_rules(self._settings())
        changed = _changed_at(left)
        if changed and changed != self._rules:
            note_rules(self._engine, left, "segl-milter")
            self._rules = changed


def _changed_at(file: Path) -> int:
    """In nanoseconds; 0: it is not there."""
    try:
        return file.stat().st_mtime_ns
    except OSError:
        return 0
