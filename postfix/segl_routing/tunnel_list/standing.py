"""How a tunnel list stands: for ``segl tunnel list``, ``segl status`` and ``segl doctor``.

Read from the small state file alone, so it may be asked at any time and by anyone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from segl.errors import TunnelListError
from segl.settings.document import Settings
from segl.settings.tunnel import TunnelList as Terms
from segl_routing.tunnel_list.accepted import Accepted, Copy, ends, folder_of, is_trusted, moment, read_state

OLD: Final = timedelta(hours=26)  # the timer has missed four runs


class Condition(StrEnum):
    """What is the matter with a list. ``USED`` and ``ROLLED_BACK`` are in order."""

    USED = "used"
    ROLLED_BACK = "rolled-back"  # by the postmaster, until there is a newer one
    OLD = "old"  # used; its source was not asked, or gave nothing good, for more than a day
    GRACE = "grace"  # used; it has ended, and its days of grace run
    ENDED = "ended"  # not used
    UNTRUSTED = "untrusted"  # not used: its signer is no longer pinned
    EMPTY = "empty"  # nothing was accepted yet
    UNREADABLE = "unreadable"

    @property
    def good(self) -> bool:
        return self in (Condition.USED, Condition.ROLLED_BACK)

    @property
    def used(self) -> bool:
        return self.good or self in (Condition.OLD, Condition.GRACE)


@dataclass(frozen=True, slots=True)
class ListStanding:
    """One list now. ``text`` is a line for people; ``hint`` what to do when it is not in order."""

    name: str
    condition: Condition
    text: str
    hint: str = ""
    state: Accepted | None = None

    @property
    def copy(self) -> Copy | None:
        return self.state.current if self.state else None

    def as_dict(self) -> dict[str, Any]:
        state, copy = self.state, self.copy
        return {
            "list": self.name,
            "condition": self.condition.value,
            "text": self.text,
            "serial": copy and copy.serial,
            "highest_serial": state and state.highest,
            "publisher": copy and copy.publisher,
            "domains": copy and copy.domains,
            "usable": copy and copy.usable,
            "issued": copy and copy.issued.isoformat(),
            "expires": copy.expires.isoformat() if copy and copy.expires else None,
            "first_certificate_ends": copy.first_end.isoformat() if copy and copy.first_end else None,
            "accepted_at": copy and round(copy.accepted_at, 1),
            "checked_at": state and round(state.checked_at, 1),
            "signer": copy and copy.signer,
            "kept": [one.serial for one in state.kept] if state else [],
        }


def standings(settings: Settings, now: float) -> list[ListStanding]:
    """All lists of the settings, in their order; *now* is Unix time."""
    base = settings.delivery.tunnel_lists
    return [standing(terms, base, now) for terms in settings.tunnel_list]


def standing(terms: Terms, base: Path, now: float) -> ListStanding:
    """The list of *terms*."""
    update = f"run: segl tunnel update {terms.name}"
    try:
        state = read_state(folder_of(base, terms.name))
    except TunnelListError as error:
        return ListStanding(terms.name, Condition.UNREADABLE, error.private, error.hint)
    if state is None:
        return ListStanding(terms.name, Condition.EMPTY, "nothing was accepted yet", update)
    copy, time = state.current, moment(now)
    facts = f"serial {copy.serial}, {copy.usable} of {copy.domains} domains usable"
    end = ends(copy, terms)
    if not is_trusted(copy, terms):
        text, condition = f"{facts}; not used: its signer is no longer pinned", Condition.UNTRUSTED
    elif end is not None and time > end:
        text, condition = f"{facts}; not used: it ended on {_day(copy.expires)}", Condition.ENDED
    elif copy.expires is not None and time > copy.expires:
        text = f"{facts}; it ended on {_day(copy.expires)} and is used until {_day(end)}"
        condition = Condition.GRACE
    elif now - state.checked_at > OLD.total_seconds():
        text = f"{facts}; nothing good came from its source since {_minute(state.checked_at)}"
        condition = Condition.OLD
    elif state.rolled_back:
        text = f"{facts}; rolled back from {state.highest}, until there is a newer one"
        return ListStanding(terms.name, Condition.ROLLED_BACK, text, state=state)
    else:
        until = f", until {_day(copy.expires)}" if copy.expires else ""
        return ListStanding(terms.name, Condition.USED, f"{facts}{until}", state=state)
    return ListStanding(
        terms.name, condition, text, f"{update}; see: journalctl -u segl-tunnel-update", state
    )


def _day(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d}" if moment else "no day"


def _minute(seconds: float) -> str:
    return f"{moment(seconds):%Y-%m-%d %H:%M} UTC"
