"""Policy entries that never count, because one before them holds whenever they do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from segl.policy import Term
from segl.settings_policy import Policy
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
