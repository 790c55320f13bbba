"""``segl key assign|retire|export|remove``: keys that are there already."""

from __future__ import annotations

import sys
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from segl.cli.key_input import Name, changing, directory_of, tell
from segl.cli.options import DryRun, JsonLines, SettingsFile
from segl.cli.output import Exit, complain, fail, say
from segl.cli.trusted import settings_of
from segl.errors import SeglError
from segl.places import DEFAULT_FILE


def assign(
    name: Name,
    holders: Annotated[
        list[str], typer.Argument(metavar="DOMAIN|ADDRESS…", help="Whom it is for from now on.")
    ],
    dry_run: DryRun = False,
    as_json: JsonLines = False,
    settings: SettingsFile = DEFAULT_FILE,
) -> None:
    """Say whom NAME is for: whom it signs for, and at whose domains mail encrypted to it is opened. The certificate
    stays as it is.

    Exit code: 0 done or so already, 1 it could not be, 2 bad input.
    """
    from segl.cli import key_text

    loaded = settings_of(settings)
    wanted = key_text.holders(loaded, holders)
    with changing(loaded, dry_run=dry_run) as keys:
        keys.get(name)
        if dry_run:
            say(f"would make {name} be for {', '.join(wanted.told)}")
            return
        keys.set_holders(name, wanted.domains, wanted.addresses)
        tell("assigned", keys.get(name), as_json)


def retire(
    name: Name,
    undo: Annotated[bool, typer.Option("--undo", help="Take it into use again.")] = False,
    yes: Annotated[
        bool, typer.Option("--yes", help="Though a domain then has no key to sign with and give to partners.")
    ] = False,
    dry_run: DryRun = False,
    as_json: JsonLines = False,
    settings: SettingsFile = DEFAULT_FILE,
) -> None:
    """Sign no more with NAME and give it to nobody; mail encrypted to it is still opened.

    The last good key of a domain is retired only with --yes.

    Exit code: 0 done or so already, 1 it could not be.
    """
    from segl.cli import key_text
    from segl_delivery.keyring import KeyStatus
    from segl_delivery.own_keys.directory import State

    with changing(settings_of(settings), dry_run=dry_run) as keys:
        kept = keys.get(name)
        if kept.own is None:
            fail(f"{name} is {kept.state}: {kept.fault or 'it has no certificate yet'}", code=Exit.FAILED)
        wanted = State.ACTIVE if undo else State.RETIRED
        bare = () if undo else key_text.uncovered(keys.kept(), name, datetime.now(UTC))
        if bare and not yes and not dry_run:
            why = f"{name} was not retired: {', '.join(bare)} would have no key left to sign with"
            fail(why, f"segl key new {bare[0]} --another makes one, or --yes", Exit.FAILED)
        if dry_run and kept.state is not wanted:
            say(f"would make {name} {wanted}")
            if bare:
                complain(f"{', '.join(bare)} would have no key left to sign with")
            return
        if kept.state is not wanted:
            keys.set_state(name, KeyStatus.ACTIVE if undo else KeyStatus.RETIRED)
        tell("there already" if kept.state is wanted else wanted.value, keys.get(name), as_json)


def export(
    name: Name,
    out: Annotated[Path | None, typer.Option("--out", help="Where to; without, standard output.")] = None,
    form: Annotated[
        str, typer.Option("--form", help="pem, der, smimea (a DNS record), or fingerprint.")
    ] = "pem",
    chain: Annotated[bool, typer.Option("--chain", help="The authorities' certificates too (PEM).")] = False,
    settings: SettingsFile = DEFAULT_FILE,
) -> None:
    """Write the certificate of NAME, to give to partners or publish. Never the key.

    Exit code: 0 written, 1 there is none to give.
    """
    from segl.cli import key_text
    from segl_delivery.own_keys.directory import State

    try:
        kept = directory_of(settings_of(settings)).get(name)
    except SeglError as error:
        fail(error.private, error.hint, Exit.FAILED)
    if kept.own is None:
        fail(f"{name} is {kept.state}: {kept.fault or 'it has no certificate yet'}", code=Exit.FAILED)
    if kept.state is State.RETIRED:
        complain(f"{name} is retired: do not give it to anybody who would encrypt to it")
    written = key_text.exported(kept.own, kept.chain if chain else (), form)
    if out is not None:
        key_text.write_public(out, written)
        return
    with suppress(BrokenPipeError):
        sys.stdout.buffer.write(written)


def remove(
    name: Name,
    force: Annotated[bool, typer.Option("--force", help="Yes: mail to it is lost for ever.")] = False,
    dry_run: DryRun = False,
    settings: SettingsFile = DEFAULT_FILE,
) -> None:
    """Delete a key for ever. What was encrypted to it can then be opened by nobody: retire it instead.

    Exit code: 0 deleted, 1 not.
    """
    with changing(settings_of(settings), dry_run=dry_run) as keys:
        kept = keys.get(name)
        if dry_run:
            say(f"would delete {name} ({kept.state})")
            return
        if not force:
            complain(f"{name} was not deleted: mail encrypted to it could never be opened again, by anybody")
            fail(
                "a key that is not used any more is retired",
                f"segl key retire {name}, or --force",
                Exit.FAILED,
            )
        keys.remove(name)
        say(f"{name} is deleted")
