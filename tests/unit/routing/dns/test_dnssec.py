"""Our own validation, against somebody between us and the resolver who changes what goes by.

The truth comes from a real resolver over really signed zones; a change is made on the way.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import dns.dnssec
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdata
import dns.rdatatype
import dns.rdtypes.ANY.DNSKEY
import dns.rrset
import pytest

from segl.vocabulary import Known
from segl_routing.dns.mx import MailDns
from segl_routing.dns.resolver import DnsUnsure, Reply, Resolver, Security
from segl_routing.dns.signatures import MAX_QUERIES, MAX_SIGNATURES, load_anchors
from segl_routing.proofs.dane import Dane
from segl_routing.proofs.evidence import Evidence
from world.signed import SignedDns

Message = dns.message.QueryMessage
Change = Callable[[Message], None]
MX, TLSA, DS, NSEC3 = dns.rdatatype.MX, dns.rdatatype.TLSA, dns.rdatatype.DS, dns.rdatatype.NSEC3
RRSIG, DNSKEY = dns.rdatatype.RRSIG, dns.rdatatype.DNSKEY


def changed(server: SignedDns, change: Change | None = None) -> MailDns:
    """A resolver that is not trusted, each answer of which goes through *change*; its questions are counted."""
    found = MailDns([server.nameserver], trust_loopback=False, trust_anchors=server.tree.anchors)
    inner = found.resolver.exchange
    asked: list[str] = []

    async def exchange(name: dns.name.Name, kind: dns.rdatatype.RdataType) -> Reply:
        asked.append(f"{kind.name} {name}")
        reply = await inner(name, kind)
        if change is None:
            return reply
        change(reply.message)
        message = dns.message.from_wire(reply.message.to_wire(max_size=65535))
        assert isinstance(message, dns.message.QueryMessage)
        return replace(reply, message=message)

    found.resolver.exchange = exchange  # type: ignore[method-assign]
    found.resolver.asked = asked  # type: ignore[attr-defined]
    return found


def evidence(dns_: MailDns, domain: str) -> Evidence:
    return asyncio.run(Dane(dns_).evidence(domain))


def is_about(message: Message, kind: dns.rdatatype.RdataType, part: str = "") -> bool:
    question = message.question[0]
    return question.rdtype == kind and part in question.name.to_text()


def without(*kinds: dns.rdatatype.RdataType) -> Change:
    def change(message: Message) -> None:
        for section in (message.answer, message.authority):
            section[:] = [rrset for rrset in section if rrset.rdtype not in kinds]

    return change


def only(kind: dns.rdatatype.RdataType, change: Change, part: str = "") -> Change:
    return lambda message: change(message) if is_about(message, kind, part) else None


def emptied(message: Message) -> None:
    message.answer.clear()
    message.authority.clear()


def denied(message: Message) -> None:
    emptied(message)
    message.set_rcode(dns.rcode.NXDOMAIN)


def another_host(message: Message) -> None:
    message.answer[:] = [
        dns.rrset.from_text(rrset.name, 60, "IN", "MX", "10 mx.covered.example.")
        if rrset.rdtype == MX
        else rrset
        for rrset in message.answer
    ]


ATTACKS: dict[str, Change] = {
    "the signatures of the MX records are taken off": only(MX, without(RRSIG)),
    "the MX records name another host": only(MX, another_host),
    "the MX records are gone": only(MX, emptied),
    "the domain is denied": only(MX, denied),
    "the keys' hash is gone": only(DS, emptied, "gap"),
    "the keys' hash and its denial": only(DS, without(DS, NSEC3, RRSIG), "gap"),
    "the signatures of the address are taken off": only(dns.rdatatype.A, without(RRSIG)),
    "the TLSA records are gone": only(TLSA, emptied),
    "the TLSA records are denied": only(TLSA, denied),
    "the zone shows no keys": only(DNSKEY, emptied, "gap"),
    "the root's keys are not signed": only(DNSKEY, without(RRSIG), "example"),
}


@pytest.mark.parametrize("change", ATTACKS.values(), ids=ATTACKS)
def test_nobody_takes_dane_away(validating: SignedDns, change: Change) -> None:
    """It is a doubt that bars what is weaker; never a no, and never a yes for something else."""
    found = evidence(changed(validating, change), "gap.example")
    if found.reason == "the domain has no mail host":
        pytest.fail("a denial was believed that nobody signed")
    assert (found.known, found.bars) == (Known.UNKNOWN, True)


def test_the_answer_of_another_name_denies_nothing(validating: SignedDns) -> None:
    """Denials that are really signed, for other names, put in place of the TLSA records."""
    truth = changed(validating)
    other = asyncio.run(truth.resolver.exchange(dns.name.from_text("nothere.gap.example."), TLSA)).message

    def replay(message: Message) -> None:
        message.answer.clear()
        message.authority[:] = other.authority
        message.set_rcode(dns.rcode.NXDOMAIN)

    found = evidence(changed(validating, only(TLSA, replay)), "gap.example")
    assert (found.known, found.bars) == (Known.UNKNOWN, True)


@pytest.mark.parametrize("domain", ["gap.example", "covered.example"])
def test_a_delegation_without_keys_is_not_made_from_one_with_keys(validating: SignedDns, domain: str) -> None:
    """The parent's true denial for an unsigned neighbour does not make this domain unsigned."""
    truth = changed(validating)
    neighbour = asyncio.run(truth.resolver.exchange(dns.name.from_text("unsigned.example."), DS)).message

    def replay(message: Message) -> None:
        message.answer.clear()
        message.authority[:] = neighbour.authority

    found = evidence(changed(validating, only(DS, replay, domain)), domain)
    assert (found.known, found.bars) == (Known.UNKNOWN, True)


def test_a_resolver_that_knows_no_dnssec_bars_nothing(validating: SignedDns) -> None:
    """Not an attack but many a provider's resolver: DANE cannot be had there, everything else can."""
    plain = without(RRSIG, DS, NSEC3, dns.rdatatype.NSEC, DNSKEY)
    found = evidence(changed(validating, plain), "gap.example")
    assert (found.known, found.bars) == (Known.NO, False)
    assert found.reason == "the resolver passes on no signatures, so DNSSEC cannot be checked"


def test_a_resolver_that_once_knew_dnssec_is_held_to_it(validating: SignedDns) -> None:
    stripping: list[Change] = []

    def strip(message: Message) -> None:
        for change in stripping:
            change(message)

    dns_ = changed(validating, strip)
    assert evidence(dns_, "gap.example").known is Known.YES
    stripping.append(without(RRSIG, DS, NSEC3, dns.rdatatype.NSEC, DNSKEY))
    dns_._validator._kept.clear()
    found = evidence(dns_, "covered.example")
    assert (found.known, found.bars) == (Known.UNKNOWN, True)


def test_keys_and_signatures_piled_up_cost_no_more_than_they_may(
    validating: SignedDns, monkeypatch: pytest.MonkeyPatch
) -> None:
    """KeyTrap (CVE-2023-50387): many signatures, each of which may be by the key."""
    tried = 0
    true_one = dns.dnssec.validate_rrsig

    def counted(*arguments: object, **more: object) -> None:
        nonlocal tried
        tried += 1
        true_one(*arguments, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(dns.dnssec, "validate_rrsig", counted)

    def piled_up(rrset: dns.rrset.RRset) -> dns.rrset.RRset:
        many = [rrset[0].replace(signature=number.to_bytes(64, "big")) for number in range(500)]
        return dns.rrset.from_rdata_list(rrset.name, 60, many)

    def pile_up(message: Message) -> None:
        message.answer[:] = [
            piled_up(rrset) if rrset.rdtype == RRSIG and rrset.covers == MX else rrset
            for rrset in message.answer
        ]

    begun = time.monotonic()
    with pytest.raises(DnsUnsure, match="too many signatures to check") as caught:
        asyncio.run(changed(validating, pile_up).exchangers("gap.example"))
    assert "too many" in caught.value.private
    assert tried <= MAX_SIGNATURES
    assert time.monotonic() - begun < 10


def test_what_one_look_up_asks_is_bounded(validating: SignedDns) -> None:
    dns_ = changed(validating)
    deep = ".".join("abcdefghijklmnopqrstuvwxyz"[:20]) + ".gap.example"
    with pytest.raises(DnsUnsure) as too_deep:
        asyncio.run(dns_.exchangers(f"x.y.z.u.v.{deep}"))
    assert "too many labels" in too_deep.value.private
    asyncio.run(dns_.exchangers("gap.example"))
    assert len(dns_.resolver.asked) < MAX_QUERIES  # type: ignore[attr-defined]


def test_keys_are_remembered(validating: SignedDns) -> None:
    dns_ = changed(validating)

    async def twice() -> tuple[int, int]:
        asked: list[str] = dns_.resolver.asked  # type: ignore[attr-defined]
        await dns_.exchangers("gap.example")
        first = len(asked)
        await dns_.exchangers("gap.example")
        return first, len(asked) - first

    assert asyncio.run(twice()) == (6, 1)  # MX; keys of the root; hash and keys of example, of gap.example


def test_keys_that_a_clock_since_set_back_has_kept_are_asked_for_again(validating: SignedDns) -> None:
    dns_ = changed(validating)
    ahead = time.time() + 3600
    dns_._validator._clock = lambda: ahead
    asyncio.run(dns_.exchangers("gap.example"))
    dns_._validator._clock = time.time
    asked: list[str] = dns_.resolver.asked  # type: ignore[attr-defined]
    before = len(asked)
    asyncio.run(dns_.exchangers("gap.example"))
    assert len(asked) - before == 6


def test_signatures_end_when_they_say(validating: SignedDns) -> None:
    dns_ = changed(validating)
    in_a_year = time.time() + 365 * 86400
    dns_._validator._clock = lambda: in_a_year
    with pytest.raises(DnsUnsure) as caught:
        asyncio.run(dns_.exchangers("gap.example"))
    assert "the signatures do not hold" in caught.value.private


def test_a_proven_answer_tells_its_security(validating: SignedDns) -> None:
    dns_ = changed(validating)
    assert asyncio.run(dns_.exchangers("gap.example")).security is Security.SECURE
    assert asyncio.run(dns_.exchangers("unsigned.example")).security is Security.INSECURE
    assert asyncio.run(dns_.exchangers("unsigned.optout.example")).security is Security.INSECURE
    assert asyncio.run(dns_.exchangers("gap.example", prove=False)).security is Security.INSECURE


# ── trust anchors ────────────────────────────────────────────────────────────────────────────────────────────


def test_ianas_anchors_are_the_roots_two_keys() -> None:
    assert [anchor.key_tag for anchor in load_anchors(None)] == [20326, 38696]


def test_anchors_may_be_hashes_or_keys(validating: SignedDns, tmp_path: Path) -> None:
    async def keys() -> list[str]:
        reply = await Resolver([validating.nameserver]).exchange(dns.name.root, DNSKEY)
        return [f". 3600 IN DNSKEY {key}\n" for key in reply.answer().records]

    file = tmp_path / "root.key"
    file.write_text("; a comment\n" + "".join(asyncio.run(keys())), "ascii")
    dns_ = MailDns([validating.nameserver], trust_loopback=False, trust_anchors=file)
    assert evidence(dns_, "gap.example").known is Known.YES


@pytest.mark.parametrize(
    "text", ["", "not a zone file", "example. IN DS 1 8 2 " + "00" * 32, ". IN A 127.0.0.1"]
)
def test_a_file_without_anchors_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "root.key"
    file.write_text(text, "ascii")
    with pytest.raises(ValueError, match="DS or DNSKEY"):
        load_anchors(file)
