"""Whether a signer's certificate was revoked: asked of ``segl-map`` through the store, and waited for a little.

``segl-deliver`` may not use the network (``docs/decisions/0018-inbound.md``).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from segl.certificates.records import Revocation
from segl.errors import StoreError
from segl.events import Events
from segl.signer_standings import SignerStandings
from segl_routing.certificates.standing import RevocationStanding

_LOOK_SECONDS: Final = 0.1


@dataclass(frozen=True, slots=True)
class AskedStandings:
    """Blocking, for *patience* seconds at most; what is not known by then is unknown."""

    standings: SignerStandings
    events: Events
    patience: float
    clock: Callable[[], float] = time.time

    def __call__(self, chain: Sequence[x509.Certificate]) -> RevocationStanding:
        if len(chain) < 2:  # trusted by itself: the postmaster vouches for it
            return RevocationStanding(Revocation.GOOD, "trusted by itself")
        ders = [certificate.public_bytes(Encoding.DER) for certificate in chain]
        try:
            return self._asked(ders)
        except StoreError as error:
            self.events.failed("signers' certificates", error)
            return RevocationStanding.unknown("the store cannot be reached")

    def _asked(self, chain: Sequence[bytes]) -> RevocationStanding:
        end, asked = time.monotonic() + self.patience, False
        while True:
            if (known := self.standings.known(chain, self.clock())) is not None:
                return RevocationStanding(known.standing, known.reason)
            if not asked and not self.standings.want(chain, self.clock()):
                return RevocationStanding.unknown("too many certificates wait to be asked for")
            asked = True
            if time.monotonic() >= end:
                return RevocationStanding.unknown("segl-map did not answer in time")
            time.sleep(_LOOK_SECONDS)
