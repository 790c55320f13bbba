"""How the log is written: one event a line, as JSON or as coloured text (:mod:`segl.events` has the events).

The JSON is made here. The text for people is structlog's, which brings a library for terminals with it: it is loaded
when the first event is told so, and no process pays for it at its start.
"""

from __future__ import annotations

import json
import logging
import sys
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final, Literal

Form = Literal["json", "console"]

_JSON: Final = json.JSONEncoder(ensure_ascii=False, default=repr)  # dumps() makes one for each event

_LEVELS: Final = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}
_form: Form = "json"
_least: int = logging.INFO


def configure_log(form: Form = "json", level: str = "info") -> None:
    """How this process writes its log from now on: in which form, and what from *level* on."""
    global _form, _least
    _form, _least = form, _LEVELS[level]


class Log:
    """Writes events to standard error. *shared* are facts that all of them bear."""

    def __init__(self, **shared: object) -> None:
        self._shared = shared

    def debug(self, event: str, **facts: object) -> None:
        self._write("debug", event, facts)

    def info(self, event: str, **facts: object) -> None:
        self._write("info", event, facts)

    def warning(self, event: str, **facts: object) -> None:
        self._write("warning", event, facts)

    def error(self, event: str, **facts: object) -> None:
        self._write("error", event, facts)

    def _write(self, level: str, event: str, facts: dict[str, object]) -> None:
        if _LEVELS[level] < _least:
            return
        now = datetime.now(UTC).replace(tzinfo=None).isoformat(timespec="microseconds")
        told = {**self._shared, **facts, "event": event, "level": level, "timestamp": f"{now}Z"}
        _put_out(_as_json(told) if _form == "json" else _as_text(told))


class Logged:
    """What all parts of :class:`segl.events.Events` write to."""

    _log: Log


def _as_json(told: dict[str, object]) -> str:
    return _JSON.encode(told)


def _as_text(told: dict[str, object]) -> str:
    return str(_renderer(sys.stderr.isatty())(None, "", told))


@cache
def _renderer(colours: bool) -> Any:
    from structlog.dev import ConsoleRenderer

    return ConsoleRenderer(colors=colours)


def _put_out(line: str) -> None:
    """A full disk or a closed pipe is no matter: a log that cannot be written must not stop the mail."""
    with suppress(OSError, ValueError):
        sys.stderr.write(line + "\n")
        sys.stderr.flush()
