"""Policy entries that never count: one before them holds whenever they do, or their group holds nobody."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from segl.policy.table import Term
from segl.settings.policy import GROUP, Group, Policy
from segl.vocabulary import Decision

# Of least the strictest counts, wherever it stands.
_FIRST_WINS: Final = (Term.VERDICT, Term.ORDER, Term.RECEIPTS, Term.LOOK)


def hidden(entries: Sequence[Policy]) -> Iterator[tuple[Policy, Term, Policy]]:
    """Entries one of whose terms an earlier one always takes, of *entries* in the order in which they count: entry,
    term, and the one before. A verdict "plain" hides nothing: it is passed over where it does not lower."""
    for place, entry in enumerate(entries):
        for term in _FIRST_WINS:
            if getattr(entry, term.value) in (None, ""):
                continue
            for before in entries[:place]:
                value = getattr(before, term.value)
                if value not in (None, "", Decision.PLAIN) and _covers(before, entry):
                    yield entry, term, before
                    break


def nobodys(groups: Sequence[Group], entries: Sequence[Policy]) -> Iterator[tuple[Group, tuple[Policy, ...]]]:
    """Groups without a member that *entries* name, and which: what they hold or keep secure for its members they do
    for none of them. (A file that its maker emptied is such a group, and no fault.)"""
    for group in groups:
        word = GROUP + group.name
        naming = tuple(entry for entry in entries if word in entry.sender or word in entry.recipient)
        if naming and not group.members:
            yield group, naming


def _covers(before: Policy, entry: Policy) -> bool:
    """Whether *before* holds whenever *entry* does, as far as their conditions show it."""
    for key in ("sender", "recipient", "labels", "tags"):
        wide, narrow = getattr(before, key), getattr(entry, key)
        if wide and not (narrow and set(narrow) <= set(wide)):
            return False
    for key, least in (("cpr_numbers", True), ("min_bytes", True), ("max_bytes", False)):
        bound, of = getattr(before, key), getattr(entry, key)
        if bound is not None and (of is None or (of < bound if least else of > bound)):
            return False
    if before.scores and before.scores != entry.scores:
        return False
    return not before.organisation or before.organisation == entry.organisation
