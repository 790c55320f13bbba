"""What the metrics of ``segl-map`` tell of tunnel lists.

Read from disk when they are asked for, so the figures hold whether or not mail comes, and an update that fails
for days shows although no process of ours notices.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

from segl.days import DAY_SECONDS
from segl.errors import TunnelListError
from segl.metrics import (
    TUNNEL_LIST_AGE,
    TUNNEL_LIST_CERTIFICATE_DAYS,
    TUNNEL_LIST_DOMAINS,
    TUNNEL_LIST_LEFT,
)
from segl.settings.document import Settings
from segl_routing.tunnel_list.accepted import Accepted, folder_of, read_state

Figure = Callable[[Accepted, float], float]

_NONE: Final = float("nan")


def watch(settings: Settings, watched: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Tell of the lists of *settings* instead of those *watched* before; the names now watched."""
    names = tuple(terms.name for terms in settings.tunnel_list)
    for gauge, figure in _GAUGES:
        for gone in set(watched) - set(names):
            gauge.remove(gone)
        for name in names:
            folder = folder_of(settings.delivery.tunnel_lists, name)
            gauge.labels(name).set_function(partial(_read, folder, figure))
    return names


def _read(folder: Path, figure: Figure) -> float:
    try:
        state = read_state(folder)
    except TunnelListError:
        return _NONE
    return _NONE if state is None else figure(state, time.time())


def _age(state: Accepted, now: float) -> float:
    return now - state.checked_at


def _left(state: Accepted, now: float) -> float:
    end = state.current.expires
    return _NONE if end is None else end.timestamp() - now


def _certificate_days(state: Accepted, now: float) -> float:
    end = state.current.first_end
    return _NONE if end is None else (end.timestamp() - now) / DAY_SECONDS


def _domains(state: Accepted, _now: float) -> float:
    return state.current.usable


_GAUGES = (
    (TUNNEL_LIST_AGE, _age),
    (TUNNEL_LIST_LEFT, _left),
    (TUNNEL_LIST_CERTIFICATE_DAYS, _certificate_days),
    (TUNNEL_LIST_DOMAINS, _domains),
)
