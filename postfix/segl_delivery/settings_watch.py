"""Notes settings, and the rules that segl-milter loaded, in the audit trail when they have come into force."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Final

from sqlalchemy.engine import Engine

from segl.events import Events
from segl.left_rules import left_rules
from segl.settings import Settings
from segl.settings_trail import note, note_rules

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

    async def run(self) -> None:
        while True:
            try:
                await asyncio.to_thread(self.look)
            except Exception as error:
                self._events.failed("settings trail", error)
            await asyncio.sleep(LOOK_SECONDS)

    def look(self) -> None:
        """Note what is new since the last look. Blocking. Raises :class:`~segl.errors.StoreError`."""
        settings = self._settings()
        if settings is not self._noted:
            note(self._engine, settings, self._file, "segl-deliver")
            self._noted = settings  # not before: what the store did not take is noted at the next look
        left = left_rules(settings)
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
