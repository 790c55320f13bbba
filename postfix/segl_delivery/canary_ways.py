"""The sinks behind the ways (:data:`segl.settings.canary.WAY_SINKS`), as far as they are segl-deliver's.

What the ways ``tunnel``, ``certificate`` and ``portal`` make of a canary comes back through the return port, as a
partner or a recipient would get it, and here it is opened as they would: the ciphertext with the key of
:mod:`segl.canary.way_key`, the notice by its link. If it can be opened, it was made correctly. A canary that arrives as
it was submitted was sent in clear.
"""

from __future__ import annotations

import quopri
import re
import time
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from segl.addresses import domain_of
from segl.canary.letter import PROOF
from segl.canary.token import id_of
from segl.canary.way_key import WayKey
from segl.errors import CannotOpen
from segl.receipts.key import ReceiptKey
from segl.sealed.belonging import storage_of
from segl.sealed.content import NotOpened
from segl.sealed.life import revoke
from segl.sealed.opening import open_sealed
from segl.settings.canary import OWN_SINK
from segl.settings.document import Settings
from segl.store.engine import transaction
from segl.tables.sealed import sealed_recipient
from segl.vocabulary import CanaryOutcome, Way
from segl_delivery.cms.keys import DecryptionKey, DecryptionKeys
from segl_delivery.cms.signed import Signed
from segl_delivery.smime.certificates import Finder, TunnelCertificate
from segl_delivery.smime.unwrapping import unwrap

SINKS: Final = domain_of(OWN_SINK)
_LINK: Final = re.compile(rb"/m/([0-9a-f]{32})#([0-9A-Za-z_-]{43})")


@dataclass(frozen=True, slots=True)
class WithCanary:
    """*others*, and for the canaries' sinks the certificate that every house has."""

    others: Finder
    key: WayKey

    def find(self, whose: str, /) -> list[TunnelCertificate]:
        if (domain_of(whose) or whose) == SINKS:
            return [TunnelCertificate.of(self.key.certificate())]
        return self.others.find(whose)


@dataclass(frozen=True, slots=True)
class Seen:
    """A canary that came back, and how."""

    id: str
    came: CanaryOutcome
    detail: str = ""


@dataclass(frozen=True, slots=True)
class WaySinks:
    """*key* makes the canaries' names."""

    settings: Settings
    key: ReceiptKey
    way_key: WayKey
    engine: Engine

    def seen(self, way: Way, content: bytes, sink: str) -> Seen | None:
        """What came to *sink*, behind *way*; ``None`` when it is nothing of ours. Blocking. Raises
        :class:`~segl.errors.StoreError`."""
        named = id_of(self.key, content, sink)
        if named and PROOF in content:
            return Seen(named, CanaryOutcome.CLEAR, "as it was handed in")
        return self._by_notice(content, sink) if way is Way.PORTAL else self._encrypted(content, sink, named)

    def _encrypted(self, content: bytes, sink: str, named: str) -> Seen | None:
        ring = DecryptionKeys([DecryptionKey(self.way_key.private, self.way_key.certificate())])
        try:
            opened = unwrap(content, ring)
        except CannotOpen as error:
            return Seen(named, CanaryOutcome.FAILED, f"it does not open: {error}") if named else None
        if not opened.was_encrypted or not (named := named or id_of(self.key, opened.entity, sink)):
            return None
        signatures = [one for layer in opened.layers if isinstance(layer, Signed) for one in layer.signatures]
        if PROOF not in opened.entity:
            return Seen(named, CanaryOutcome.FAILED, "another text came out than was put in")
        if not all(one.holds for one in signatures):
            return Seen(named, CanaryOutcome.FAILED, "its signature does not hold")
        return Seen(
            named, CanaryOutcome.SECURE, "opened again" + (", signed" if signatures else ", not signed")
        )

    def _by_notice(self, content: bytes, sink: str) -> Seen | None:
        link = _LINK.search(quopri.decodestring(content))
        if link is None:
            return None
        ident, secret = link[1].decode("ascii"), link[2].decode("ascii")
        storage, now = storage_of(self.settings.portal, self.engine), time.time()
        try:
            message = b"".join(open_sealed(self.engine, storage, ident, secret, now=now))
        except NotOpened:
            return None
        if not (named := id_of(self.key, message, sink)):
            return None
        with transaction(self.engine) as connection:
            query = sa.select(sealed_recipient.c.message_id).where(sealed_recipient.c.id == ident)
            sealed_as = connection.scalar(query)
        if sealed_as is not None:  # nobody will read it, and nobody need be reminded
            revoke(self.engine, storage, sealed_as, now, actor="segl canary")
        whole = PROOF in message
        return (
            Seen(named, CanaryOutcome.SECURE, "opened by its link, then deleted")
            if whole
            else Seen(named, CanaryOutcome.FAILED)
        )
