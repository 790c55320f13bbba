"""One list brought up to date: fetched, judged, kept; or refused, and then nothing on disk has changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from segl.errors import TunnelListError
from segl.settings.tunnel import TunnelList as Terms
from segl.vocabulary import ListFault
from segl_routing.tunnel_list.accepted import (
    Accepted,
    Copy,
    folder_of,
    is_trusted,
    moment,
    read_copy,
    read_state,
)
from segl_routing.tunnel_list.content import Entry, digest_of_entries
from segl_routing.tunnel_list.judging import (
    Advance,
    Changes,
    Offer,
    Worth,
    check_loss,
    check_size,
    compare,
    is_new,
    worth,
)
from segl_routing.tunnel_list.keeping import keeper_of
from segl_routing.tunnel_list.sources import Source

Bar = Callable[[int], AbstractContextManager[Advance]]  # a progress bar over so many domains


class UpdateResult(StrEnum):
    """What an update came to, when the list was not refused."""

    ACCEPTED = "accepted"
    WOULD_ACCEPT = "would-accept"  # a dry run
    NOTHING_NEW = "nothing-new"
    ROLLED_BACK = "rolled-back"  # nothing newer than what the postmaster went back from


@dataclass(frozen=True, slots=True)
class Updated:
    """The outcome for one list. ``left_out`` names domains that are not used, with the reason."""

    name: str
    result: UpdateResult
    copy: Copy | None
    changes: Changes = field(default_factory=Changes)
    left_out: dict[str, str] = field(default_factory=dict)
    warning: str = ""

    def as_dict(self) -> dict[str, Any]:
        return {
            "list": self.name,
            "result": self.result.value,
            "serial": self.copy and self.copy.serial,
            "domains": self.copy and self.copy.domains,
            "usable": self.copy and self.copy.usable,
            **self.changes.as_dict(),
            "left_out": self.left_out,
            "warning": self.warning or None,
        }


@dataclass(frozen=True, slots=True)
class _Judged:
    """An offer that may be accepted."""

    offer: Offer
    worth: Worth
    changes: Changes
    warning: str
    domains: int


def update(
    terms: Terms,
    base: Path,
    source: Source,
    now: float,
    *,
    accept_shrink: bool = False,
    dry_run: bool = False,
    bar: Bar | None = None,
) -> Updated:
    """Bring the list of *terms* up to date; *now* is Unix time. With *dry_run* nothing is written.

    Raises :class:`TunnelListError` when it is refused or cannot be had: the accepted one stays in force.
    """
    folder = folder_of(base, terms.name)
    with nullcontext(None) if dry_run else keeper_of(base, terms.name) as keeper:
        before = read_state(folder)
        offer = source(before, moment(now))
        if offer is None or not is_new(offer, before, terms, moment(now)):
            if keeper is not None and before is not None:
                keeper.write_state(_checked(before, offer, now))
            return _nothing_new(terms, before)
        judged = _judge(offer, terms, _entries_before(folder, before), now, accept_shrink, bar)
        copy = _copy_of(judged, now)
        if keeper is not None:
            keeper.accept(copy, offer.content, _state_after(judged, copy, terms, before), terms.keep)
    result = UpdateResult.WOULD_ACCEPT if dry_run else UpdateResult.ACCEPTED
    return Updated(terms.name, result, copy, judged.changes, judged.worth.left_out, judged.warning)


def roll_back(
    terms: Terms, base: Path, serial: int | None, *, dry_run: bool = False
) -> tuple[Copy, Copy, Changes]:
    """Put the copy with *serial* in force again (default: the one accepted before the present one).

    Returns the copy until now, the new one, and what that changes. The highest serial stays: what the postmaster
    went back from is not taken again, only a newer one. Raises :class:`TunnelListError`.
    """
    folder = folder_of(base, terms.name)
    with nullcontext(None) if dry_run else keeper_of(base, terms.name) as keeper:
        state = _state_to_roll_back(folder, terms)
        chosen = _chosen(state, serial, terms)
        after = read_copy(folder, chosen).by_domain()[0]
        if keeper is not None:
            keeper.write_state(replace(state, current=chosen))
    return state.current, chosen, compare(_readable(folder, state.current), after)


def offered(terms: Terms, base: Path, source: Source, now: float) -> Changes:
    """The changes from what is in force to what the source has now, whether it would be taken or not.

    Raises :class:`TunnelListError` when it cannot be had or read.
    """
    offer = source(None, moment(now))  # all of it, not only what is newer
    before = entries_in_force(terms, base)
    return compare(before, offer.listed.by_domain()[0] if offer else before)


def entries_in_force(terms: Terms, base: Path) -> dict[str, Entry]:
    """What is accepted of the list, by domain; empty when nothing is. Raises :class:`TunnelListError`."""
    folder = folder_of(base, terms.name)
    return _entries_before(folder, read_state(folder))


def _judge(
    offer: Offer, terms: Terms, old: dict[str, Entry], now: float, accept_shrink: bool, bar: Bar | None
) -> _Judged:
    entries, no_names = offer.listed.by_domain()
    check_size(entries, terms)
    with bar(len(entries) + len(old)) if bar else nullcontext(None) as advance:
        new_worth = worth(entries, moment(now), advance)
        old_worth = worth(old, moment(now), advance)
    warning = check_loss(old_worth, new_worth, terms, accept_shrink=accept_shrink)
    told = replace(new_worth, left_out={**no_names, **new_worth.left_out})
    return _Judged(offer, told, compare(old, entries), warning, len(entries))


def _entries_before(folder: Path, before: Accepted | None) -> dict[str, Entry]:
    """What was accepted. When its copy is damaged there is nothing to compare with, and the run must not be
    the way past the guard against a shrunken list: it fails."""
    return read_copy(folder, before.current).by_domain()[0] if before else {}


def _readable(folder: Path, copy: Copy) -> dict[str, Entry]:
    """The entries of *copy*, none when it is damaged: going back is the way out of that."""
    try:
        return read_copy(folder, copy).by_domain()[0]
    except TunnelListError:
        return {}


def _copy_of(judged: _Judged, now: float) -> Copy:
    listed, sha256 = judged.offer.listed, judged.offer.sha256
    return Copy(
        file=f"{listed.serial}-{sha256[:16]}.json",
        sha256=sha256,
        serial=listed.serial,
        issued=listed.issued,
        expires=listed.expires,
        publisher=listed.publisher,
        domains=judged.domains,
        usable=len(judged.worth.usable),
        first_end=judged.worth.first_end,
        accepted_at=now,
        signer=judged.offer.signer,
    )


def _state_after(judged: _Judged, copy: Copy, terms: Terms, before: Accepted | None) -> Accepted:
    offer = judged.offer
    return Accepted(
        current=copy,
        kept=before.kept if before else (),
        highest=copy.serial,
        highest_sha256=copy.sha256,
        highest_entries=digest_of_entries(offer.listed.entries),
        checked_at=copy.accepted_at,
        source=terms.source,
        etag=offer.etag,
        last_modified=offer.last_modified,
    )


def _checked(before: Accepted, offer: Offer | None, now: float) -> Accepted:
    """*before*, looked at again: the same list may be signed under another pin by now."""
    state = replace(before, checked_at=now)
    if offer is None:
        return state
    current = state.current
    if offer.sha256 == current.sha256:
        current = replace(current, signer=offer.signer)
    kept = tuple(current if copy.file == current.file else copy for copy in state.kept)
    return replace(state, current=current, kept=kept, etag=offer.etag, last_modified=offer.last_modified)


def _nothing_new(terms: Terms, before: Accepted | None) -> Updated:
    rolled_back = before is not None and before.rolled_back
    result = UpdateResult.ROLLED_BACK if rolled_back else UpdateResult.NOTHING_NEW
    return Updated(terms.name, result, before.current if before else None)


def _state_to_roll_back(folder: Path, terms: Terms) -> Accepted:
    state = read_state(folder)
    if state is None:
        hint = f"run: segl tunnel update {terms.name}"
        raise TunnelListError(ListFault.BAD_COPY, f"of list {terms.name} nothing was accepted yet", hint)
    return state


def _chosen(state: Accepted, serial: int | None, terms: Terms) -> Copy:
    kept: Sequence[Copy] = [copy for copy in state.kept if is_trusted(copy, terms)]
    if serial is None:
        later = [copy for copy in kept if copy.serial < state.current.serial]
        if later:
            return later[0]
        raise TunnelListError(
            ListFault.BAD_COPY, f"no copy of list {terms.name} older than {state.current.serial} is kept"
        )
    for copy in kept:
        if copy.serial == serial:
            return copy
    held = ", ".join(str(copy.serial) for copy in kept)
    raise TunnelListError(
        ListFault.BAD_COPY, f"list {terms.name} has no copy with serial {serial}", f"kept are: {held}"
    )
