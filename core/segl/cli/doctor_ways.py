"""A canary by each way, for ``segl doctor --canary``: the sinks behind the ways, and what came of it.

Each is handed to the real front and takes the real way: Postfix, segl-map, the way's own agent, the return port. What
the way made of it is opened again (:mod:`segl_delivery.canary_ways`); what it delivers by TLS comes to the server that
stands here meanwhile.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from segl.canary import records
from segl.canary.letter import PROOF
from segl.canary.tls_sink import TlsSink
from segl.canary.token import id_of
from segl.canary.way_key import WayKey
from segl.postfix.check import Check, State
from segl.receipts.key import ReceiptKey
from segl.sealed.belonging import storage_of
from segl.sealed.life import revoke
from segl.settings.canary import WAY_SINKS, CanarySink, name_of_way
from segl.settings.document import Settings
from segl.store.engine import transaction
from segl.tables.sealed import sealed_message, sealed_recipient
from segl.vocabulary import CanaryOutcome, Way


@dataclass(frozen=True, slots=True)
class Ways:
    """The sinks that can be tried now, and a check for each that cannot."""

    sinks: tuple[CanarySink, ...]
    untried: tuple[Check, ...]


@contextmanager
def ways_open(settings: Settings, engine: Engine, key: ReceiptKey) -> Iterator[Ways]:
    """Inside, canaries may be sent to :attr:`Ways.sinks`. Raises :class:`~segl.errors.StoreError`."""
    with ExitStack() as stack:
        untried = {}
        if settings.portal.relay.next_hop:
            why = f"another service takes the portal's place ({settings.portal.relay.next_hop})"
            untried[Way.PORTAL] = (why, "name an address whose mail goes there as [[canary.sink]]")
        try:
            stack.enter_context(_tls_sink(settings, engine, key))
        except OSError as error:
            why = f"{settings.canary.tls_sink} cannot be listened on: {error.strerror}"
            untried[Way.TLS] = (why, "give canary.tls_sink another port, and reload segl-map")
        try:
            yield Ways(
                tuple(
                    CanarySink(name=name_of_way(way), address=sink)
                    for way, sink in WAY_SINKS.items()
                    if way not in untried
                ),
                tuple(
                    Check(f"canary.{name_of_way(way)}", State.UNKNOWN, f"not tried: {why}", "", fix)
                    for way, (why, fix) in untried.items()
                ),
            )
        finally:
            _take_away(settings, engine)


def _tls_sink(settings: Settings, engine: Engine, key: ReceiptKey) -> TlsSink:
    def arrived(content: bytes, protected: str) -> bool:
        ident = id_of(key, content, WAY_SINKS[Way.TLS])
        if not ident:
            return False
        whole = PROOF in content and b"\nx-segl-" not in content.lower()
        came = CanaryOutcome.SECURE if whole else CanaryOutcome.FAILED
        detail = f"{protected}, the server's key verified" if whole else "not as it should leave the house"
        with transaction(engine) as connection:
            records.seen(connection, ident, came, time.time(), read=None, way=Way.TLS.value, detail=detail)
        return True

    return TlsSink(settings.canary.tls_sink, WayKey.of_house(engine), arrived)


def _take_away(settings: Settings, engine: Engine) -> None:
    """Sealed canaries whose notice never came back."""
    left = (
        sa.select(sealed_message.c.id)
        .join(sealed_recipient, sealed_recipient.c.message_id == sealed_message.c.id)
        .where(sealed_recipient.c.recipient == WAY_SINKS[Way.PORTAL], sealed_message.c.removed_at.is_(None))
    )
    with transaction(engine) as connection:
        ids = connection.scalars(left).all()
    for ident in ids:
        revoke(engine, storage_of(settings.portal, engine), ident, time.time(), actor="segl canary")
