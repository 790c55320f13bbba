"""Tunnel lists for tests: made, signed, and what a postmaster's settings say of them.

publisher = Publisher()
file.write_bytes(publisher.signed(listed("kommune.example", serial=2)))
terms = publisher.terms(source=str(file))
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from segl.certificates.judgement import fingerprint
from segl.errors import TunnelListError
from segl.settings.tunnel import ListFormat, TunnelList
from segl.vocabulary import ListFault
from segl_delivery.cms.signed import Signer
from segl_delivery.smime.signed_list import open_signed, sign_list
from segl_routing.tunnel_list import content
from segl_routing.tunnel_list.accepted import Accepted, AcceptedList, read_state
from segl_routing.tunnel_list.sources import Fetched, source_of
from segl_routing.tunnel_list.update import Updated, roll_back, update
from world.partners import certificate, ec_key, rsa_key, usage

NOW = datetime.now(UTC).replace(microsecond=0)
TOWNS = [f"by{number:02}.example" for number in range(20)]


@cache
def partner(domain: str, begins: int = -1, ends: int = 90) -> x509.Certificate:
    """A certificate of *domain* that can be encrypted to; all share one key, which lists do not ask for."""
    return certificate(domain, rsa_key(), begins=begins, ends=ends, key_usage=usage(encrypt=True))


def entry(domain: str, *certificates: x509.Certificate, subdomains: bool = False) -> content.Entry:
    """An entry as a publisher makes it from certificates; without any, from that of :func:`partner`."""
    encoded = tuple(
        base64.b64encode(c.public_bytes(Encoding.DER)).decode() for c in certificates or [partner(domain)]
    )
    return content.Entry(domain, encoded, subdomains)


def listed(
    *domains: str | content.Entry,
    serial: int = 1,
    issued: timedelta = timedelta(hours=-1),
    expires: timedelta | None = timedelta(days=14),
) -> content.TunnelList:
    """A list of *domains*; the times count from now."""
    entries = tuple(entry(one) if isinstance(one, str) else one for one in domains)
    end = None if expires is None else NOW + expires
    return content.TunnelList(serial, NOW + issued, "Foreningen", entries, end)


class Publisher:
    """Who signs lists."""

    def __init__(
        self, name: str = "Foreningen", number: int = 1, *, begins: int = -1, ends: int = 900
    ) -> None:
        self.key = ec_key(ec.SECP256R1, number)
        self.certificate = certificate(name, self.key, begins=begins, ends=ends)

    @property
    def pin(self) -> str:
        return fingerprint(self.certificate)

    def signed(self, what: content.TunnelList | bytes) -> bytes:
        written = what if isinstance(what, bytes) else content.write_list(what)
        return sign_list(written, Signer(self.key, self.certificate), NOW)

    def terms(self, **values: Any) -> TunnelList:
        """The settings of a list of this publisher, named ``forening``."""
        given = {"name": "forening", "source": "/nowhere", "signers": (self.pin,), "format": ListFormat.SEGL}
        return TunnelList(**{**given, **values})


def never(_terms: TunnelList, _before: Accepted | None) -> Fetched | None:
    raise AssertionError("a file is not fetched")


@dataclass
class Desk:
    """A list on a postmaster's disk, and its publisher's file."""

    directory: Path
    publisher: Publisher
    terms: TunnelList

    @property
    def base(self) -> Path:
        return self.directory / "state"

    def publish(self, what: content.TunnelList | bytes, by: Publisher | None = None) -> None:
        Path(self.terms.source).write_bytes((by or self.publisher).signed(what))

    def update(self, *, days: float = 0, **how: Any) -> Updated:
        source = source_of(self.terms, open_signed, never)
        return update(self.terms, self.base, source, (NOW + timedelta(days=days)).timestamp(), **how)

    def publish_three(self) -> None:
        """Three lists, one after the other, each with a new domain, and each taken up."""
        for serial in (1, 2, 3):
            self.publish(listed(*TOWNS, *(f"new{n}.example" for n in range(serial)), serial=serial))
            self.update()

    def rolled(self, serial: int | None = None, **how: Any) -> tuple[int, int]:
        """Go back; the serials before and after."""
        before, after, _ = roll_back(self.terms, self.base, serial, **how)
        return before.serial, after.serial

    def refused(self, **how: Any) -> ListFault:
        before = self.tree()
        with pytest.raises(TunnelListError) as caught:
            self.update(**how)
        assert self.tree() == before, "a refused update changed something"
        return caught.value.cause

    def state(self) -> Accepted:
        state = read_state(self.base / self.terms.name)
        assert state is not None
        return state

    def tree(self) -> dict[str, tuple[bytes, int]]:
        """Everything that lies there, but for the lock."""
        return {
            str(file): (file.read_bytes(), file.stat().st_mtime_ns)
            for file in self.base.rglob("*")
            if file.is_file() and file.name != "lock"
        }

    def usable(self, domain: str, days: float = 0) -> bool:
        reader = AcceptedList(self.base, self.terms, lambda *_: None)
        choice = reader.choice(domain, (NOW + timedelta(days=days)).timestamp())
        return choice is not None and choice.certificate is not None


def desk_in(directory: Path) -> Desk:
    publisher = Publisher()
    return Desk(directory, publisher, publisher.terms(source=str(directory / "list.p7m")))
