"""``segl install``: joins an existing Postfix, shows every change first, and can take all of it back."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from segl.cli.options import SettingsFile
from segl.cli.output import Exit, fail, fail_of
from segl.errors import PostfixError, SeglError
from segl.places import BACKUPS, DEFAULT_FILE
from segl.postfix.role import Role


def install(
    settings: SettingsFile = DEFAULT_FILE,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the changes and stop.")] = False,
    reload: Annotated[
        bool, typer.Option("--reload", help="Reload Postfix afterwards (never starts it).")
    ] = False,
    undo: Annotated[bool, typer.Option("--undo", help="Put back what the last run changed.")] = False,
    force: Annotated[
        bool, typer.Option("--force", help="With --undo: also over edits and waiting mail.")
    ] = False,
    role: Annotated[
        Role | None,
        typer.Option("--as", help="What this Postfix must be, by settings and configuration; refused else."),
    ] = None,
    backup: Annotated[
        Path, typer.Option("--backup", readable=False, help="Where backups are kept.")
    ] = BACKUPS,
) -> None:
    """Join an existing Postfix: show what would change, ask, change it; --undo takes it back.

    Exit code: 0 done or nothing to do, 1 refused, failed or declined, 2 bad settings.
    """
    # Only now: what the work needs takes a tenth of a second to load, and --help needs none of it.
    from segl.cli import installing
    from segl.cli.trusted import trusted_settings

    with _errors():
        _must_be_root(dry_run)
        loaded = trusted_settings(settings)
        if not loaded.postfix.front.is_dir():
            raise PostfixError(f"there is no directory {loaded.postfix.front}", hint="install Postfix first")
        with installing.alone(loaded):
            if undo:
                installing.take_back(backup, yes=yes, dry_run=dry_run, force=force, reload_front=reload)
            else:
                installing.must_be(role, loaded)
                installing.join(loaded, backup, yes=yes, dry_run=dry_run, reload_front=reload)


def _must_be_root(dry_run: bool) -> None:
    if os.geteuid() and not dry_run:
        raise PostfixError(
            "only root may change Postfix", hint="sudo segl install; --dry-run shows the changes"
        )


@contextmanager
def _errors() -> Iterator[None]:
    """Errors in two lines on standard error, never a traceback."""
    try:
        yield
    except PostfixError as error:
        fail(error.private, error.hint, Exit.FAILED)
    except SeglError as error:
        fail_of(error)
    except OSError as error:
        fail(f"{error.filename}: {error.strerror}", code=Exit.FAILED)
