"""Domains with every kind of DANE, sound and broken, for :class:`world.signed.SignedTree`.

Each domain's name says what it is about; the zones' own comments say how. ``KEY`` stands for the hash of a
public key in the TLSA records; the mail servers themselves do not exist.
"""

from __future__ import annotations

from world.dns import CNAME, MX, NULL_MX, TLSA, A, Record
from world.signed import Denies, Flaw, SignedZone

KEY = "ab" * 32
EE = TLSA(3, 1, 1, KEY)
ADDRESS = A("127.0.0.99")


def at(host: str) -> str:
    return f"_25._tcp.{host}"


def zone(
    name: str,
    *tlsa: Record,
    flaw: Flaw | None = None,
    denial: Denies = Denies.NSEC,
    more: dict[str, list[Record]] | None = None,
) -> SignedZone:
    """A domain with one mail host ``mx.``, which has *tlsa*; *more* replaces and adds."""
    records: dict[str, list[Record]] = {name: [MX(10, f"mx.{name}")], f"mx.{name}": [ADDRESS]}
    if tlsa:
        records[at(f"mx.{name}")] = list(tlsa)
    return SignedZone(name, records | (more or {}), denial, flaw)


def _two(name: str) -> dict[str, list[Record]]:
    """A second mail host, ``mx2.``, without TLSA records."""
    return {name: [MX(10, f"mx.{name}"), MX(20, f"mx2.{name}")], f"mx2.{name}": [ADDRESS]}


ZONES = [
    SignedZone("example", denial=Denies.NSEC3),
    # all mail hosts covered
    zone("covered.example", EE, more={**_two("covered.example"), at("mx2.covered.example"): [EE]}),
    zone("gap.example", EE, denial=Denies.NSEC3),
    zone("mixed.example", TLSA(1, 0, 1, KEY), TLSA(2, 0, 2, KEY * 2)),  # one of them usable
    SignedZone("implicit.example", {"implicit.example": [ADDRESS], at("implicit.example"): [EE]}),
    SignedZone(
        "implicit3.example",
        {"implicit3.example": [ADDRESS], at("implicit3.example"): [EE]},
        Denies.NSEC3,
    ),
    zone("wild.example", more={"*.mx.wild.example": [EE]}),
    zone("absent.example", EE, more=_two("absent.example") | {"mx2.absent.example": []}),  # mx2: no address
    # aliases
    zone("names.example", more={
        "renamed.names.example": [CNAME("covered.example")],
        "circle.names.example": [CNAME("a.circle.names.example")],
        "a.circle.names.example": [CNAME("circle.names.example")],
    }),
    zone("alias.example", more={"mx.alias.example": [CNAME("mx.covered.example")]}),
    zone("aliasown.example", EE, more={"mx.aliasown.example": [CNAME("mx.bare.example")]}),
    zone("aliasaway.example", EE, more={"mx.aliasaway.example": [CNAME("mx.unsigned.example")]}),
    zone("lost.example", more={"mx.lost.example": [CNAME("mx.unsigned.example")]}),
    zone("common.example", CNAME("tlsa.common.example"), more={"tlsa.common.example": [EE]}),
    zone("lent.example", CNAME(at("mx.unsigned.example"))),  # its TLSA records are in an unsigned zone
    # not all, or not usable
    zone("half.example", EE, more=_two("half.example")),
    zone("bare.example"),
    zone("bare3.example", denial=Denies.NSEC3),
    zone("pkix.example", TLSA(0, 0, 1, KEY), TLSA(1, 1, 1, KEY)),
    zone("shapeless.example", TLSA(3, 1, 1, "ab" * 20), TLSA(3, 0, 0, "00"), TLSA(3, 2, 1, KEY), TLSA(3, 1, 9, KEY)),
    SignedZone("null.example", {"null.example": [NULL_MX]}),
    SignedZone(
        "many.example", {"many.example": [MX(10, f"mx{number}.many.example") for number in range(1000)]}
    ),
    # unsigned, wholly or in part
    zone("unsigned.example", EE, flaw=Flaw.UNSIGNED),
    zone("tenant.example", flaw=Flaw.UNSIGNED, more={"tenant.example": [MX(10, "mx.covered.example")]}),
    zone("guest.example", more={"guest.example": [MX(10, "mx.unsigned.example")]}),
    zone("halfabroad.example", EE, more={
        "halfabroad.example": [MX(10, "mx.halfabroad.example"), MX(20, "mx.unsigned.example")]
    }),
    SignedZone("optout.example", denial=Denies.OPT_OUT),
    zone("unsigned.optout.example", EE, flaw=Flaw.UNSIGNED),
    zone("deaf.example", flaw=Flaw.UNSIGNED),
    SignedZone("_tcp.mx.deaf.example", flaw=Flaw.SERVFAIL),  # its name servers fail on TLSA
    zone("todeaf.example", more={"todeaf.example": [MX(10, "mx.deaf.example")]}),
    # broken
    zone("expired.example", EE, flaw=Flaw.EXPIRED),
    zone("wrongkey.example", EE, flaw=Flaw.WRONG_KEY),
    zone("tampered.example", EE, flaw=Flaw.TAMPERED),
    zone("mute.example", EE, flaw=Flaw.MUTE),
    zone("lame.example", EE, more={at("mx.lame.example"): []}),
    SignedZone("_tcp.mx.lame.example", flaw=Flaw.MUTE),
    zone("silent.example", EE, flaw=Flaw.SILENT),
    zone("estranged.example", EE, flaw=Flaw.LAME),
    zone("unloaded.example", EE, flaw=Flaw.SERVFAIL),
    zone("slow.example", EE, flaw=Flaw.SLOW),
    zone("tomute.example", more={"tomute.example": [MX(10, "mx.mute.example")]}),
    zone("tobad.example", EE, more={
        "tobad.example": [MX(10, "mx.tobad.example"), MX(20, "mx.tampered.example")]
    }),
    zone("baddoubt.example", more={
        "baddoubt.example": [MX(10, "mx.bare.example"), MX(20, "mx.mute.example")]
    }),
]  # fmt: skip
