"""Certificates from signed DNS: a real unbound that validates, real zones signed and spoilt."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from segl.vocabulary import Known
from segl_routing.certificates.smimea import SmimeaSource, owner_name
from segl_routing.certificates.sources import Answer
from segl_routing.dns.mx import MailDns
from world.authority import Authority
from world.ports import free_port
from world.signed import Flaw, SignedDns, SignedTree, SignedZone

CA = Authority("Rod-CA")
BO = CA.issue("bo@signed.example", kind="ec")


@dataclass(frozen=True, slots=True)
class SMIMEA:
    usage: int
    selector: int
    matching: int
    data: bytes

    def __str__(self) -> str:
        return f"SMIMEA {self.usage} {self.selector} {self.matching} {self.data.hex()}"


def zone(domain: str, flaw: Flaw | None = None, **people: list[SMIMEA]) -> SignedZone:
    records: dict[str, Any] = {owner_name(f"{local}@{domain}"): of for local, of in people.items()}
    return SignedZone(domain, records, flaw=flaw)


OWN, PKIX = SMIMEA(3, 0, 0, BO.der), SMIMEA(1, 0, 0, BO.der)
ZONES = [
    zone(
        "signed.example",
        bo=[OWN],
        pkix=[PKIX],
        both=[SMIMEA(3, 1, 1, b"\xab" * 32), OWN],
        digest=[SMIMEA(3, 0, 1, b"\xab" * 32)],
        authority=[SMIMEA(2, 0, 0, BO.der)],
        broken=[SMIMEA(3, 0, 0, BO.der[:50])],
    ),
    zone("unsigned.example", Flaw.UNSIGNED, bo=[OWN]),
    zone("expired.example", Flaw.EXPIRED, bo=[OWN]),
    zone("mute.example", Flaw.SILENT, bo=[OWN]),
]


@pytest.fixture(scope="module")
def dns(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SignedDns]:
    directory = tmp_path_factory.mktemp("smimea")
    tree = SignedTree(directory / "zones", ZONES)
    with SignedDns(directory, tree, address="127.0.0.1", port=free_port()) as dns:
        yield dns


def ask(dns: SignedDns, address: str, seconds: float = 30) -> Answer:
    return asyncio.run(SmimeaSource(MailDns([dns.nameserver], query_seconds=seconds)).ask(address))


def test_the_name_is_that_of_the_standard() -> None:
    """RFC 8162 §3 takes the RFC 7929 §3 example: hugh."""
    assert owner_name("hugh@example.com") == (
        "c93f1e400f26708f98cb19d936620da35eec8f72e57f9eec01c1afd6._smimecert.example.com"
    )


@pytest.mark.parametrize("who", ["bo", "both"])
def test_a_signed_record_vouches_for_its_certificate(dns: SignedDns, who: str) -> None:
    [offer] = ask(dns, f"{who}@signed.example").offers
    assert offer.certificate == BO.certificate
    assert offer.vouched
    assert offer.bound


def test_a_pkix_record_only_points_to_it(dns: SignedDns) -> None:
    [offer] = ask(dns, "pkix@signed.example").offers
    assert not offer.vouched
    assert not offer.bound


@pytest.mark.parametrize(
    ("address", "known", "reason"),
    [
        ("nobody@signed.example", Known.NO, "has none"),
        ("digest@signed.example", Known.NO, "no record with a whole certificate"),
        ("authority@signed.example", Known.NO, "no record with a whole certificate"),
        ("broken@signed.example", Known.NO, "no record with a whole certificate"),
        ("bo@unsigned.example", Known.NO, "its zone is not signed"),
        ("bo@expired.example", Known.UNKNOWN, "its signatures do not hold"),
        ("bo@mute.example", Known.UNKNOWN, "does not answer"),
    ],
)
def test_what_offers_nothing(dns: SignedDns, address: str, known: Known, reason: str) -> None:
    answer = ask(dns, address, 0.2 if "mute" in address else 30)
    assert answer.offers == ()
    assert answer.known is known
    assert reason in answer.reason
