"""What `segl doctor` and `segl status` say of tunnel partners: the lists, and domains pinned to the tunnel."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

from segl.postfix.check import Check, State, judge
from segl.settings.document import Settings
from segl.vocabulary import Way
from segl_routing.tunnel_list.standing import ListStanding, standings
from segl_routing.tunnels import Tunnels

_SOON: Final = timedelta(days=30)


def tunnel_checks(settings: Settings) -> Iterator[Check]:
    """The checks `tunnel.*` and `certificates.pinned`."""
    now = time.time()
    for standing in standings(settings, now):
        yield _list(standing)
        if standing.condition.used:
            yield from _certificates(standing, now)
    yield from _pinned(settings, now)


def _list(standing: ListStanding) -> Check:
    if standing.condition.good:
        return Check("tunnel.list", State.OK, f"{standing.name}: {standing.text}")
    why = (
        "its domains keep the certificates they had, and new ones are not learnt"
        if standing.condition.used
        else "mail to its domains goes by another way"
    )
    return Check("tunnel.list", State.WARN, f"{standing.name}: {standing.text}", why, standing.hint)


def _certificates(standing: ListStanding, now: float) -> Iterator[Check]:
    copy = standing.copy
    if copy is None or copy.first_end is None:
        return
    left = copy.first_end - datetime.fromtimestamp(now, UTC)
    yield judge(
        "tunnel.certificates",
        left >= _SOON,
        f"{standing.name}: the first certificate ends on {copy.first_end:%Y-%m-%d}",
        why="mail to its domain then goes by another way, unless the list has a new one by then",
        fix=f"see: segl tunnel list {standing.name}; tell {copy.publisher or 'the publisher'}",
        bad=State.WARN,
    )


def _pinned(settings: Settings, now: float) -> Iterator[Check]:
    tunnels = Tunnels(settings, lambda *_: None, lambda *_: None)
    for pin in settings.domain:
        if pin.way is not Way.TUNNEL:
            continue
        state = tunnels.state(pin.name, now)
        yield judge(
            "certificates.pinned",
            state.usable,
            f"{pin.name} is pinned to tunnel: {state.reason}",
            why="mail to it waits until there is one",
            fix=f"put it into {settings.delivery.certificates}/{pin.name}.pem",
            bad=State.WARN,
        )
