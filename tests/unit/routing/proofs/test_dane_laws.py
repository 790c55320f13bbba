"""Laws of DANE's evidence over made-up worlds: it is never a yes that the truth does not allow.

The world stands behind :class:`~segl_routing.dns.mx.MailDns`'s own questions, so all that is ours runs; only the
network is not there.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import dns.name
import dns.rdata
import dns.rdatatype
from hypothesis import given
from hypothesis import strategies as st

from segl.vocabulary import Known
from segl_routing.dns.mx import MailDns
from segl_routing.dns.resolver import Answer, DnsUnsure, Missing, Security
from segl_routing.proofs.dane import MAX_HOSTS, Dane

DOMAIN = "kommune.example"
# TLSA as generic records (RFC 3597): 3 1 1 and 1 1 1 with a digest
GOOD, PKIX = f"\\# 35 030101{'ab' * 32}", f"\\# 35 010101{'ab' * 32}"


@dataclass(frozen=True)
class Entry:
    """One name and type: signed or not, there or not, or failing; and whether the resolver sets AD for it."""

    records: tuple[str, ...] = ()
    secure: bool = True
    fails: bool = False
    vouched: bool = True


@dataclass(frozen=True)
class Host:
    address: Entry
    tlsa: Entry

    @property
    def covered(self) -> bool:
        whole = self.address.secure and self.tlsa.secure and not self.tlsa.fails
        return whole and self.address.vouched and self.tlsa.vouched and GOOD in self.tlsa.records


@dataclass(frozen=True)
class World:
    mx: Entry
    hosts: dict[str, Host] = field(default_factory=dict)


class MadeUp(MailDns):
    """Answers from a world, as a resolver that may be asked for proofs would."""

    def __init__(self, world: World) -> None:
        super().__init__(["127.0.0.1"])
        self.world = world
        self.asked: list[tuple[str, dns.rdatatype.RdataType]] = []

    async def ask(self, name: str, kind: dns.rdatatype.RdataType, *, prove: bool) -> Answer:
        self.asked.append((name, kind))
        entry = self._entry(name, kind)
        if entry.fails:
            raise DnsUnsure("the domain's DNS does not answer", f"DNS {kind.name} {name}: made up")
        return Answer(
            name=dns.name.from_text(name),
            records=tuple(dns.rdata.from_text("IN", kind, text) for text in entry.records),
            missing=None if entry.records else Missing.DATA,
            security=Security.SECURE if entry.secure else Security.INSECURE,
            vouched=entry.secure and entry.vouched,
            ttl=60.0,
        )

    def _entry(self, name: str, kind: dns.rdatatype.RdataType) -> Entry:
        host = self.world.hosts.get(name.removeprefix("_25._tcp."))
        if name == DOMAIN and kind == dns.rdatatype.MX:
            return self.world.mx
        if host is not None and kind == dns.rdatatype.A:
            return host.address
        if host is not None and kind == dns.rdatatype.TLSA:
            return host.tlsa
        return Entry()


flags = st.booleans()
addresses = st.builds(Entry, st.sampled_from([("192.0.2.1",), ()]), flags, st.just(False) | flags, flags)
tlsas = st.builds(
    Entry, st.sampled_from([(), (GOOD,), (PKIX,), (PKIX, GOOD)]), flags, st.just(False) | flags, flags
)
good = st.just(Host(Entry(("192.0.2.1",)), Entry((GOOD,))))


@st.composite
def worlds(draw: st.DrawFn) -> World:
    hosts = draw(st.lists(good | good | st.builds(Host, addresses, tlsas), min_size=1, max_size=4))
    named = {f"mx{number}.{DOMAIN}": host for number, host in enumerate(hosts)}
    records = tuple(f"10 {name}." for name in named)
    mx = draw(st.just(Entry(records)) | st.builds(Entry, st.just(records), flags, flags, flags))
    return World(mx, named)


@given(worlds())
def test_a_yes_is_never_more_than_the_truth(world: World) -> None:
    made_up = MadeUp(world)
    found = asyncio.run(Dane(made_up).find(DOMAIN))
    evidence = found.evidence
    present = [host for host in world.hosts.values() if host.address.records or host.address.fails]
    allowed = (
        world.mx.secure
        and not world.mx.fails
        and world.mx.vouched
        and bool(present)
        and all(host.covered and not host.address.fails for host in present)
    )
    assert (evidence.known is Known.YES) is allowed
    assert (evidence.policy is not None) is allowed


@given(worlds())
def test_a_failure_where_signatures_are_due_is_a_doubt_that_bars(world: World) -> None:
    evidence = asyncio.run(Dane(MadeUp(world)).evidence(DOMAIN))
    failing = world.mx.fails or (
        world.mx.secure
        and any(
            host.address.fails or (host.address.secure and host.address.records and host.tlsa.fails)
            for host in world.hosts.values()
        )
    )
    assert (evidence.known is Known.UNKNOWN) is bool(failing)
    assert evidence.bars is bool(failing)


@given(worlds())
def test_tlsa_is_asked_for_only_where_the_way_to_it_is_signed(world: World) -> None:
    """RFC 7672 §2.1.3: name servers that choke on TLSA must hold nothing up."""
    made_up = MadeUp(world)
    asyncio.run(Dane(made_up).find(DOMAIN))
    for name, kind in made_up.asked:
        if kind == dns.rdatatype.TLSA:
            address = world.hosts[name.removeprefix("_25._tcp.")].address
            assert world.mx.secure
            assert address.secure
            assert address.records


@given(st.integers(1, 60))
def test_the_number_of_questions_is_bounded(count: int) -> None:
    hosts = {f"mx{n}.{DOMAIN}": Host(Entry(("192.0.2.1",)), Entry((GOOD,))) for n in range(count)}
    made_up = MadeUp(World(Entry(tuple(f"10 {name}." for name in hosts)), hosts))
    evidence = asyncio.run(Dane(made_up).evidence(DOMAIN))
    assert len(made_up.asked) <= 1 + 3 * MAX_HOSTS
    assert (evidence.known is Known.YES) is (count <= MAX_HOSTS)
