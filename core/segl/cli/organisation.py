"""The option ``--organisation`` of commands, where several share an installation."""

from __future__ import annotations

from segl.cli.output import fail
from segl.settings import Settings
from segl.settings_organisation import Owner


def named_owner(settings: Settings, name: str) -> Owner | None:
    """The organisation called *name*, ``None`` without one; ends the run when there is none of that name."""
    if not name:
        return None
    found = settings.owners.named(name)
    if found is None:
        known = ", ".join(owner.name for owner in settings.owners.every[:20])
        fail(f"there is no organisation {name!r}", f"there are: {known}")
    return found
