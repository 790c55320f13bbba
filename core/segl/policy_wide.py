"""Policy entries that send in clear for many more than their few words show.

``verdict = "plain"`` takes names: from whom, to whom, which categories. An entry can have all three and still open the
house: ``recipient = [".dk"]`` is every Danish recipient, the only own domain as sender is everybody here, and a list of
all categories is no list. Such an entry may be meant. So it is a warning, for the one who wrote it and for the doctor,
and never a fault.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from segl.addresses import parents
from segl.settings import Settings
from segl.settings_organisation import Owner
from segl.settings_policy import GROUP, Policy
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


def wide(settings: Settings) -> Iterator[Wide]:
    """The entries of *settings* that open wide, and why, in the order of the file."""
    members = {group.name: group.members for group in settings.group}
    for entry in settings.policy:
        if entry.verdict is Decision.PLAIN:
            yield from _of(entry, members, settings.owners.every)


def _of(entry: Policy, members: Mapping[str, Sequence[str]], owners: Iterable[Owner]) -> Iterator[Wide]:
    recipients, senders = _named(entry.recipient, members), _named(entry.sender, members)
    whole = [party for party in recipients if "@" not in party and "." not in party.removeprefix(".")]
    if whole:
        hint = "name the domains that are meant"
        yield Wide(entry, f"sends in clear to whoever has a domain below {', '.join(sorted(whole))}", hint)
    elif strangers := sorted(recipients & ANYBODYS):
        shown = ", ".join(strangers[:3])
        yield Wide(
            entry, f"sends in clear to anybody with a mailbox at {shown}", "name the addresses that are meant"
        )
    if senders and (whole or not recipients):
        every = [owner.name for owner in owners if all(_holds(domain, senders) for domain in owner.domains)]
        if every:
            why = f"lets everybody of {', '.join(every[:3])} send in clear to whomever they like"
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


def _holds(domain: str, senders: set[str]) -> bool:
    """Whether all addresses of *domain* are among *senders*."""
    return domain in senders or any(f".{parent}" in senders for parent in list(parents(domain))[1:])
