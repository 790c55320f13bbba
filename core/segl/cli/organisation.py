"""The option ``--organisation`` of commands, and whom the settings bind to one, where several share an installation.

Whoever an organisation names in ``staff`` is shown what is of the organisations that name her, and nothing else: by the
commands that can tell whose something is. The others, which cannot, refuse her.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from segl.cli.output import fail
from segl.cli.person import me

if TYPE_CHECKING:
    from segl.scope import Scope
    from segl.settings.document import Settings
    from segl.settings.organisation import Owner

Organisation = Annotated[
    str, typer.Option("--organisation", metavar="NAME", help="Only of this organisation's senders.")
]


def named_owner(settings: Settings, name: str) -> Owner | None:
    """The organisation called *name*, without one that to which who runs the command is bound; ``None``: all of them.
    Ends the run when there is none of that name, or it is not for her."""
    bound = settings.owners.bound(me())
    if not name:
        if len(bound) > 1:
            fail(
                "of which organisation?", f"--organisation, one of {', '.join(owner.name for owner in bound)}"
            )
        return bound[0] if bound else None
    found = next((owner for owner in bound or settings.owners.every if owner.name == name), None)
    if found is None:
        known = ", ".join(owner.name for owner in (bound or settings.owners.every)[:20])
        fail(f"there is no organisation {name!r}" + (f" for {me()}" if bound else ""), f"there are: {known}")
    return found


def scope_of(settings: Settings, name: str) -> Scope:
    """What who runs the command is shown, with ``--organisation`` *name*. Ends the run as :func:`named_owner` does."""
    from segl.scope import Scope

    owners = settings.owners
    if name and (owner := named_owner(settings, name)) is not None:
        return Scope(owners, (owner,))
    return Scope(owners, owners.bound(me()) or None)


def refuse_bound(settings: Settings) -> None:
    """Ends the run of a command that tells of every organisation, for whoever is bound to some."""
    if bound := settings.owners.bound(me()):
        whose = ", ".join(owner.name for owner in bound)
        fail(
            f"{me()} is shown what is of {whose}, and this tells of everybody's",
            "ask who runs the installation",
        )
