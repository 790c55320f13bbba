"""A reload (SIGHUP): what systemd, the log and the metric are told of it, and that one comes after the other."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

from segl import metrics
from segl.daemons import notify
from segl.errors import SeglError
from segl.events import Events
from segl.metric_labels import ReloadResult


@contextmanager
def reloading(events: Events, status: Callable[[], str] = lambda: "ready") -> Iterator[None]:
    """Around all that a reload does. What fails in it is told and goes no further: a process that runs goes on. So what
    may fail comes before anything is changed. *status* is what systemd shows afterwards, however it went."""
    notify.reloading()
    try:
        yield
    except SeglError as error:
        events.reload_refused(error)
        metrics.RELOADS.labels(ReloadResult.REFUSED).inc()
    except Exception as error:  # a fault of ours, or a file that went after the check
        events.failed("reload", error)
        metrics.RELOADS.labels(ReloadResult.REFUSED).inc()
    else:
        metrics.RELOADS.labels(ReloadResult.OK).inc()
    notify.ready(status())


async def one_after_the_other(told: asyncio.Event, reload: Callable[[], Awaitable[None]]) -> None:
    """*reload* whenever *told* is set, until cancelled. Each takes the settings as they stand when it begins, so all
    that ask for one meanwhile get one between them, afterwards."""
    while True:
        await told.wait()
        told.clear()
        await reload()
