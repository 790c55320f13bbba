"""The live check of a domain: every mail host must verify; one that cannot be asked leaves a doubt."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from segl.vocabulary import Known, Proof
from segl_routing.dns.mx import MailDns
from segl_routing.dns.no_mail import NoMail
from segl_routing.proofs import hosts as hosts_module
from segl_routing.proofs import live, pace
from segl_routing.proofs.evidence import Evidence
from segl_routing.proofs.facts import Checked
from segl_routing.proofs.live import DanePromise, LiveCheck
from segl_routing.proofs.probe import Greeting
from segl_routing.proofs.tls_policy import DANE_ONLY, StsTold, sts_secure
from world.dns import MX, NULL_MX, TXT, A, DnsServer, Fault
from world.outside import Outside, host
from world.peers import SmtpPeer, says, silent


@pytest.fixture(scope="module")
def good(outside: Outside) -> SmtpPeer:
    return outside.good("mx.kommune.example")


@pytest.fixture(scope="module")
def dns(outside: Outside, good: SmtpPeer) -> DnsServer:
    bare, mute, busy = outside.peer(), outside.scripted(silent), outside.scripted(says("421 busy"))
    offer = "250-mail.nordby-vand.example\r\n250 STARTTLS"
    front = outside.scripted(says("220 hello", offer, "221 bye", wait=False))
    selfish = outside.peer(outside.ca.issue(["mx.selv.example"], self_signed=True).server_context())
    return outside.dns(
        {
            "mx.kommune.example": host(good),
            "kommune.example": [MX(10, "mx.kommune.example")],
            "skole.example": [MX(10, "mx.kommune.example")],  # the same host serves many domains
            "bare.example": host(bare),
            "mute.example": host(mute),
            "busy.example": host(busy),
            "mx.selv.example": host(selfish),
            "both.example": [MX(10, "mx.kommune.example"), MX(20, "mx2.kommune.example")],
            "mx2.kommune.example": host(outside.good("mx2.kommune.example")),
            "backupbare.example": [MX(10, "mx.kommune.example"), MX(99, "bare.example")],
            "backupmute.example": [MX(10, "mx.kommune.example"), MX(99, "mute.example")],
            "nomatter.example": [MX(10, "busy.example"), MX(20, "bare.example")],
            "backupgone.example": [MX(10, "mx.kommune.example"), MX(99, "gone.kommune.example")],
            "backupill.example": [MX(10, "mx.kommune.example"), MX(99, "mx.ill.example")],
            "lists.nordby-vand.example": [MX(10, "mail.nordby-vand.example")],
            "mail.nordby-vand.example": host(front),
            "backup.example": [MX(10, "mx.kommune.example"), MX(20, "mail.nordby-vand.example")],
            "primary.example": [MX(10, "mail.nordby-vand.example"), MX(20, "mx.kommune.example")],
            "beside.example": [MX(10, "mail.nordby-vand.example"), MX(10, "mx.kommune.example")],
            "within.example": [MX(10, "m0.farm.example"), MX(20, "mx.kommune.example")],
            "backupdown.example": [MX(10, "mute.example"), MX(20, "mail.nordby-vand.example")],
            "selv.example": [MX(10, "mx.selv.example")],
            "onlygone.example": [MX(10, "gone.kommune.example")],
            "number.example": [MX(10, good.address)],
            "null.example": [NULL_MX],
            "web.example": [TXT("no mail")],
            "ill.example": Fault.SERVFAIL,
            "twenty.example": [MX(10, f"m{n}.farm.example") for n in range(live.MAX_HOSTS)],
            "toomany.example": [MX(10, f"m{n}.farm.example") for n in range(live.MAX_HOSTS + 1)],
            **{f"m{n}.farm.example": [A("127.0.0.99")] for n in range(live.MAX_HOSTS + 1)},
        }
    )


def check(outside: Outside, dns: DnsServer, *domains: str, seconds: float = 5) -> list[Checked]:
    """Check *domains* at the same time, each host for so many *seconds*."""

    async def run() -> list[Checked]:
        checker = LiveCheck(MailDns([dns.nameserver], query_seconds=15), outside.hosts(dns, seconds))
        return list(await asyncio.gather(*map(checker, domains)))

    return asyncio.run(run())


def by_certificate(checked: Checked) -> Evidence:
    [found] = [evidence for evidence in checked.evidence if evidence.proof is Proof.PKIX]
    return found


@pytest.mark.parametrize(
    ("domain", "tls", "reason"),
    [
        ("kommune.example", Known.YES, "mail host mx.kommune.example offers STARTTLS"),
        ("both.example", Known.YES, "all 2 mail hosts offer STARTTLS"),
        ("backupgone.example", Known.YES, "mail host mx.kommune.example offers STARTTLS"),
        ("bare.example", Known.NO, "mail host bare.example does not offer STARTTLS"),  # implicit MX
        ("selv.example", Known.NO, "mail host mx.selv.example has a self-signed certificate"),
        ("backupbare.example", Known.NO, "mail host bare.example does not offer STARTTLS"),
        ("nomatter.example", Known.NO, "mail host bare.example does not offer STARTTLS"),
        ("backup.example", Known.YES, "mail host mx.kommune.example offers STARTTLS"),  # ours waits for it
        ("backupdown.example", Known.UNKNOWN, "mail host mute.example did not answer in time"),
        ("toomany.example", Known.NO, "has 21 mail hosts"),
        ("mute.example", Known.UNKNOWN, "mail host mute.example did not answer in time"),
        ("busy.example", Known.UNKNOWN, "mail host busy.example has no time now"),
        (
            "backupmute.example",  # nobody answers there: Postfix passes over it too
            Known.YES,
            "mail host mx.kommune.example offers STARTTLS with a certificate that verifies; "
            "mail host mute.example did not answer in time",
        ),
        ("backupill.example", Known.UNKNOWN, "DNS A mx.ill.example: the name servers answer with an error"),
        ("ill.example", Known.UNKNOWN, "DNS MX ill.example: the name servers answer with an error"),
        ("twenty.example", Known.UNKNOWN, "mail host m0.farm.example cannot be reached"),
    ],
)
def test_proof(outside: Outside, dns: DnsServer, domain: str, tls: Known, reason: str) -> None:
    seconds = 5.0
    if "did not answer in time" in reason:
        seconds = 0.2 if tls is Known.UNKNOWN else 0.5  # in which another has to answer
    [checked] = check(outside, dns, domain, seconds=seconds)
    assert (by_certificate(checked).known, checked.no_mail) == (tls, None)
    assert by_certificate(checked).reason.startswith(reason)


@pytest.mark.parametrize(
    "domain",
    ["lists.nordby-vand.example", "mail.nordby-vand.example", "primary.example", "beside.example"],
)
def test_nothing_proves_tls_to_ourselves(outside: Outside, dns: DnsServer, domain: str) -> None:
    """What this host takes would come back to it over the Internet, again and again, also by one that keeps it for us
    while we are away; or Postfix, which finds itself the best, lets it wait."""

    async def signed(_domain: str) -> DanePromise:
        return DanePromise(Evidence(Proof.DANE, Known.YES, "signed", policy=DANE_ONLY))

    async def enforced(_domain: str, hosts: Sequence[str]) -> Evidence:
        policy = sts_secure(StsTold(domain, tuple(hosts)))
        return Evidence(Proof.MTA_STS, Known.YES, "enforced", policy=policy)

    async def run() -> Checked:
        mail_dns = MailDns([dns.nameserver], query_seconds=15)
        return await LiveCheck(mail_dns, outside.hosts(dns), signed, enforced)(domain)

    checked = asyncio.run(run())
    assert {(one.proof, one.known, one.bars) for one in checked.evidence} == {
        (proof, Known.NO, False) for proof in (Proof.DANE, Proof.MTA_STS, Proof.PKIX, Proof.ENCRYPT)
    }
    assert by_certificate(checked).reason == (
        "mail host mail.nordby-vand.example is this host itself; what it takes is no mail for outside"
    )


@pytest.mark.parametrize(("ours", "known"), [("M0.farm.example", Known.NO), ("m1.farm.example", Known.YES)])
def test_a_host_of_our_name_that_nobody_answers_at_is_this_host(
    outside: Outside, dns: DnsServer, ours: str, known: Known
) -> None:
    """A network may not let its own hosts in by their address outside."""

    async def run() -> Checked:
        checker = LiveCheck(MailDns([dns.nameserver], query_seconds=15), outside.hosts(dns))
        checker.greet(Greeting("nordby-vand.example", ours))
        return await checker("within.example")

    found = by_certificate(asyncio.run(run()))
    assert found.known is known
    assert ("mail host m0.farm.example is this host itself" in found.reason) is (known is Known.NO)


@pytest.mark.parametrize(
    ("domain", "no_mail"),
    [
        ("null.example", NoMail.NULL_MX),
        ("nowhere.example", NoMail.NO_SUCH_DOMAIN),
        ("web.example", NoMail.NO_HOST),
        ("onlygone.example", NoMail.NO_HOST),
    ],
)
def test_no_mail(outside: Outside, dns: DnsServer, domain: str, no_mail: NoMail) -> None:
    [checked] = check(outside, dns, domain)
    assert checked.no_mail is no_mail
    assert checked.evidence == ()


def test_an_address_in_place_of_a_hosts_name_is_a_host_whose_certificate_does_not_fit(
    outside: Outside, dns: DnsServer
) -> None:
    """Postfix takes it, and so plain mail arrives: the copy must not come back, but take the next way."""
    [checked] = check(outside, dns, "number.example")
    assert checked.no_mail is None
    assert {one.proof: one.known for one in checked.evidence} == {
        Proof.PKIX: Known.NO,
        Proof.ENCRYPT: Known.YES,
    }


def test_a_host_of_many_domains_is_probed_once(outside: Outside, dns: DnsServer, good: SmtpPeer) -> None:
    good.forget()
    both = check(outside, dns, "kommune.example", "skole.example", "both.example", "backupgone.example")
    assert [by_certificate(checked).known for checked in both] == [Known.YES] * 4
    assert good.connections == 1


def test_what_was_found_serves_for_five_minutes(outside: Outside, dns: DnsServer, good: SmtpPeer) -> None:
    now = [1000.0]

    async def run() -> list[int]:
        hosts = outside.hosts(dns)
        hosts._clock = lambda: now[0]
        good.forget()
        counted = []
        for now[0] in (1000.0, 1299.0, 1301.0):
            await hosts.result("mx.kommune.example", "kommune.example")
            counted.append(good.connections)
        return counted

    assert asyncio.run(run()) == [1, 1, 2]


def test_the_certificates_of_many_hosts_are_bounded(
    outside: Outside, dns: DnsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stranger with many hosts, each with a chain of a hundred kilobytes."""

    async def run(most: int) -> tuple[int, int]:
        monkeypatch.setattr(hosts_module, "MAX_BYTES_KEPT", most)
        hosts = outside.hosts(dns)
        for name in ("mx.kommune.example", "mx2.kommune.example", "mx.kommune.example"):
            assert (await hosts.result(name, "kommune.example")).known is Known.YES
        return len(hosts._kept), hosts._bytes_kept

    kept, size = asyncio.run(run(10**6))
    assert kept == 2
    assert asyncio.run(run(size)) == (2, size)
    fewer, smaller = asyncio.run(run(size - 1))
    assert fewer == 1
    assert smaller < size
    assert asyncio.run(run(1)) == (0, 0)


@pytest.mark.slow
def test_no_more_than_three_talks_at_one_address(outside: Outside) -> None:
    """Hosts with many names on one machine (a hosting house) are asked a few at a time."""
    at_once, most = [0], [0]

    async def counting(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        at_once[0] += 1
        most[0] = max(most[0], at_once[0])
        await asyncio.sleep(0.05)
        at_once[0] -= 1
        writer.write(b"554 no\r\n")

    house = outside.scripted(counting)
    names = [f"mx.customer{n}.example" for n in range(12)]
    dns = outside.dns({name: host(house) for name in names})

    async def run() -> list[Known]:
        hosts = outside.hosts(dns)
        return [result.known for result in await asyncio.gather(*(hosts.result(n, n) for n in names))]

    assert asyncio.run(run()) == [Known.NO] * 12
    assert most[0] == pace.MAX_PER_ADDRESS


def test_a_host_that_counted_as_another_is_asked_again_once_our_own_name_is_known(
    outside: Outside, dns: DnsServer
) -> None:
    """A Postfix that is slow at the start does not say what it is called."""

    async def run() -> list[bool]:
        hosts = outside.hosts(dns)
        checker, ours = LiveCheck(MailDns([dns.nameserver], query_seconds=15), hosts), hosts._greeting
        found = []
        for greeting in (Greeting(ours.name, ""), ours):
            checker.greet(greeting)
            found.append(
                (await hosts.result("mail.nordby-vand.example", "lists.nordby-vand.example")).ourselves
            )
        return found

    assert asyncio.run(run()) == [False, True]
