"""Which policy entries hold for a message to a recipient, and what they say. Pure, and quick: bits in integers.

Each entry of ``[[policy]]`` is a bit. What is known of a message switches off the bits of entries that do not hold;
what is left, first bit first, is the answer. The bits are in the order in which entries count: those about single
addresses first, then those about an organisation (or a domain, or a group), then those about everybody; among equals
the order of the file. So the narrower inherits what it does not say itself from the wider, and that from the
settings.

**For each term the first entry that holds and says something about it wins**; ``least`` alone is a demand, and of
those that hold the strictest counts, as of ``[[demand]]``. (Different processes know different things of a message;
with terms apart, each can tell its own without knowing the others'. docs/decisions/0031-policies.md.)

**Three-valued.** A fact that is not known leaves the entries that ask for it open: they are not taken, and told of as
*perhaps*.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, StrEnum
from typing import Final

from segl.addresses import folded, split_address
from segl.settings.policy import GROUP, Group, Policy
from segl.subject_tags import tag_word
from segl.vocabulary import Label, Proof


class Level(Enum):
    """Whom an entry is about; the narrower goes before."""

    ADDRESS = "address"
    ORGANISATION = "organisation"
    INSTALLATION = "installation"


class Term(StrEnum):
    """What an entry may say."""

    VERDICT = "verdict"
    LEAST = "least"
    ORDER = "order"
    RECEIPTS = "receipts"
    LOOK = "look"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message as far as it is known; ``None`` is what is not. ``size`` is in bytes, ``tags`` are words as
    :func:`segl.subject_tags.tag_word` has them, ``scores`` of categories that were weighed."""

    sender: str | None = None
    labels: Collection[Label] | None = None
    cpr_numbers: int | None = None
    scores: Mapping[Label, float] | None = None
    size: int | None = None
    tags: Collection[str] | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds for a message to one recipient: of each term the entry that gives it, ``None`` where the settings do.
    ``perhaps`` names the entries that would beat it, if what is not known were so."""

    verdict: Policy | None = None
    least: Policy | None = None
    order: Policy | None = None
    receipts: Policy | None = None
    look: Policy | None = None
    perhaps: Mapping[Term, tuple[Policy, ...]] = field(default_factory=dict)

    def of(self, term: Term) -> Policy | None:
        given: Policy | None = getattr(self, term.value)
        return given


class PolicyTable:
    """The entries, ready for quick asking. *owner* gives the name of the organisation that an own domain belongs to,
    ``""`` for all others. Groups that are not there hold nobody."""

    def __init__(
        self, policies: Sequence[Policy] = (), groups: Sequence[Group] = (), owner: Callable[[str], str] = str
    ) -> None:
        members = {group.name: group.members for group in groups}
        levels = {id(entry): level_of(entry, members) for entry in policies}
        order = list(Level)
        self.entries: Final = tuple(sorted(policies, key=lambda entry: order.index(levels[id(entry)])))
        self.levels: Final = tuple(levels[id(entry)] for entry in self.entries)
        self._owner = owner
        self._senders = _Parties(self.entries, members, lambda entry: entry.sender)
        self._recipients = _Parties(self.entries, members, lambda entry: entry.recipient)
        self._organisations = _sets((bit, [entry.organisation]) for bit, entry in self._bits())
        self._labels = _sets((bit, entry.labels or [None]) for bit, entry in self._bits())
        self._tags = _sets((bit, [*map(tag_word, entry.tags)] or [None]) for bit, entry in self._bits())
        self._numbers = [(bit, entry.cpr_numbers) for bit, entry in self._bits() if entry.cpr_numbers]
        self._scores = [(bit, entry.scores) for bit, entry in self._bits() if entry.scores]
        self._sizes = [
            (bit, entry.min_bytes or 0, entry.max_bytes)
            for bit, entry in self._bits()
            if entry.min_bytes is not None or entry.max_bytes is not None
        ]
        self.saying: Final = {term: self._where(term) for term in Term}
        self.by_recipient: Final = sum(bit for bit, entry in self._bits() if entry.asks_recipient_alone)
        self.tags: Final = frozenset(tag for tag in self._tags if tag)

    def about(self, message: Message) -> About:
        """What is known of *message*, for asking about its recipients."""
        every = (1 << len(self.entries)) - 1
        sure = may = every
        if message.sender is None:
            sure &= self._senders.anyone & self._organisations.get("", 0)
        else:
            of = self._organisations.get("", 0)
            if self._organisations.keys() != {""} and (name := self._owner(split_address(message.sender)[1])):
                of |= self._organisations.get(name, 0)
            sure &= self._senders.holding(message.sender) & of
            may &= sure
        sure, may = _among(self._labels, message.labels, sure, may)
        sure, may = _among(self._tags, message.tags, sure, may)
        unmet, unknown = self._measured(message)
        return About(self, sure & ~unmet & ~unknown, may & ~unmet)

    def recipients(self, recipient: str | None) -> tuple[int, int]:
        """``(sure, may)``: the entries that hold for *recipient*, and those that may."""
        if recipient is None:
            return self._recipients.anyone, -1
        holding = self._recipients.holding(recipient)
        return holding, holding

    def _measured(self, message: Message) -> tuple[int, int]:
        """The entries whose measure the message has not, and those of which it is not known."""
        unmet = unknown = 0
        for bit, least in self._numbers:
            if message.cpr_numbers is None:
                unknown |= bit
            elif message.cpr_numbers < least:
                unmet |= bit
        for bit, scores in self._scores:
            if message.scores is None:
                unknown |= bit
            elif not any(message.scores.get(label, 0.0) >= score for label, score in scores.items()):
                unmet |= bit
        for bit, least, most in self._sizes:
            if message.size is None:
                unknown |= bit
            elif message.size < least or (most is not None and message.size > most):
                unmet |= bit
        return unmet, unknown

    def _bits(self) -> Iterator[tuple[int, Policy]]:
        return ((1 << place, entry) for place, entry in enumerate(self.entries))

    def _where(self, term: Term) -> int:
        """The entries that say something about *term*."""
        return sum(bit for bit, entry in self._bits() if getattr(entry, term.value) not in (None, ""))


@dataclass(frozen=True, slots=True)
class About:
    """A message before its recipients are looked at; ``sure`` and ``may`` are sets of entries."""

    table: PolicyTable
    sure: int
    may: int

    def terms(self, recipient: str | None) -> Terms:
        """What holds when it goes to *recipient* (``None``: not known)."""
        sure, may = self.table.recipients(recipient)
        sure, may = sure & self.sure, may & self.may
        if not may:
            return NO_TERMS
        saying, entries = self.table.saying, self.table.entries
        perhaps: dict[Term, tuple[Policy, ...]] = {}
        found: dict[str, Policy | None] = {}
        for term in Term:
            given, open_ = sure & saying[term], may & ~sure & saying[term]
            if term is Term.LEAST:
                entry = strictest(_entries(entries, given)) if given else None
                beaten = tuple(one for one in _entries(entries, open_) if _beats(one, entry)) if open_ else ()
            else:
                first = given & -given
                entry = entries[first.bit_length() - 1] if first else None
                open_ &= first - 1 if first else -1
                beaten = tuple(_entries(entries, open_)) if open_ else ()
            found[term.value] = entry
            if beaten:
                perhaps[term] = beaten
        return Terms(**found, perhaps=perhaps)

    def holding(self, term: Term, recipient: str | None) -> Iterator[Policy]:
        """The entries that certainly hold and say something about *term*, in the order in which they count."""
        return _entries(
            self.table.entries, self.table.recipients(recipient)[0] & self.sure & self.table.saying[term]
        )

    def message_least(self, recipients: Iterable[str]) -> Policy | None:
        """The strictest demand on TLS that rests on sender or content, of all *recipients*. What rests on the recipient
        alone, segl-map adds for that one."""
        wanted = self.sure & self.table.saying[Term.LEAST] & ~self.table.by_recipient
        if not wanted:
            return None
        held = 0
        for recipient in recipients:
            held |= self.table.recipients(recipient)[0] & wanted
        return strictest(_entries(self.table.entries, held)) if held else None


def strictest(entries: Iterable[Policy]) -> Policy | None:
    """The one whose ``least`` is the strictest; of equals the first."""
    return max(entries, key=lambda entry: (entry.least or Proof.ENCRYPT).rank, default=None)


def level_of(entry: Policy, members: Mapping[str, Sequence[str]]) -> Level:
    """How narrow *entry* is by whom it names as senders: addresses alone, an organisation or its domains, nobody."""
    if not entry.names_sender:
        return Level.INSTALLATION
    named = list(_expanded(entry.sender, members))
    return Level.ADDRESS if named and all("@" in one for one in named) else Level.ORGANISATION


class _Parties:
    """Which entries hold for an address, by what they name: the address, its domain, a domain above."""

    __slots__ = ("_addresses", "_below", "_keys", "anyone")

    def __init__(
        self,
        entries: Sequence[Policy],
        members: Mapping[str, Sequence[str]],
        named: Callable[[Policy], Sequence[str]],
    ) -> None:
        self.anyone = 0
        self._keys: dict[str, int] = {}
        for place, entry in enumerate(entries):
            bit = 1 << place
            if not named(entry):
                self.anyone |= bit
            for key in _expanded(named(entry), members):
                self._keys[key] = self._keys.get(key, 0) | bit
        self._below = any(key.startswith(".") for key in self._keys)
        self._addresses = any("@" in key for key in self._keys)

    def holding(self, address: str) -> int:
        if not self._keys:
            return self.anyone
        local, domain = split_address(address)
        if not domain:
            return self.anyone
        keys = self._keys
        found = self.anyone | keys.get(domain, 0)
        if self._addresses:
            found |= keys.get(f"{folded(local)}@{domain}", 0)
        if self._below:
            above = domain.partition(".")[2]
            while above:
                found |= keys.get("." + above, 0)
                above = above.partition(".")[2]
        return found


def _expanded(parties: Iterable[str], members: Mapping[str, Sequence[str]]) -> Iterator[str]:
    for party in parties:
        if party.startswith(GROUP):
            yield from members.get(party.removeprefix(GROUP), ())
        else:
            yield party


def _sets(pairs: Iterable[tuple[int, Iterable[str | None]]]) -> dict[str | None, int]:
    found: dict[str | None, int] = {}
    for bit, keys in pairs:
        for key in keys:
            found[key] = found.get(key, 0) | bit
    return found


def _among(
    sets: Mapping[str | None, int], known: Collection[str] | None, sure: int, may: int
) -> tuple[int, int]:
    """Without the entries that ask for none of what is *known*."""
    held = sets.get(None, 0)
    if known is None:
        return sure & held, may
    for one in known:
        held |= sets.get(one, 0)
    return sure & held, may & held


def _entries(entries: Sequence[Policy], bits: int) -> Iterator[Policy]:
    while bits:
        first = bits & -bits
        yield entries[first.bit_length() - 1]
        bits ^= first


def _beats(one: Policy, other: Policy | None) -> bool:
    return other is None or (one.least or Proof.ENCRYPT).rank > (other.least or Proof.ENCRYPT).rank


NO_TERMS: Final = Terms()
