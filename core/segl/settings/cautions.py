"""Settings that can be used, and are probably not meant so: told when they are checked, and by the doctor.

What cannot be used is a fault (:mod:`segl.settings.file`). These are left in force: a filter that does not start
because of one would keep everybody's mail.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from segl.addresses import domain_of
from segl.persons import person_of
from segl.policy.hidden import hidden, nobodys
from segl.policy.wide import ANYBODYS, wide
from segl.public_suffixes import Suffixes, public_suffixes
from segl.settings.document import Settings
from segl.settings.organisation import Owner
from segl.settings.routing import DomainPin
from segl.settings.shared import same_place
from segl.vocabulary import Decision, Mode, Proof, Way

_NEVER = 0.97  # a score that few messages reach


@dataclass(frozen=True, slots=True)
class Caution:
    """``where`` is a table or key, as faults name it. ``fails``: it cannot be meant, and whoever asks whether the
    settings are in order is told no; a process goes on all the same."""

    where: str
    problem: str
    hint: str
    fails: bool = False


def cautions(settings: Settings) -> Iterator[Caution]:
    """All of *settings*."""
    yield from domain_cautions(settings)
    yield from forwarded_cautions(settings)
    yield from pin_cautions(settings)
    yield from policy_cautions(settings)
    yield from hold_cautions(settings)
    yield from detection_cautions(settings)
    yield from return_cautions(settings)


def domain_cautions(settings: Settings, suffixes: Suffixes | None = None) -> Iterator[Caution]:
    """Own domains under which others are as well: mail to all of them is plain without being read. *suffixes*: those
    under which anybody gets a domain, as this host knows them."""
    under = public_suffixes() if suffixes is None else suffixes
    for owner in settings.owners.every:
        table = "tenant" if owner.is_tenant else "organisation"
        for domain in owner.domains:
            if domain in ANYBODYS:
                problem = (
                    f"anybody gets a mailbox at {domain}: mail to all of them is plain without being read"
                )
                yield Caution(f"{table}.domains", problem, "name domains of your own")
            elif owner.subdomains and under.has(domain):
                problem = (
                    f"anybody gets a domain below {domain}: mail to all of them is plain without being read"
                )
                yield Caution(f"{table}.subdomains", problem, "name the domains below it that are yours")


def forwarded_cautions(settings: Settings) -> Iterator[Caution]:
    """Addresses said to lead outside that are outside already, and copies that do not go there. (A user of this host
    has one at its name, too.)"""
    for address in settings.organisation.forwarded:
        if address and not settings.is_own(domain_of(address)):
            problem = (
                f"{address} is at none of the own domains: unless this host bears that name, it says nothing"
            )
            yield Caution("organisation.forwarded", problem, "is it misspelt?")
    for address in settings.organisation.copies_to:
        if settings.stays(address):
            problem = (
                f"{address} is an own address, whose mail stays here: mail of colleagues is read for nothing"
            )
            yield Caution(
                "organisation.copies_to",
                problem,
                "take it out; or, if it leads outside, name it in forwarded as well",
            )


def pin_cautions(settings: Settings, suffixes: Suffixes | None = None) -> Iterator[Caution]:
    """Entries of ``[[domain]]`` that ask less of TLS than `routing.least` for all of a country, or take a certificate
    that whoever is on the line can have. *suffixes* as above."""
    under = public_suffixes() if suffixes is None else suffixes
    for pin in settings.domain:
        if pin.subdomains and under.has(pin.name) and not _asked_by(pin).meets(settings.routing.least):
            problem = f"TLS to whoever has a domain below {pin.name} need prove no more than {_asked_by(pin)}"
            yield Caution(f"domain {pin.name}", problem, "name the domains that are meant")
        if pin.takes_any_mx:
            problem = "match takes the name of any MX host, which DNS says unproven: the names beside it prove nothing"
            yield Caution(f"domain {pin.name}", problem, "take hostname out, or leave match out altogether")
        yield from _of_anybody(f"domain {pin.name}", pin.match, under)
    yield from _of_anybody("portal.relay", settings.portal.relay.match, under)


def _asked_by(pin: DomainPin) -> Proof:
    """The least that TLS must prove by *pin*'s word; no lowering where it says nothing of it."""
    if pin.way is Way.TLS:
        return pin.proof
    return Proof.SEALED if pin.way is not None or pin.least is None else pin.least


def _of_anybody(where: str, match: Iterable[str], under: Suffixes) -> Iterator[Caution]:
    wide_ = [name for name in match if name.startswith(".") and under.has(name[1:].lower())]
    if wide_:
        problem = f"match takes the certificate of whoever has a domain below {', '.join(wide_)}"
        yield Caution(where, problem, "name the hosts' own domain")


def policy_cautions(settings: Settings) -> Iterator[Caution]:
    """Entries that never count, groups that hold nobody, and entries that open wide."""
    for entry, term, before in hidden(settings.policies.entries):
        problem = f"its {term} never counts, {before.name} comes before and holds whenever it does"
        yield Caution(f"policy {entry.name}", problem, "put it before, or take it out")
    for group, naming in nobodys(settings.group, settings.policies.entries):
        problem = f"holds nobody, and is named by {', '.join(entry.name for entry in naming)}"
        hint = f"look into {group.file}" if group.file else "name its members"
        yield Caution(f"group {group.name}", problem, hint)
    for one in wide(settings):
        yield Caution(f"policy {one.entry.name}", one.why, one.hint)


def hold_cautions(settings: Settings) -> Iterator[Caution]:
    """Organisations whose messages on hold nobody could release (two must agree, and fewer are named), or anybody (they
    name nobody, and another does)."""
    every = settings.owners.every
    naming = [owner.name for owner in every if owner.deciders]
    for owner in every if naming else ():
        if not owner.deciders:
            whoever = "whoever may run segl and is named by no other organisation"
            problem = f"{owner.name} names no deciders, as {naming[0]} does: {whoever} decides about its mail on hold"
            hint = "name who decides, or it is decided by anybody that sudo lets"
            yield Caution(f"{_table(owner)}.deciders", problem, hint)
    for owner in every:
        people = {person for name in owner.deciders if (person := person_of(name)) is not None}
        if owner.persons > 1 and owner.deciders and len(people) < owner.persons:
            must = f"{owner.persons} people must agree to a release for {owner.name}"
            problem = f"{must}, and deciders names {len(people)}"
            yield Caution(
                f"{_table(owner)}.deciders", problem, "name as many people as must agree; root is nobody"
            )


def detection_cautions(settings: Settings) -> Iterator[Caution]:
    """What turns detection down, each to be meant."""
    detection, hint = settings.detection, "mail that goes securely today may go in clear: is it meant?"
    if detection.mode is Mode.SHADOW:
        yield Caution(
            "detection.mode", "in mode shadow nothing is protected", "set it to detect when the trial is over"
        )
    if not detection.model:
        yield Caution("detection.model", "words alone decide: they find nearly four of five messages", hint)
    if detection.unsure is Decision.PLAIN:
        yield Caution("detection.unsure", "what the model is in doubt of goes in clear", hint)
    if detection.pictures == "ignore":
        yield Caution("detection.pictures", "scans and pictures of letters go in clear unread", hint)
    if detection.languages_read:
        which = "any language" if "all" in detection.languages_read else ", ".join(detection.languages_read)
        yield Caution("detection.languages_read", f"letters in {which} go in clear unread", hint)
    for scored, score in detection.thresholds.items():
        if score > _NEVER:
            yield Caution(
                f"detection.thresholds.{scored}", f"from {score:g} on next to nothing reaches it", hint
            )


def return_cautions(settings: Settings) -> Iterator[Caution]:
    """segl-deliver hands on to a place at which Postfix does not listen by these settings."""
    handed, back = settings.reinject, settings.postfix.return_port
    if not same_place(handed, back):
        problem = f"{handed} is not postfix.return_port ({back}): where nobody listens, encrypted mail and notices wait"
        hint = "take delivery.reinject out: postfix.return_port holds for both"
        yield Caution("delivery.reinject", problem, hint, fails=True)


def _table(owner: Owner) -> str:
    return "tenant" if owner.is_tenant else "hold"
