"""Promises held against what mail hosts show: DANE and MTA-STS with real probes of real servers."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Sequence

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from segl.vocabulary import Known, Proof
from segl_routing.dns.mx import MailDns
from segl_routing.proofs.defects import Defect, Repair
from segl_routing.proofs.evidence import Evidence
from segl_routing.proofs.facts import Checked
from segl_routing.proofs.hosts import HostResult
from segl_routing.proofs.joined import sts_with_probes
from segl_routing.proofs.live import DanePromise, LiveCheck
from segl_routing.proofs.probe import Probed, ProbeResult
from segl_routing.proofs.providers import Provider, Providers, shipped
from segl_routing.proofs.tls_policy import DANE_ONLY, VERIFY, Level
from segl_routing.proofs.tlsa import Matching, Selector, Tlsa, Usage, matches
from world.ca import Certificate
from world.dns import MX, DnsServer
from world.lookups import says
from world.outside import Outside, host
from world.peers import ScriptedPeer, SmtpPeer, silent
from world.peers import says as replies

Y, N, U = Known.YES, Known.NO, Known.UNKNOWN
PROVIDERS = Providers([Provider("Hosting house", ("*.house.example",), (".house.example",))])


@pytest.fixture(scope="module")
def own(outside: Outside) -> Certificate:
    return outside.ca.issue(["mx.selv.example"], self_signed=True)


@pytest.fixture(scope="module")
def selfish(outside: Outside, own: Certificate) -> SmtpPeer:
    return outside.peer(own.server_context())


@pytest.fixture(scope="module")
def house(outside: Outside) -> SmtpPeer:
    return outside.good("*.house.example")


@pytest.fixture(scope="module")
def dns(outside: Outside, selfish: SmtpPeer, house: SmtpPeer) -> DnsServer:
    mute: ScriptedPeer = outside.scripted(silent)
    shut: ScriptedPeer = outside.scripted(replies("554 go away"))
    return outside.dns(
        {
            "selv.example": [MX(10, "mx.selv.example")],
            "mx.selv.example": host(selfish),
            "both.example": [MX(10, "mx.selv.example"), MX(20, "mx.god.example")],
            "mx.god.example": host(outside.good("mx.god.example")),
            "god.example": [MX(10, "mx.god.example")],
            "bare.example": host(outside.peer()),
            "mute.example": host(mute),
            "shut.example": host(shut),
            "backup.example": [MX(10, "mx.god.example"), MX(20, "mute.example")],
            "backupbare.example": [MX(10, "mx.god.example"), MX(20, "bare.example")],
            **{f"kunde{n}.example": [MX(10, f"kunde{n}.house.example")] for n in range(9)},
            **{f"kunde{n}.house.example": host(house) for n in range(9)},
            "gone.example": [MX(10, "gone.house.example")],
            "mixed.example": [MX(10, "kunde1.house.example"), MX(20, "mx.god.example")],
        }
    )


def check(
    outside: Outside,
    dns: DnsServer,
    *domains: str,
    dane: dict[str, Callable[[Sequence[bytes]], bool]] | None = None,
    half: bool = False,
    sts: Evidence | None = None,
    seconds: float = 5,
    providers: Providers = PROVIDERS,
) -> list[dict[Proof, Evidence]]:
    """Check *domains*; *dane* has the hosts with TLSA records, and what these say of a chain. A host has *seconds*."""

    async def promise(_domain: str) -> DanePromise:
        return DanePromise(says(Proof.DANE, N if half or not dane else Y, "records"), dane or {})

    async def policy(_domain: str, _hosts: Sequence[str]) -> Evidence:
        assert sts is not None
        return sts

    async def run() -> list[Checked]:
        hosts = outside.hosts(dns, seconds, providers)
        mail = MailDns([dns.nameserver], query_seconds=15)
        checker = LiveCheck(mail, hosts, promise if dane else None, policy if sts else None, providers)
        return list(await asyncio.gather(*map(checker, domains)))

    return [{one.proof: one for one in checked.evidence} for checked in asyncio.run(run())]


def shows(certificate: Certificate) -> Callable[[Sequence[bytes]], bool]:
    """TLSA 3 1 1 for *certificate*, compared as Segl compares it."""
    key = x509.load_pem_x509_certificate(certificate.cert.read_bytes()).public_key()
    der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    record = Tlsa(Usage.DANE_EE, Selector.PUBLIC_KEY, Matching.SHA256, hashlib.sha256(der).digest())
    return lambda chain: matches(record, chain)


def never(_chain: Sequence[bytes]) -> bool:
    return False


# DANE


def test_a_self_signed_certificate_that_dns_names_is_proven(
    outside: Outside, dns: DnsServer, own: Certificate, selfish: SmtpPeer
) -> None:
    selfish.forget()
    [found] = check(outside, dns, "selv.example", dane={"mx.selv.example": shows(own)})
    assert (found[Proof.DANE].known, found[Proof.DANE].policy) == (Y, DANE_ONLY)
    assert (found[Proof.PKIX].known, found[Proof.ENCRYPT].known) == (N, Y)
    assert selfish.connections == 2, "a second talk shows the certificate that the first would not take"
    assert b"MAIL" not in selfish.clear.upper()


def test_a_certificate_that_dns_does_not_name_fails_the_promise(outside: Outside, dns: DnsServer) -> None:
    """Not a message that waits for days: nothing by TLS, and the reason names the host."""
    for domain, mx in (("selv.example", "mx.selv.example"), ("god.example", "mx.god.example")):
        [found] = check(outside, dns, domain, dane={mx: never})
        dane = found[Proof.DANE]
        assert (dane.known, dane.bars, dane.policy) == (N, True, None)
        assert dane.reason == f"mail host {mx} shows a certificate that its TLSA records do not name"
        assert dane.defect == Defect(Repair.TLSA_MISMATCH, mx)


def test_a_host_that_promises_tls_and_offers_none_fails_the_promise(outside: Outside, dns: DnsServer) -> None:
    [found] = check(outside, dns, "bare.example", dane={"bare.example": never})
    assert (found[Proof.DANE].known, found[Proof.DANE].bars) == (N, True)
    assert found[Proof.DANE].reason.startswith("mail host bare.example does not offer STARTTLS")
    assert found[Proof.DANE].defect == Defect(Repair.NO_STARTTLS, "bare.example")


@pytest.mark.parametrize("domain", ["mute.example", "shut.example"])
def test_a_host_that_cannot_be_seen_takes_nothing_away(outside: Outside, dns: DnsServer, domain: str) -> None:
    """Postfix compares the certificate itself; here the promise stands."""
    [found] = check(
        outside, dns, domain, dane={domain: never}, seconds=0.2 if domain == "mute.example" else 5
    )
    assert found[Proof.DANE].known is Y


def test_half_dane_must_be_kept_by_the_hosts_that_promise(
    outside: Outside, dns: DnsServer, own: Certificate
) -> None:
    kept = check(outside, dns, "both.example", dane={"mx.selv.example": shows(own)}, half=True)[0]
    assert (kept[Proof.DANE].known, kept[Proof.DANE].bars) == (N, False)
    broken = check(outside, dns, "both.example", dane={"mx.god.example": never}, half=True)[0]
    assert (broken[Proof.DANE].known, broken[Proof.DANE].bars) == (N, True)
    unseen = check(outside, dns, "backup.example", dane={"mute.example": never}, half=True, seconds=0.2)[0]
    assert (unseen[Proof.DANE].known, unseen[Proof.DANE].bars) == (U, True)


# MTA-STS


def result(name: str, probe: ProbeResult) -> HostResult:
    return HostResult(name, Probed(probe), of=name)


GOOD = result("mx.sts.example", ProbeResult.VERIFIED)
BARE = result("mx.sts.example", ProbeResult.NO_STARTTLS)
MUTE = result("a.sts.example", ProbeResult.TIMED_OUT)
OTHER = result("mx.other.example", ProbeResult.NO_STARTTLS)


@pytest.mark.parametrize(
    ("hosts", "known", "bars"),
    [
        ([GOOD], Y, False),
        ([GOOD, MUTE], Y, False),  # Postfix takes the other one
        ([GOOD, OTHER], Y, False),  # not on the list: Postfix passes over it
        ([BARE], N, True),
        ([BARE, MUTE], N, True),
        ([MUTE], U, True),
        ([MUTE, OTHER], U, True),
    ],
)
def test_a_policy_needs_hosts_that_keep_it(hosts: list[HostResult], known: Known, bars: bool) -> None:
    found = sts_with_probes(says(Proof.MTA_STS, Y), hosts)
    assert (found.known, found.bars) == (known, bars)
    assert (found.policy is not None) is (known is Y)


@pytest.mark.parametrize("known", [N, U])
def test_without_a_policy_nothing_is_added(known: Known) -> None:
    evidence = says(Proof.MTA_STS, known)
    assert sts_with_probes(evidence, [BARE]) is evidence


def test_all_that_is_found_out_comes_together(outside: Outside, dns: DnsServer) -> None:
    [found] = check(
        outside,
        dns,
        "backupbare.example",
        dane={"mx.god.example": lambda _: True},
        sts=says(Proof.MTA_STS, N),
    )
    assert [(proof, one.known) for proof, one in found.items()] == [
        (Proof.DANE, Y),
        (Proof.MTA_STS, N),
        (Proof.PKIX, N),
        (Proof.ENCRYPT, N),
    ]


# providers


def test_hosts_of_one_provider_share_a_probe(outside: Outside, dns: DnsServer, house: SmtpPeer) -> None:
    house.forget()
    found = check(outside, dns, *(f"kunde{n}.example" for n in range(9)), "gone.example")
    assert house.connections == 1
    for one in found[:-1]:
        policy = one[Proof.PKIX].policy
        assert policy is not None
        assert (policy.level, policy.match) == (Level.SECURE, (".house.example",))
    assert found[-1] == {}, "a host that does not exist is not there because others are"


@pytest.mark.parametrize("domain", ["mixed.example", "god.example"])
def test_only_hosts_of_one_provider_alone_are_matched_by_its_names(
    outside: Outside, dns: DnsServer, domain: str
) -> None:
    [found] = check(outside, dns, domain)
    assert found[Proof.PKIX].policy == VERIFY


def test_names_that_the_certificate_does_not_carry_are_not_demanded_of_it(
    outside: Outside, dns: DnsServer
) -> None:
    """A provider that has renamed its hosts costs its customers no mail."""
    renamed = Providers([Provider("Hosting house", ("*.house.example",), (".before.example",))])
    [found] = check(outside, dns, "kunde1.example", providers=renamed)
    assert found[Proof.PKIX].policy == VERIFY


@pytest.mark.parametrize(
    ("names", "vouched"),
    [
        (["*.house.example"], True),
        (["other.example", "MX.House.Example"], True),
        (["*.a.house.example"], True),
        (["house.example"], False),  # ".house.example" stands for what is below it
        (["*.example", "myhouse.example", "house.example.net"], False),
        ([], False),
    ],
)
def test_a_pattern_is_used_only_where_the_certificate_carries_it(names: list[str], vouched: bool) -> None:
    provider = PROVIDERS.of_all(["mx.house.example"])
    assert provider is not None
    assert provider.vouched_by(names) is vouched


def test_the_shipped_table() -> None:
    providers = shipped()
    for mx, name in {
        "firma-dk.mail.protection.outlook.com": "Microsoft 365",
        "firma-dk.o-v1.mx.microsoft": "Microsoft 365",
        "outlook-com.olc.protection.outlook.com": "Outlook.com",
        "aspmx.l.google.com": "Google",
        "aspmx2.googlemail.com": "Google",
        "eu-smtp-inbound-1.mimecast.com": "Mimecast",
        "mx1.one.com": "one.com",
    }.items():
        found = providers.pattern(mx)
        assert found is not None
        assert found[1].name == name
        assert found[1].policy.level is Level.SECURE
    assert providers.pattern("evil-google.com") is None
    assert providers.pattern("google.com.evil.example") is None
    assert providers.of_all(["aspmx.l.google.com", "aspmx2.googlemail.com"]) is not None
    assert providers.of_all(["aspmx.l.google.com", "mx.other.example"]) is None
    assert providers.of_all([]) is None
