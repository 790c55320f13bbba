"""TLS policies: what ``smtp_tls_policy_maps`` may be told, and nothing weaker.

For each next hop the Postfix SMTP client asks which security level a connection must reach
(postconf(5), smtp_tls_policy_maps; TLS_README). The answer is a level and attributes, ``verify
protocols=>=TLSv1.2``, and it beats the level in ``master.cf`` in **both** directions: an answer ``may`` or
``none`` would send in clear where ``master.cf`` says ``secure``. So the levels that end in plain text, or in
an unchecked certificate, have no name here: no policy that this module can write lets mail out unprotected.

``dane-only``  the TLSA records of the MX host, DNSSEC throughout (RFC 7672); no fall-back.
``secure``     a certificate that chains to a trusted root and carries one of the names in ``match=``.
``verify``     a certificate that chains to a trusted root and carries the name of the MX host. The name comes
               from DNS, so this is as good as the resolver is.

``servername=hostname`` makes Postfix send the MX host's name in the TLS handshake (SNI), as
:mod:`segl_routing.probe` does: both then see the same certificate.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from segl.errors import RoutingError
from segl.settings import match_name

_PROTOCOLS = "protocols=>=TLSv1.2"


class Level(StrEnum):
    """The levels that may be answered."""

    DANE_ONLY = "dane-only"
    SECURE = "secure"
    VERIFY = "verify"


@dataclass(frozen=True, slots=True)
class TlsPolicy:
    """One policy. ``match`` belongs to ``secure``, which without it compares with the next hop's name."""

    level: Level
    match: tuple[str, ...] = ()
    # Whether the host connected to has a name that can be sent as SNI (an address in brackets has none).
    named: bool = True

    def __post_init__(self) -> None:
        if bool(self.match) != (self.level is Level.SECURE):
            raise RoutingError("bad TLS policy", f"level {self.level} with match {self.match!r}")
        for name in self.match:
            try:
                match_name(name)
            except ValueError:
                raise RoutingError("bad TLS policy", f"{name!r} is no name for match=") from None

    def __str__(self) -> str:
        """As Postfix reads it."""
        words = [self.level.value]
        if self.match:
            words.append("match=" + ":".join(self.match))
        if self.named and self.level is not Level.DANE_ONLY:
            words.append("servername=hostname")
        return " ".join([*words, _PROTOCOLS])


VERIFY = TlsPolicy(Level.VERIFY)
