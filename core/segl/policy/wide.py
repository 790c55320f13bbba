"""Policy entries that send in clear for many more than their few words show.

``verdict = "plain"`` takes names: from whom, to whom, which categories. An entry can have all three and still open the
house: ``recipient = [".dk"]`` is every Danish recipient (and ``.co.uk`` every British firm), an own domain as sender is
everybody there, and a list of all categories is no list. And one that names few may count before another that holds or
refuses what many send, since the narrower goes before. Such an entry may be meant. So it is a warning, for the one who
wrote it and for the doctor, and never a fault.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from segl.addresses import domain_of, parents
from segl.public_suffixes import Suffixes, public_suffixes
from segl.settings.document import Settings
from segl.settings.organisation import Owners
from segl.settings.policy import GROUP, Policy
from segl.vocabulary import Decision, Label

# Where anybody gets a mailbox: the domain says nothing of who reads it.
ANYBODYS: Final = frozenset(
    """
    gmail.com googlemail.com outlook.com outlook.dk hotmail.com hotmail.dk live.com live.dk msn.com yahoo.com yahoo.dk
    icloud.com me.com mac.com aol.com gmx.com gmx.de gmx.net web.de proton.me protonmail.com mail.com mail.dk ofir.dk
    jubii.dk youmail.dk
    """.split()
)


@dataclass(frozen=True, slots=True)
class Wide:
    """An *entry*, for whom it opens, and what would be narrower."""

    entry: Policy
    why: str
    hint: str


def wide(settings: Settings, suffixes: Suffixes | None = None) -> Iterator[Wide]:
    """The entries of *settings* that open wide, and why, in the order of the file; *suffixes*: those under which
    anybody gets a domain, as this host knows them."""
    members = {group.name: group.members for group in settings.group}
    under = public_suffixes() if suffixes is None else suffixes
    for entry in settings.policy:
        if entry.verdict is Decision.PLAIN:
            yield from _of(entry, members, settings.owners, under)
            yield from _before(entry, members, settings)


def _of(
    entry: Policy, members: Mapping[str, Sequence[str]], owners: Owners, suffixes: Suffixes
) -> Iterator[Wide]:
    recipients, senders = _named(entry.recipient, members), _named(entry.sender, members)
    whole = [party for party in recipients if "@" not in party and suffixes.has(party.removeprefix("."))]
    if whole:
        hint = "name the domains that are meant"
        yield Wide(entry, f"sends in clear to whoever has a domain below {', '.join(sorted(whole))}", hint)
    elif strangers := sorted(recipients & ANYBODYS):
        shown = ", ".join(strangers[:3])
        yield Wide(
            entry, f"sends in clear to anybody with a mailbox at {shown}", "name the addresses that are meant"
        )
    if senders and (whole or not recipients) and (everybody := list(_everybody(senders, owners))):
        why = f"lets everybody {', '.join(everybody[:3])} send in clear to whomever they like"
        yield Wide(entry, why, "name the recipients, or the senders one by one")
    if set(entry.lowers) >= set(Label):
        hint = "name the categories that such mail is about"
        yield Wide(entry, "lowers every category that there is", hint)


def _named(parties: Iterable[str], members: Mapping[str, Sequence[str]]) -> set[str]:
    """The addresses and domains that *parties* name, those of groups too."""
    found: set[str] = set()
    for party in parties:
        found.update(members.get(party.removeprefix(GROUP), ()) if party.startswith(GROUP) else (party,))
    return found


def _everybody(senders: set[str], owners: Owners) -> Iterator[str]:
    """Whom of ours *senders* name by whole domains: "of" an organisation, "at" one of its domains."""
    for owner in owners.every:
        held = [domain for domain in owner.domains if _holds(domain, senders)]
        if len(held) == len(owner.domains):
            yield f"of {owner.name}"
            continue
        yield from (f"at {domain}" for domain in held)
        bare = sorted({sender.removeprefix(".") for sender in senders if "@" not in sender} - set(held))
        yield from (f"at {domain}" for domain in bare if owners.find(domain) is owner)


def _before(entry: Policy, members: Mapping[str, Sequence[str]], settings: Settings) -> Iterator[Wide]:
    """The stricter entries that *entry* goes before for some mail: it holds or refuses, or is secure and stands before
    in the file, where the reader takes it to be first."""
    counting = settings.policies.entries
    stands = settings.policy.index
    later = [
        other
        for other in counting[counting.index(entry) + 1 :]
        if other.verdict in (Decision.HOLD, Decision.REJECT)
        or (other.verdict is Decision.SECURE and stands(other) < stands(entry))
    ]
    beaten = [other for other in later if _meet(entry, other, members, settings.owners)]
    if beaten:
        shown = ", ".join(f"the {other.verdict} of {other.name}" for other in beaten[:3])
        hint = "if the other is to hold for such mail too, name there whom this one names, and put it before"
        yield Wide(entry, f"goes before {shown}", hint)


def _meet(plain: Policy, other: Policy, members: Mapping[str, Sequence[str]], owners: Owners) -> bool:
    """Whether there may be mail for which both hold and *plain* counts: it does where all that was found stands in its
    ``lowers``, so what *other* asks for must be among that."""
    if other.labels and not set(other.labels) & set(plain.lowers):
        return False
    if (plain.max_bytes is not None and (other.min_bytes or 0) > plain.max_bytes) or (
        other.max_bytes is not None and (plain.min_bytes or 0) > other.max_bytes
    ):
        return False
    for theirs, ours in ((other.recipient, plain.recipient), (other.sender, plain.sender)):
        if not _common(_named(theirs, members), _named(ours, members), empty=not theirs or not ours):
            return False
    if plain.organisation and other.organisation:
        return plain.organisation == other.organisation
    for one, parties in ((plain, other.sender), (other, plain.sender)):
        if one.organisation and parties:
            found = {_name_of(party, owners) for party in _named(parties, members)}
            return one.organisation in found or None in found
    return True


def _common(one: set[str], other: set[str], *, empty: bool) -> bool:
    """Whether an address may be among both; *empty*: one of them names nobody, which is everybody."""
    return empty or any(_within(a, other) for a in one) or any(_within(b, one) for b in other)


def _within(party: str, others: set[str]) -> bool:
    """Whether what *party* names is all among *others*."""
    if party in others:
        return True
    domain = domain_of(party) if "@" in party else party.removeprefix(".")
    return ("@" in party and domain in others) or any(
        f".{above}" in others for above in list(parents(domain))[1:]
    )


def _name_of(party: str, owners: Owners) -> str | None:
    """Whose *party* is; ``None`` for all below a domain, which may be anybody's."""
    if party.startswith("."):
        return None
    return owners.name_at(domain_of(party) if "@" in party else party)


def _holds(domain: str, senders: set[str]) -> bool:
    """Whether all addresses of *domain* are among *senders*."""
    return _within(domain, senders)
