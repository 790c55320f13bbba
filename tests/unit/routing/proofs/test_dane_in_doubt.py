"""DNS that cannot be believed, for MX, addresses and TLSA each: mail to hosts whose certificate would verify neither
goes by that nor comes back. Real signed zones, a real mail server, and all that segl-map makes of them."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.rdatatype
import pytest

from segl.settings.document import Settings
from segl.settings.file import parse_settings
from segl.vocabulary import Known, Proof, Way
from segl_routing.dns.mx import MailDns
from segl_routing.dns.no_mail import NoMail
from segl_routing.lookups import Lookups
from segl_routing.outcome import Outcome, Routed, Undecided
from segl_routing.proofs.dane import Dane
from segl_routing.proofs.facts import Checked, DomainFacts, judge
from segl_routing.proofs.live import LiveCheck, promises_of
from segl_routing.routes import RouteTable
from segl_routing.tunnels import TunnelState
from world.lookups import facts_of, hold, says
from world.odd_name_server import odd_name_server
from world.outside import Outside
from world.peers import SmtpPeer
from world.signed import SignedDns
from world.signed_zones import ADDRESS

SETTINGS: Settings = parse_settings(
    {"organisation": {"name": "Nordby Vandværk", "domains": ["nordby-vand.example"]}}
)
NOW = 1_800_000_000.0
HOSTS = "expired tampered lame mute tomute bare wrongkey unloaded"
IN_DOUBT = [
    "expired.example",  # MX records, bogus
    "wrongkey.example",
    "mute.example",  # … and an error
    "unloaded.example",
    "tampered.example",  # addresses, bogus
    "tomute.example",  # … and an error
    "baddoubt.example",  # of one of two hosts
    "lame.example",  # TLSA records
]


@pytest.fixture(scope="module")
def hosts(outside: Outside) -> SmtpPeer:
    """All mail hosts of these zones, with a certificate that verifies for each."""
    names = [f"mx.{name}.example" for name in HOSTS.split()]
    context = outside.ca.issue(names).server_context()
    return outside.running.enter_context(SmtpPeer(ADDRESS.address, outside.port, tls=context))


@pytest.fixture(params=["validated there", "validated here"])
def resolver(
    request: pytest.FixtureRequest, validating: SignedDns, forwarding: SignedDns
) -> tuple[MailDns, SignedDns]:
    if request.param == "validated there":
        return MailDns([validating.nameserver]), validating
    anchors = forwarding.tree.anchors
    return MailDns([forwarding.nameserver], trust_loopback=False, trust_anchors=anchors), forwarding


@pytest.fixture
def check(outside: Outside, hosts: SmtpPeer, resolver: tuple[MailDns, SignedDns]) -> LiveCheck:
    mail_dns, server = resolver
    return LiveCheck(mail_dns, outside.hosts(server), promises_of(Dane(mail_dns)))


def after(checked: Checked, previous: DomainFacts | None, domain: str) -> DomainFacts:
    routing = SETTINGS.routing
    return judge(domain, checked, previous, routing=routing, now=NOW, jitter=lambda low, _high: low)


def way(facts: DomainFacts, later: float = 0.0) -> Outcome:
    known = Lookups(lambda _: TunnelState(False, "none"), lambda _: facts)
    return RouteTable(SETTINGS).decide(f"bo@{facts.domain}", known, now=NOW + later)


def known_before(domain: str, dane: float, pkix: float = 1000.0) -> DomainFacts:
    """Proven by both; each may be believed for so long yet."""
    return facts_of(
        domain,
        NOW,
        hold(says(Proof.DANE, Known.YES), NOW, ends=NOW + dane),
        hold(says(Proof.PKIX, Known.YES), NOW, ends=NOW + pkix),
    )


@pytest.mark.parametrize("domain", IN_DOUBT)
def test_it_waits_and_then_takes_the_next_way(check: LiveCheck, domain: str) -> None:
    checked = asyncio.run(check(domain))
    assert checked.no_mail is None
    for previous in (None, known_before(domain, dane=-1)):
        facts = after(checked, previous, domain)
        assert isinstance(way(facts), Undecided)
        assert RouteTable(SETTINGS).proven(domain, lambda _, facts=facts: facts) is None  # type: ignore[misc]
        outcome = way(facts, SETTINGS.routing.undecided_seconds + 1)
        assert isinstance(outcome, Routed)
        assert outcome.route.way is Way.PORTAL


@pytest.mark.parametrize("domain", IN_DOUBT)
def test_what_was_proven_before_holds_to_its_end_at_its_strength(check: LiveCheck, domain: str) -> None:
    facts = after(asyncio.run(check(domain)), known_before(domain, dane=1000), domain)
    outcome = way(facts)
    assert isinstance(outcome, Routed)
    assert (outcome.route.way, outcome.proof) == (Way.TLS, Proof.DANE)
    proven = RouteTable(SETTINGS).proven(domain, lambda _: facts)
    assert proven is not None
    assert str(proven.policy) == "dane-only protocols=>=TLSv1.2"


def test_the_hosts_would_do_where_nothing_is_signed_for_certain(check: LiveCheck) -> None:
    outcome = way(after(asyncio.run(check("bare.example")), None, "bare.example"))
    assert isinstance(outcome, Routed)
    assert (outcome.route.way, outcome.proof) == (Way.TLS, Proof.PKIX)


_OF_MAIL = (dns.rdatatype.MX, dns.rdatatype.A, dns.rdatatype.AAAA)


def forged(query: bytes, through: SignedDns, denied: str) -> bytes:
    """What *through* says, but that nobody takes mail at *denied*, and below."""
    asked = dns.message.from_wire(query)
    [question] = asked.question
    if question.rdtype not in _OF_MAIL or not question.name.is_subdomain(dns.name.from_text(denied)):
        return dns.query.udp(asked, through.address, port=through.port, timeout=30).to_wire()
    answer = dns.message.make_response(asked)
    answer.set_rcode(dns.rcode.NXDOMAIN)
    return answer.to_wire()


@pytest.mark.parametrize(
    ("domain", "denied", "no_mail"),
    [
        ("bare.example", "bare.example", None),  # it is signed, and the denial is not
        ("bare.example", "mx.bare.example", None),
        ("nowhere.example", "invalid", NoMail.NO_SUCH_DOMAIN),  # as its parent proves
        ("null.example", "invalid", NoMail.NULL_MX),
        (
            "unsigned.example",
            "unsigned.example",
            NoMail.NO_SUCH_DOMAIN,
        ),  # nobody signs, and nothing can be proven
    ],
)
def test_that_a_domain_takes_no_mail_is_believed_of_nobody_in_between(
    outside: Outside, hosts: SmtpPeer, forwarding: SignedDns, domain: str, denied: str, no_mail: NoMail | None
) -> None:
    """Or whoever sits there would have mail given back: "the domain does not exist"."""
    with odd_name_server(lambda query: [forged(query, forwarding, denied)]) as nameserver:
        anchors = forwarding.tree.anchors
        between = MailDns([nameserver], trust_loopback=False, trust_anchors=anchors)
        probes = outside.hosts(SimpleNamespace(nameserver=nameserver))  # type: ignore[arg-type]
        checked = asyncio.run(LiveCheck(between, probes, promises_of(Dane(between)))(domain))
    assert checked.no_mail is no_mail
    if no_mail is None:
        assert isinstance(way(after(checked, None, domain)), Undecided)
