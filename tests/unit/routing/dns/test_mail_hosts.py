"""Where a domain takes its mail, asked of a real unbound. "Don't know" is never taken for a no."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import dns.exception
import dns.flags
import dns.message
import dns.query
import dns.rcode
import pytest

from segl.events import Events
from segl.vocabulary import Known, Proof
from segl_routing.dns import resolver
from segl_routing.dns.mx import DnsUnsure, MailDns
from segl_routing.dns.no_mail import NoMail
from segl_routing.proofs.dane import Dane
from segl_routing.proofs.facts import Checked
from segl_routing.proofs.hosts import HostProbes
from segl_routing.proofs.live import LiveCheck, promises_of
from segl_routing.proofs.probe import Greeting, trust
from world.dns import AAAA, CNAME, MX, NULL_MX, TXT, A, DnsServer, Fault, Zone
from world.lookups import hosts_of
from world.odd_name_server import odd_name_server
from world.outside import Outside
from world.ports import free_port
from world.signed import SignedDns

T = TypeVar("T")

ZONE: Zone = {
    "kommune.example": [MX(20, "backup.kommune.example"), MX(10, "MX.Kommune.example")],
    "mx.kommune.example": [A("127.0.0.20"), AAAA("::1")],
    "v6.kommune.example": [AAAA("::1")],
    "twice.example": [MX(10, "mx.kommune.example"), MX(20, "mx.kommune.example")],
    "implicit.example": [A("127.0.0.21")],
    "implicit6.example": [AAAA("::1")],
    "null.example": [NULL_MX],
    "nullandmore.example": [NULL_MX, MX(10, "mx.kommune.example")],
    "moreandnull.example": [MX(10, "mx.kommune.example"), MX(20, ".")],
    "web.example": [TXT("no mail here")],
    "alias.example": [CNAME("kommune.example")],
    "dangling.example": [CNAME("nowhere.example")],
    "circle.example": [CNAME("elcric.example")],
    "elcric.example": [CNAME("circle.example")],
    "oddhost.example": [MX(10, "not\\032a\\032host.example"), MX(20, "mx.kommune.example")],
    "onlyodd.example": [MX(10, "not\\032a\\032host.example")],
    "many.example": [MX(10, f"mx{number}.many.example") for number in range(1000)],
    "ill.example": Fault.SERVFAIL,
    "mute.example": Fault.SILENT,
}


@pytest.fixture(scope="module")
def server(outside: Outside) -> DnsServer:
    return outside.dns(ZONE)


def ask(work: Callable[[MailDns], Awaitable[T]], server: DnsServer | str, seconds: float = 2) -> T:
    nameserver = server if isinstance(server, str) else server.nameserver

    async def run() -> T:
        return await work(MailDns([nameserver], query_seconds=seconds))

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("domain", "hosts"),
    [
        ("kommune.example", ("mx.kommune.example", "backup.kommune.example")),  # best first, lower case
        ("twice.example", ("mx.kommune.example",)),
        ("implicit.example", ("implicit.example",)),  # RFC 5321 §5.1: no MX, but an address
        ("implicit6.example", ("implicit6.example",)),
        ("alias.example", ("mx.kommune.example", "backup.kommune.example")),
        ("oddhost.example", ("mx.kommune.example",)),
        ("null.example", NoMail.NULL_MX),
        # against RFC 7505 §3; Postfix gives mail to either back
        ("nullandmore.example", NoMail.NULL_MX),
        ("moreandnull.example", NoMail.NULL_MX),
        ("web.example", NoMail.NO_HOST),
        ("onlyodd.example", NoMail.NO_HOST),
        ("nowhere.example", NoMail.NO_SUCH_DOMAIN),
        ("192.0.2.1", NoMail.NO_SUCH_DOMAIN),
        ("dangling.example", NoMail.NO_SUCH_DOMAIN),
        ("sub.implicit.example", NoMail.NO_SUCH_DOMAIN),
    ],
)
def test_mail_hosts(server: DnsServer, domain: str, hosts: tuple[str, ...] | NoMail) -> None:
    assert ask(lambda dns: hosts_of(dns, domain), server) == hosts


@pytest.mark.parametrize("domain", ["ill.example", "mute.example", "circle.example", "below.ill.example"])
def test_no_answer_is_no_no(server: DnsServer, domain: str) -> None:
    with pytest.raises(DnsUnsure) as caught:
        ask(lambda dns: hosts_of(dns, domain), server, 0.2 if domain == "mute.example" else 2)
    assert domain in caught.value.private
    assert domain not in caught.value.public


def test_a_name_server_that_is_not_there() -> None:
    with pytest.raises(DnsUnsure):
        ask(lambda dns: hosts_of(dns, "kommune.example"), f"127.0.0.1:{free_port()}", 0.1)


def test_a_thousand_mail_hosts_come_over_tcp(server: DnsServer) -> None:
    hosts = ask(lambda dns: hosts_of(dns, "many.example"), server)
    assert isinstance(hosts, tuple)
    assert len(hosts) == 1000


@pytest.mark.parametrize(
    ("host", "addresses"),
    [
        ("mx.kommune.example", ("127.0.0.20", "::1")),
        ("v6.kommune.example", ("::1",)),
        ("kommune.example", ()),
        ("nowhere.example", ()),
    ],
)
def test_addresses(server: DnsServer, host: str, addresses: tuple[str, ...]) -> None:
    assert ask(lambda dns: dns.addresses(host), server) == addresses


def test_addresses_that_cannot_be_found_out(server: DnsServer) -> None:
    with pytest.raises(DnsUnsure):
        ask(lambda dns: dns.addresses("ill.example"), server)


def reply(query: bytes, rcode: dns.rcode.Rcode, *records: str) -> bytes:
    question = dns.message.from_wire(query)
    answer = dns.message.make_response(question, recursion_available=True)
    answer.set_rcode(rcode)
    if records:
        answer.answer.append(dns.rrset.from_text(question.question[0].name, 60, "IN", *records))
    return answer.to_wire()


def kind(query: bytes) -> str:
    return dns.rdatatype.to_text(dns.message.from_wire(query).question[0].rdtype)


@pytest.mark.parametrize(
    "answer",
    [
        lambda query: [b"garbage"],
        lambda query: [query[:12]],
        lambda query: [b"\x00\x00" + reply(query, dns.rcode.NXDOMAIN)[2:]],  # another query's number
        lambda query: [reply(query, dns.rcode.REFUSED)],
        lambda query: [reply(query, dns.rcode.SERVFAIL)],
        lambda query: [],
        lambda query: [b"\xff" * 65000],
    ],
)
def test_a_hostile_name_server_makes_nothing_certain(answer: Callable[[bytes], list[bytes]]) -> None:
    with odd_name_server(answer) as server, pytest.raises(DnsUnsure):
        ask(lambda dns: hosts_of(dns, "kommune.example"), server, 0.1)


def test_a_query_ends_though_the_library_keeps_its_end_to_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """As ``asyncio.wait_for``, by which dnspython waits, did before Python 3.12 when both ended at the same moment."""
    tried = 0

    async def deaf(*_query: object) -> dns.message.QueryMessage:
        nonlocal tried
        tried += 1
        assert tried < 20, "it is asked for ever"
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(0.2)
        raise dns.exception.Timeout

    monkeypatch.setattr(resolver, "_one", deaf)
    with pytest.raises(DnsUnsure):
        ask(lambda dns: hosts_of(dns, "kommune.example"), "127.0.0.1", 0.1)


def test_every_query_asks_for_signatures_and_for_the_resolvers_judgement() -> None:
    """DO (RFC 3225) and AD (RFC 6840 §5.7), in a size that needs no fragments."""
    seen: list[dns.message.Message] = []

    def answer(query: bytes) -> list[bytes]:
        seen.append(dns.message.from_wire(query))
        return [reply(query, dns.rcode.NOERROR, "MX", "10 mx.kommune.example.")]

    with odd_name_server(answer) as server:
        ask(lambda dns: hosts_of(dns, "kommune.example"), server)
    [query] = seen
    assert query.ednsflags & dns.flags.DO
    assert query.flags & dns.flags.AD
    assert query.payload == 1232


@pytest.mark.parametrize(("trusted", "secure"), [(True, True), (False, False)])
def test_the_ad_bit_counts_where_nobody_can_sit_in_between(trusted: bool, secure: bool) -> None:
    def answer(query: bytes) -> list[bytes]:
        made = dns.message.from_wire(reply(query, dns.rcode.NOERROR, "MX", "10 mx.kommune.example."))
        made.flags |= dns.flags.AD
        return [made.to_wire()]

    with odd_name_server(answer) as server:
        mail_dns = MailDns([server], query_seconds=2, trust_loopback=trusted)
        hosts = asyncio.run(mail_dns.exchangers("kommune.example"))
    assert hosts.hosts == ("mx.kommune.example",)
    assert hosts.secure is secure


def test_records_of_another_type_are_no_answer() -> None:
    def answer(query: bytes) -> list[bytes]:
        if kind(query) == "A":
            return [reply(query, dns.rcode.NOERROR)]
        return [reply(query, dns.rcode.NOERROR, "A", "127.0.0.9")]

    with odd_name_server(answer) as server:
        assert ask(lambda dns: hosts_of(dns, "kommune.example"), server) is NoMail.NO_HOST


def test_a_guess_that_comes_first_does_not_end_the_wait() -> None:
    """Somebody off the path can send answers too, but does not know the query's number."""

    def answer(query: bytes) -> list[bytes]:
        true = reply(query, dns.rcode.NOERROR, "MX", "10 mx.kommune.example.")
        return [b"\x00\x00" + reply(query, dns.rcode.NXDOMAIN)[2:], b"garbage", true]

    with odd_name_server(answer) as server:
        assert ask(lambda dns: hosts_of(dns, "kommune.example"), server) == ("mx.kommune.example",)


def test_a_name_denied_for_mx_alone_still_exists() -> None:
    """Some load balancers say NXDOMAIN to every type they do not know."""

    def answer(query: bytes) -> list[bytes]:
        if kind(query) == "A":
            return [reply(query, dns.rcode.NOERROR, "A", "127.0.0.9")]
        return [reply(query, dns.rcode.NXDOMAIN)]

    with odd_name_server(answer) as server:
        assert ask(lambda dns: hosts_of(dns, "kommune.example"), server) == ("kommune.example",)


@pytest.mark.parametrize(("broken", "expected"), [("AAAA", ("kommune.example",)), ("A", None)])
def test_one_address_family_is_enough_and_a_doubt_is_a_doubt(
    broken: str, expected: tuple[str, ...] | None
) -> None:
    """A is there and AAAA broken: fine. AAAA empty and A broken: nobody knows."""

    def answer(query: bytes) -> list[bytes]:
        asked = kind(query)
        if asked == broken:
            return [reply(query, dns.rcode.SERVFAIL)]
        if asked == "A":
            return [reply(query, dns.rcode.NOERROR, "A", "127.0.0.9")]
        return [reply(query, dns.rcode.NOERROR)]

    with odd_name_server(answer) as server:
        if expected is None:
            with pytest.raises(DnsUnsure):
                ask(lambda dns: hosts_of(dns, "kommune.example"), server)
        else:
            assert ask(lambda dns: hosts_of(dns, "kommune.example"), server) == expected


def test_resolv_conf_is_read_again_when_it_has_changed(server: DnsServer, tmp_path: Path) -> None:
    """A resolver that moved, or is named only after we started, needs no restart."""
    resolv = tmp_path / "resolv.conf"

    async def run() -> tuple[str, ...]:
        mail_dns = MailDns(resolv_conf=resolv, query_seconds=1.0)
        with pytest.raises(DnsUnsure):
            await hosts_of(mail_dns, "kommune.example")
        resolv.write_text("nameserver 127.0.0.1\n")
        assert mail_dns.resolver.servers() == (("127.0.0.1", 53),)
        resolv.write_text("nameserver 127.0.0.2\n")
        return tuple(address for address, _ in mail_dns.resolver.servers())

    assert asyncio.run(run()) == ("127.0.0.2",)


def test_what_proofs_and_probes_want_to_know_at_once_is_asked_once(
    validating: SignedDns, outside: Outside
) -> None:
    """RFC 5452 §5: equal questions under way at once make a forger's guess easier, too."""
    asked: list[str] = []

    def relayed(query: bytes) -> list[bytes]:
        question = dns.message.from_wire(query)
        asked.append(f"{kind(query)} {question.question[0].name}")
        time.sleep(0.03)
        return [dns.query.udp(question, validating.address, port=validating.port, timeout=30).to_wire()]

    async def run(nameserver: str) -> Checked:
        mail_dns = MailDns([nameserver])
        hosts = HostProbes(
            mail_dns,
            trust(outside.ca.file),
            port=outside.port,
            greeting=Greeting("nordby-vand.example"),
            seconds=2.0,
            events=Events("test"),
        )
        return await LiveCheck(mail_dns, hosts, promises_of(Dane(mail_dns)))("covered.example")

    with odd_name_server(relayed) as server:
        checked = asyncio.run(run(server))
    assert [one.known for one in checked.evidence if one.proof is Proof.DANE] == [Known.YES]
    each = [f"{what}{host}.covered.example." for host in ("mx", "mx2") for what in _OF_A_HOST]
    assert sorted(asked) == sorted(["MX covered.example.", *each])


_OF_A_HOST = ("A ", "AAAA ", "TLSA _25._tcp.")


def test_who_gives_up_takes_nobodys_answer_away() -> None:
    async def run(nameserver: str) -> tuple[str, ...] | NoMail:
        mail_dns = MailDns([nameserver])
        first = asyncio.create_task(hosts_of(mail_dns, "kommune.example"))
        second = asyncio.create_task(hosts_of(mail_dns, "kommune.example"))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        first.cancel()
        return await second

    def answer(query: bytes) -> list[bytes]:
        time.sleep(0.05)
        return [reply(query, dns.rcode.NOERROR, "MX", "10 mx.kommune.example.")]

    with odd_name_server(answer) as server:
        assert asyncio.run(run(server)) == ("mx.kommune.example",)
