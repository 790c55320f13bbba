"""What DANE has to say of a domain, asked of a real resolver over really signed zones (world/signed_zones.py)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import dns.flags
import dns.message
import dns.name
import dns.query
import dns.rdatatype
import pytest

from segl.vocabulary import Known, Proof
from segl_routing.dns.mx import MailDns
from segl_routing.dns.no_mail import NoMail
from segl_routing.dns.resolver import Reply, Resolver, Security
from segl_routing.proofs.dane import Cover, Dane, Found
from segl_routing.proofs.defects import BROKEN_DNS
from segl_routing.proofs.tlsa import Matching, Selector, Tlsa, Usage
from world.lookups import hosts_of
from world.ports import free_port
from world.signed import SignedDns
from world.signed_zones import KEY

Find = Callable[[str], Found]

NOT_SIGNED = "the domain's mail hosts are not signed by DNSSEC"
BOGUS = "the signatures do not hold"
FAILS = "the name servers answer with an error"


def finder(dns: MailDns) -> Find:
    return lambda domain: asyncio.run(Dane(dns).find(domain))


@pytest.fixture
def find(validating: SignedDns) -> Find:
    """As Segl runs: a validating resolver on this host."""
    return finder(MailDns([validating.nameserver]))


@pytest.fixture(params=["AD not believed", "no AD"])
def find_by_ourselves(
    request: pytest.FixtureRequest, validating: SignedDns, forwarding: SignedDns
) -> tuple[Find, bool]:
    """A resolver whose word is not enough, and whether it says AD at all."""
    server = validating if request.param == "AD not believed" else forwarding
    dns = MailDns([server.nameserver], trust_loopback=False, trust_anchors=server.tree.anchors)
    return finder(dns), server.validates


COVERED = {
    "covered.example": "all 2 mail hosts have signed TLSA records",
    "gap.example": "mail host mx.gap.example has signed TLSA records",
    "mixed.example": "mail host mx.mixed.example has signed TLSA records",  # one usable record is enough
    "implicit.example": "mail host implicit.example has signed TLSA records",  # no MX, and that is signed too
    "implicit3.example": "mail host implicit3.example has signed TLSA records",
    "absent.example": "mail host mx.absent.example has signed TLSA records",  # Postfix skips hosts without address
    "renamed.names.example": "all 2 mail hosts have signed TLSA records",  # the domain is an alias
    "alias.example": "mail host mx.alias.example has signed TLSA records",  # RFC 7672 §2.2.3: where it ends
    "aliasown.example": "mail host mx.aliasown.example has signed TLSA records",  # … or else the own name
    "aliasaway.example": "mail host mx.aliasaway.example has signed TLSA records",  # §2.2.2: ends unsigned
    "common.example": "mail host mx.common.example has signed TLSA records",  # the TLSA name is an alias
    "slow.example": "mail host mx.slow.example has signed TLSA records",
}
NO_PROOF = {
    "half.example": "only 1 of 2 by TLSA: mail host mx2.half.example has no TLSA record",
    "halfabroad.example": "only 1 of 2 by TLSA: mail host mx.unsigned.example has an address that is not signed",
    "bare.example": "mail host mx.bare.example has no TLSA record",
    "bare3.example": "mail host mx.bare3.example has no TLSA record",
    "pkix.example": "mail host mx.pkix.example has only TLSA records that cannot be used for SMTP",
    "shapeless.example": "mail host mx.shapeless.example has only TLSA records that cannot be used for SMTP",
    "lost.example": "mail host mx.lost.example has no TLSA record",  # nor is where its alias leads signed
    "lent.example": "mail host mx.lent.example has no TLSA record",  # unsigned TLSA records are none
    "null.example": "the domain has no mail host",
    "nowhere.example": "the domain has no mail host",
    # postfix-tlspol#8: an unsigned domain with TLSA records; dane-only would hold all its mail for ever
    "unsigned.example": NOT_SIGNED,
    "unsigned.optout.example": NOT_SIGNED,
    # postfix-tlspol#177: an unsigned domain whose mail host is signed and has TLSA records (a smart host)
    "tenant.example": NOT_SIGNED,
    # the other way round: a signed domain, the host in an unsigned one
    "guest.example": "mail host mx.unsigned.example has an address that is not signed",
    # RFC 7672 §2.1.3: name servers that fail on TLSA hold nothing up where the address is not signed
    "deaf.example": NOT_SIGNED,
    "todeaf.example": "mail host mx.deaf.example has an address that is not signed",
}
IN_DOUBT = {
    "expired.example": f"DNS MX expired.example: {BOGUS}",
    "wrongkey.example": f"DNS MX wrongkey.example: {BOGUS}",
    "tampered.example": f"DNS A mx.tampered.example: {BOGUS}",
    "mute.example": f"DNS MX mute.example: {FAILS}",  # broken delegation (postfix-tlspol#82)
    "estranged.example": f"DNS MX estranged.example: {FAILS}",  # lame delegation: REFUSED
    "unloaded.example": f"DNS MX unloaded.example: {FAILS}",
    "tomute.example": f"DNS A mx.mute.example: {FAILS}",
    "lame.example": f"DNS TLSA _25._tcp.mx.lame.example: {FAILS}",
    "tobad.example": f"DNS A mx.tampered.example: {BOGUS}",  # the other host is covered
    "baddoubt.example": f"DNS A mx.mute.example: {FAILS}",  # the other host has none for certain
}


@pytest.mark.parametrize(("domain", "reason"), COVERED.items())
def test_every_mail_host_covered_is_a_proof(find: Find, domain: str, reason: str) -> None:
    evidence = find(domain).evidence
    assert evidence.proof is Proof.DANE
    assert (evidence.known, evidence.reason, evidence.bars) == (Known.YES, reason, False)
    assert str(evidence.policy) == "dane-only protocols=>=TLSv1.2"
    assert evidence.holds_for is not None
    assert 0 <= evidence.holds_for <= 60


def test_a_wildcard_may_cover(find: Find, validating: SignedDns) -> None:
    dns = MailDns([validating.nameserver], trust_loopback=False, trust_anchors=validating.tree.anchors)
    assert finder(dns)("wild.example").evidence.known is Known.YES
    assert find("wild.example").evidence.known is Known.YES


@pytest.mark.parametrize(("domain", "reason"), NO_PROOF.items())
def test_absent_and_half_dane_is_no_proof_and_bars_nothing(find: Find, domain: str, reason: str) -> None:
    evidence = find(domain).evidence
    assert (evidence.known, evidence.reason) == (Known.NO, reason)
    assert not evidence.bars
    assert evidence.policy is None


@pytest.mark.parametrize(("domain", "reason"), IN_DOUBT.items())
def test_a_failure_in_a_signed_zone_is_never_a_no_and_bars_what_is_weaker(
    find: Find, domain: str, reason: str
) -> None:
    """RFC 8461 §2: whoever makes a look-up fail must not choose the weaker proof by it."""
    evidence = find(domain).evidence
    assert (evidence.known, evidence.reason, evidence.bars) == (Known.UNKNOWN, reason, True)
    assert (evidence.policy, evidence.defect) == (None, BROKEN_DNS)


@pytest.mark.parametrize("domain", ["circle.names.example", "silent.example"])
def test_dns_that_never_comes_to_an_end_is_a_doubt(validating: SignedDns, domain: str) -> None:
    evidence = finder(MailDns([validating.nameserver], query_seconds=0.5))(domain).evidence
    assert (evidence.known, evidence.bars) == (Known.UNKNOWN, True)


def test_a_thousand_mail_hosts_are_not_looked_at(find: Find) -> None:
    """They came over TCP. What they promise is not known, so nothing weaker is taken for it."""
    found = find("many.example")
    assert (found.evidence.known, found.evidence.bars) == (Known.NO, True)
    assert found.evidence.reason == "has 1000 mail hosts; at most 20 are looked at"


def test_the_signed_world_is_one_of_real_servers(validating: SignedDns) -> None:
    """A zone's key is known by its parent's server alone, and what does not fit into a packet comes over TCP."""

    async def ask(name: str, kind: dns.rdatatype.RdataType) -> Reply:
        return await Resolver([validating.nameserver]).exchange(dns.name.from_text(name), kind)

    [delegation] = asyncio.run(ask("covered.example.", dns.rdatatype.NS)).answer().records
    assert delegation.target.to_text() == "children.ns.example."
    assert len(asyncio.run(ask("covered.example.", dns.rdatatype.DS)).answer().records) == 1
    many = dns.message.make_query("many.example", dns.rdatatype.MX, payload=1232)
    cut = dns.query.udp(many, validating.address, port=validating.port, timeout=30)
    assert cut.flags & dns.flags.TC
    assert len(asyncio.run(ask("many.example.", dns.rdatatype.MX)).answer().records) == 1000


def test_a_name_server_that_is_not_there() -> None:
    dns = MailDns([f"127.0.0.1:{free_port()}"], query_seconds=0.3)
    evidence = finder(dns)("covered.example").evidence
    assert (evidence.known, evidence.bars) == (Known.UNKNOWN, True)


def test_the_whole_takes_no_longer_than_it_may(validating: SignedDns) -> None:
    begun = time.monotonic()
    dane = Dane(MailDns([validating.nameserver], query_seconds=60), seconds=0.4)
    evidence = asyncio.run(dane.evidence("silent.example"))
    assert (evidence.known, evidence.bars) == (Known.UNKNOWN, True)
    assert time.monotonic() - begun < 10


def test_one_look_up_of_mail_hosts_serves_all(validating: SignedDns) -> None:
    """MTA-STS and the probes need the same hosts; DANE takes those that were found."""

    async def run() -> Found:
        dns = MailDns([validating.nameserver])
        hosts = await dns.exchangers("covered.example")
        assert hosts.hosts == ("mx.covered.example", "mx2.covered.example")
        assert hosts.secure
        asked = dns.resolver.exchange
        kinds = []

        async def counted(name: object, kind: object) -> object:
            kinds.append(str(kind))
            return await asked(name, kind)  # type: ignore[arg-type]

        dns.resolver.exchange = counted  # type: ignore[assignment,method-assign]
        found = await Dane(dns).find("covered.example", hosts)
        assert not any("MX" in kind for kind in kinds)
        return found

    found = asyncio.run(run())
    assert found.evidence.known is Known.YES
    assert found.mail_hosts is not None


def test_mail_hosts_tell_whether_they_are_signed(validating: SignedDns) -> None:
    dns = MailDns([validating.nameserver])
    seen = {
        name: asyncio.run(MailDns([validating.nameserver]).exchangers(f"{name}.example"))
        for name in ("covered", "tenant", "implicit", "null")
    }
    assert {name: hosts.security for name, hosts in seen.items()} == {
        "covered": Security.SECURE,
        "tenant": Security.INSECURE,
        "implicit": Security.SECURE,
        "null": Security.SECURE,
    }
    assert seen["implicit"].implicit
    assert not seen["covered"].implicit
    assert seen["null"].hosts is NoMail.NULL_MX
    assert asyncio.run(hosts_of(dns, "tenant.example")) == ("mx.covered.example",)


def test_a_probe_is_told_which_hosts_must_meet_which_records(find: Find) -> None:
    """Half DANE: where another proof is taken, mx.half still has to show the key it promised."""
    found = find("half.example")
    assert list(found.records) == ["mx.half.example"]
    host = found.records["mx.half.example"]
    assert host.cover is Cover.USABLE
    assert host.records == (Tlsa(Usage.DANE_EE, Selector.PUBLIC_KEY, Matching.SHA256, bytes.fromhex(KEY)),)
    assert host.names("half.example") == ("mx.half.example", "half.example")


def test_the_base_domain_of_an_alias_is_told(find: Find) -> None:
    host = find("alias.example").records["mx.alias.example"]
    assert host.base == "mx.covered.example"
    assert host.names("alias.example") == ("mx.covered.example", "mx.alias.example", "alias.example")


# ── a resolver that is not trusted ───────────────────────────────────────────────────────────────────────────

NOT_VOUCHED = "all mail hosts have signed TLSA records, but the resolver does not validate, as Postfix needs"


@pytest.mark.parametrize("domain", COVERED)
def test_what_holds_holds_by_our_own_validation(find_by_ourselves: tuple[Find, bool], domain: str) -> None:
    """Postfix goes by the AD bit of the same resolver: without it dane-only would hold every message back."""
    find, vouched = find_by_ourselves
    found = find(domain)
    assert found.records
    if vouched:
        assert (found.evidence.known, found.evidence.reason) == (Known.YES, COVERED[domain])
    else:
        assert (found.evidence.known, found.evidence.reason) == (Known.NO, NOT_VOUCHED)
        assert not found.evidence.bars


@pytest.mark.parametrize("domain", NO_PROOF)
def test_what_is_absent_is_absent_by_our_own_validation(
    find_by_ourselves: tuple[Find, bool], domain: str
) -> None:
    evidence = find_by_ourselves[0](domain).evidence
    assert (evidence.known, evidence.reason, evidence.bars) == (Known.NO, NO_PROOF[domain], False)


@pytest.mark.parametrize("domain", IN_DOUBT)
def test_what_is_broken_is_broken_by_our_own_validation(
    find_by_ourselves: tuple[Find, bool], domain: str
) -> None:
    evidence = find_by_ourselves[0](domain).evidence
    assert (evidence.known, evidence.bars) == (Known.UNKNOWN, True)


def test_ad_from_a_resolver_that_is_not_trusted_proves_nothing(validating: SignedDns) -> None:
    """Its signatures do not lead to our anchor (here IANA's, which no test zone is signed by)."""
    evidence = finder(MailDns([validating.nameserver], trust_loopback=False))("covered.example").evidence
    assert (evidence.known, evidence.bars) == (Known.UNKNOWN, True)


def test_ad_from_a_resolver_that_the_postmaster_named_is_believed(validating: SignedDns) -> None:
    dns = MailDns([validating.nameserver], trust_loopback=False, trusted=["127.0.0.1"])
    assert finder(dns)("covered.example").evidence.known is Known.YES


def test_a_resolver_on_this_host_that_does_not_validate_proves_nothing(forwarding: SignedDns) -> None:
    """Missing AD (postfix-tlspol#8): without it dane-only would hold all mail."""
    evidence = finder(MailDns([forwarding.nameserver]))("covered.example").evidence
    assert (evidence.known, evidence.reason, evidence.bars) == (Known.NO, NOT_SIGNED, False)
