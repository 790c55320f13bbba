"""From where mail leaves the house.

What goes by tunnel or certificate, and the portal's notices, come back to the front, which sends them as all its mail:
through its ``relayhost``, or nowhere on a host that is to send nothing. By forced TLS the secure instance itself goes
to the recipient's mail host; a relay between would end that TLS.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from segl.postfix.check import Check, Setup, State
from segl.postfix.own_ways import PROBE, By, network_service, ways
from segl.postfix.tables import TableUnread
from segl.settings.document import Settings
from segl.vocabulary import Way

_ID: Final = "secure.leaves"
_SOMEWHERE: Final = f"{PROBE}.invalid"
# By these a site sends the mail of some senders by a relay or an address of its own.
_BY_SENDER: Final = ("sender_dependent_relayhost_maps", "sender_dependent_default_transport_maps")
_NOWHERE: Final = frozenset({"discard", "error"})
_WHY: Final = (
    "on a host that is to send nothing, to try things out, what must go securely is sent all the same: it goes by"
    " forced TLS, past the front, to people outside"
)
_FIX: Final = 'in segl.toml: [routing] order = ["portal"], and no [[domain]] or [[policy]] that names tls'


def leaving_checks(setup: Setup) -> Iterator[Check]:
    """One check: what main.cf says of mail to outside, and whether Segl goes by it."""
    if not _by_tls(setup.settings):
        yield Check(_ID, State.OK, "all mail leaves by the front: no recipient is served by the way tls")
        return
    try:
        way = ways(setup.front, {_SOMEWHERE})[_SOMEWHERE]
    except TableUnread as error:
        yield Check(
            _ID, State.UNKNOWN, error.private, _WHY, "see to it yourself that the front may send to outside"
        )
        return
    service = setup.front.service(way.transport, "unix")
    if service is not None and service.program in _NOWHERE:
        found = f"the front sends nothing to outside ({way.transport}:), and the secure instance does"
        yield Check(_ID, State.WARN, found, _WHY, _FIX)
    else:
        relayed = way.by is By.EVERYBODYS and network_service(setup.front, way.transport) is not None
        front = f"by the front through {way.next_hop}" if relayed else "by the front"
        by_sender = [name for name in _BY_SENDER if setup.front.value(name)]
        unheard = f"; of these alone is true what {' and '.join(by_sender)} say" if by_sender else ""
        yield Check(_ID, State.OK, f"by forced TLS from here, else {front}{unheard}")


def _by_tls(settings: Settings) -> bool:
    named = [entry.way for entry in settings.domain]
    orders = [settings.routing.order, *(policy.order or () for policy in settings.policy)]
    return Way.TLS in named or any(Way.TLS in order for order in orders)
