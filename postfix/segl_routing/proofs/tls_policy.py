"""TLS policies: what ``smtp_tls_policy_maps`` may be told, and nothing weaker.

For each next hop the Postfix SMTP client asks which security level a connection must reach
(postconf(5), smtp_tls_policy_maps; TLS_README). The answer is a level and attributes, ``verify
protocols=>=TLSv1.2``, and it beats the level in ``master.cf`` in **both** directions: an answer ``may`` or
``none`` would send in clear where ``master.cf`` says ``secure``. So the levels that may end in plain text have
no name here: no policy that this module can write lets mail out unencrypted.

``dane-only``  the TLSA records of the MX host, DNSSEC throughout (RFC 7672); no fall-back.
``secure``     a certificate that chains to a trusted root and carries one of the names in ``match=``.
``verify``     a certificate that chains to a trusted root and carries the name of the MX host. The name comes
               from DNS, so this is as good as the resolver is.

``fingerprint``  the key named in ``match=``: only for the canaries' own TLS server (:mod:`segl.canary.way_key`).
``encrypt``    any certificate: only for a domain of which the postmaster said ``least = "encrypt"``.

A ``secure`` that rests on an MTA-STS policy says so (``policy_type=sts`` and what belongs to it, TLSRPT_README), to a
Postfix that knows these words, which is from 3.10.
Postfix then passes over MX hosts that are not on the policy's list, and compares the certificate with the
host's own name (``smtp_tls_enforce_sts_mx_patterns``, from 3.10.5); it also has what its TLS reports need. A value with
blanks in it stands in braces: ``{ policy_string = mode: enforce }``.

``servername=hostname`` makes Postfix send the MX host's name in the TLS handshake (SNI), as
:mod:`segl_routing.proofs.probe` does: both then see the same certificate.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from segl.addresses import normal_domain
from segl.errors import RoutingError
from segl.settings.values import match_name

_PROTOCOLS = "protocols=>=TLSv1.2"
_PIN = re.compile(r"(?:[0-9A-F]{2}:){31}[0-9A-F]{2}")  # SHA-256
# Neither braces nor control characters: they would end the attribute.
_STS_LINE = re.compile(r"[a-z_]+: [A-Za-z0-9_.*-]+")


class Level(StrEnum):
    """The levels that may be answered."""

    DANE_ONLY = "dane-only"
    SECURE = "secure"
    VERIFY = "verify"
    FINGERPRINT = "fingerprint"
    ENCRYPT = "encrypt"


@dataclass(frozen=True, slots=True)
class StsTold:
    """What Postfix is told of the MTA-STS policy behind a ``secure``.

    ``domain``    whose policy it is.
    ``patterns``  the mail hosts on its list, as RFC 8461 writes them (``mx.x.dk``, ``*.x.dk``).
    ``lines``     the policy itself, for TLS reports (RFC 8460 §4.4); may be left out.
    """

    domain: str
    patterns: tuple[str, ...]
    lines: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        names = [pattern.removeprefix("*.") for pattern in self.patterns]
        if not all(map(_is_normal, (self.domain, *names))):
            raise RoutingError("bad TLS policy", f"no names for MTA-STS: {self.domain!r}, {self.patterns!r}")
        if not all("." in name for name in names):  # "match=hostname" would be an order, not a name
            raise RoutingError("bad TLS policy", f"no patterns of MTA-STS: {self.patterns!r}")
        for line in self.lines:
            if not _STS_LINE.fullmatch(line):
                raise RoutingError("bad TLS policy", f"{line!r} is no line of an MTA-STS policy")

    @property
    def match(self) -> tuple[str, ...]:
        """The patterns as ``match=`` writes them: ``.x.dk`` for ``*.x.dk``."""
        return tuple(pattern.removeprefix("*") for pattern in self.patterns)

    @property
    def words(self) -> tuple[str, ...]:
        return (
            "policy_type=sts",
            f"policy_domain={self.domain}",
            *(f"mx_host_pattern={pattern}" for pattern in self.patterns),
            *(f"{{ policy_string = {line} }}" for line in self.lines),
        )


@dataclass(frozen=True, slots=True)
class TlsPolicy:
    """One policy. ``match`` belongs to ``secure``, which without it compares with the next hop's name, and to
    ``fingerprint``, where it is the one key."""

    level: Level
    match: tuple[str, ...] = ()
    # Whether the host connected to has a name that can be sent as SNI (an address in brackets has none).
    named: bool = True
    # The MTA-STS policy it rests on; ``match`` then is its list.
    sts: StsTold | None = None

    def __post_init__(self) -> None:
        if bool(self.match) != (self.level in (Level.SECURE, Level.FINGERPRINT)):
            raise RoutingError("bad TLS policy", f"level {self.level} with match {self.match!r}")
        if self.level is Level.FINGERPRINT:
            if len(self.match) != 1 or not _PIN.fullmatch(self.match[0]) or self.named or self.sts:
                raise RoutingError("bad TLS policy", f"{self.match!r} is not one SHA-256 and nothing else")
            return
        for name in self.match:
            try:
                match_name(name)
            except ValueError:
                raise RoutingError("bad TLS policy", f"{name!r} is no name for match=") from None
        if self.sts is not None and self.match != self.sts.match:
            raise RoutingError("bad TLS policy", f"match {self.match!r} is not the list of {self.sts.domain}")

    def __str__(self) -> str:
        """As Postfix reads it."""
        return self.told()

    def told(self, *, knows_sts: bool = True) -> str:
        """The same, also for a Postfix that does not know the attributes of MTA-STS (before 3.10): it would take the
        whole for broken. ``match=`` alone then binds it to the policy's list."""
        words = [self.level.value]
        if self.match:
            words.append("match=" + ":".join(self.match))
        if self.named and self.level is not Level.DANE_ONLY:
            words.append("servername=hostname")
        if self.sts is not None and knows_sts:
            words += self.sts.words
        return " ".join([*words, _PROTOCOLS])


DANE_ONLY = TlsPolicy(Level.DANE_ONLY)
VERIFY = TlsPolicy(Level.VERIFY)
ENCRYPT = TlsPolicy(Level.ENCRYPT)


def _is_normal(name: str) -> bool:
    try:
        return normal_domain(name) == name
    except ValueError:
        return False


def sts_secure(told: StsTold) -> TlsPolicy:
    """The policy for a domain whose MTA-STS policy is in mode ``enforce``."""
    return TlsPolicy(Level.SECURE, told.match, sts=told)


def pinned_key(pin: str) -> TlsPolicy:
    """The policy for a server that must show this key: SHA-256 as :attr:`segl.canary.way_key.WayKey.pin` writes it."""
    return TlsPolicy(Level.FINGERPRINT, (pin,), named=False)
