"""A segl-milter in which a function fails when a test says so; nothing of it is in the product.

    faulty_milter.py FILE [argument of segl-milter …]

As long as FILE names a *place*, one of :data:`PLACES`, the function there raises; where it says ``kill`` and a place,
the process ends there, and :data:`HALF` ends it in the midst of an answer. The functions are replaced when the metrics
may be imported, and so before workers are forked. It is started by :func:`world.faults.faulty_milter`.
"""

from __future__ import annotations

import functools
import importlib
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

PLACES: Final = {
    "deciding": "segl_milter.ruling:decide",
    "ruling": "segl_milter.ruling:demands",
    "policies": "segl_milter.session:apply_policies",
    "marking": "segl_milter.session:modifications_for",
    "the last of the edits": "segl_milter.protocol:Edits.add_header",
    "the answer": "segl_milter.connection:packet",
    "the event": "segl.events:Events.classified",
    "counting": "segl_milter.session:count",
    "counting the stages": "segl_milter.session:count_stages",
    "the record": "segl_milter.decisions:features_of",
    "remembering": "segl_milter.decisions:Recorder.__call__",
}
KILL: Final = "kill "
HALF: Final = "half of the answer"  # all edits are sent, and nothing behind them: the process ends there
SECRET: Final = "010170-1234"  # in the text of what is raised, which must not come into any log


def _failing(place: str, works: Callable[..., Any], order: Path) -> Callable[..., Any]:
    @functools.wraps(works)
    def fails(*given: Any, **named: Any) -> Any:
        ordered = order.read_text("utf-8") if order.exists() else ""
        if ordered == KILL + place:
            os.kill(os.getpid(), signal.SIGKILL)
        if ordered == place:
            raise ZeroDivisionError(SECRET)
        return works(*given, **named)

    return fails


class _Cutting:
    """A connection whose answers may lose their end."""

    def __init__(self, sock: Any, order: Path) -> None:
        self._sock, self._order = sock, order

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)

    def sendall(self, told: bytes) -> None:
        if b"X-Segl-Route" in told and self._order.exists() and self._order.read_text("utf-8") == HALF:
            self._sock.sendall(told[:-1])
            os.kill(os.getpid(), signal.SIGKILL)
        self._sock.sendall(told)


def _cut_answers(order: Path) -> None:
    connection: Any = importlib.import_module("segl_milter.connection").Connection
    works = connection.__init__
    connection.__init__ = lambda self, sock, sessions: works(self, _Cutting(sock, order), sessions)


def _replace_all(order: Path) -> None:
    for place, where in PLACES.items():
        module, _, path = where.partition(":")
        *holders, name = path.split(".")
        holder = functools.reduce(getattr, holders, importlib.import_module(module))
        setattr(holder, name, _failing(place, getattr(holder, name), order))


def _main() -> None:
    daemon: Any = importlib.import_module("segl_milter.daemon")
    order = Path(sys.argv.pop(1))
    prepare = daemon.prepare_multiprocess

    def prepared(*given: Any) -> None:
        prepare(*given)
        _replace_all(order)
        _cut_answers(order)

    daemon.prepare_multiprocess = prepared
    daemon.main()


if __name__ == "__main__":
    del sys.path[0]  # the tests' own folder
    _main()
