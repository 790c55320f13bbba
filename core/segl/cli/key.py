"""``segl key new|import|list``, and the commands of :mod:`segl.cli.key_change`: our own keys, which partners encrypt to
and we sign with."""

from __future__ import annotations

import sys
from codecs import BOM_UTF8
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from segl.cli import key_change
from segl.cli.key_input import Named, changing, directory_of, tell
from segl.cli.options import DryRun, JsonLines, SettingsFile
from segl.cli.output import Exit, fail, fail_of, say, say_json
from segl.cli.trusted import settings_of
from segl.errors import SeglError
from segl.places import DEFAULT_FILE

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

    from segl_delivery.cms.digests import PrivateKey
    from segl_delivery.own_keys.directory import KeptKey, KeyDirectory
    from segl_delivery.own_keys.reading import Material, Unreadable

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


@app.command()
def new(
    holders: Annotated[
        list[str] | None,
        typer.Argument(metavar="DOMAIN|ADDRESS…", help="Whom it is for; without, all own domains."),
    ] = None,
    algorithm: Annotated[
        str, typer.Option("--algorithm", help="rsa-3072, rsa-4096, p-256, p-384.")
    ] = "rsa-3072",
    days: Annotated[int, typer.Option("--days", min=1, max=3650, help="For how long it holds.")] = 1095,
    cvr: Annotated[str, typer.Option("--cvr", help="The CVR number, to stand in the certificate.")] = "",
    csr: Annotated[
        Path | None, typer.Option("--csr", metavar="FILE", help="Write a request for an authority instead.")
    ] = None,
    another: Annotated[bool, typer.Option("--another", help="Though there is a good one already.")] = False,
    name: Named = "",
    dry_run: DryRun = False,
    as_json: JsonLines = False,
    settings: SettingsFile = DEFAULT_FILE,
) -> None:
    """Make a key, and a certificate for it that partners can be given.

    With --csr it waits for the certificate, which segl key import brings. Without --another nothing is made while
    a key for the same is good for 60 days more, or waits.

    Exit code: 0 made or there already, 1 it could not be, 2 bad input.
    """
    from segl.cli import key_text
    from segl_delivery.own_keys import making

    loaded = settings_of(settings)
    wanted = key_text.holders(loaded, holders or list(loaded.organisation.domains))
    try:
        chosen = making.Algorithm(algorithm)
    except ValueError:
        fail(f"--algorithm {algorithm} is not known", f"one of {', '.join(making.Algorithm)}")
    try:
        holder = making.Holder(key_text.owners_in(loaded, wanted)[0].name, wanted.certified, cvr)
        _ = holder.names, holder.subject
    except ValueError as error:
        fail(str(error))
    with changing(loaded, dry_run=dry_run) as keys:
        now = datetime.now(UTC)
        if not another and (there := key_text.good_for(keys.kept(), wanted, now)):
            if csr is not None and there.request is None:
                why = f"{there.name} is good for a while yet: no request was written"
                fail(why, "--another makes a key beside it", Exit.FAILED)
            _request_again(there, csr)
            tell("there already", there, as_json)
            return
        name = key_text.free_name(name or wanted.name, {kept.name for kept in keys.kept()}, chosen=bool(name))
        if dry_run:
            say(f"would make {name}: {chosen}, for {', '.join(wanted.told)}")
            return
        key = making.new_key(chosen)
        if csr is None:
            keys.add(name, key, (making.self_signed(key, holder, days, now),), wanted.state())
        else:
            asked = making.request(key, holder)
            keys.add_waiting(name, key, asked, wanted.state())
            key_text.write_public(csr, key_text.pem_of(asked))
        tell("made", keys.get(name), as_json)
    if not as_json:
        say(f"next: {key_text.next_step(name, csr)}")


@app.command(name="import")
def import_(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE…", readable=False, help="PKCS #12, PEM, DER; certificates alone in PKCS #7 too."
        ),
    ],
    passphrase_file: Annotated[
        Path | None,
        typer.Option("--passphrase-file", readable=False, help="The files' passphrase; else you are asked."),
    ] = None,
    retired: Annotated[bool, typer.Option("--retired", help="An old key, only to open old mail.")] = False,
    any_purpose: Annotated[
        bool, typer.Option("--any-purpose", help="Though it was issued for something else than mail.")
    ] = False,
    holders: Annotated[
        list[str] | None,
        typer.Option(
            "--for", metavar="DOMAIN|ADDRESS", help="Whom it is for, when the certificate does not say."
        ),
    ] = None,
    name: Named = "",
    dry_run: DryRun = False,
    as_json: JsonLines = False,
    settings: SettingsFile = DEFAULT_FILE,
) -> None:
    """Take a key and its certificate over, or the certificate that a key here waits for.

    A PKCS #12 file as MitID Erhverv gives it, a pair of PEM files, or the certificate alone: for a key made by segl
    key new --csr, or a new one for a key that is here already. The chain is kept along.

    Exit code: 0 taken or there already, 1 refused, 2 bad input.
    """
    from segl.cli import key_text
    from segl_delivery.own_keys.judging import own_and_chain, refusal

    loaded = settings_of(settings)
    material = _material(files, passphrase_file)
    with changing(loaded, dry_run=dry_run) as keys:
        waited_as, key = _key_of(material, keys)
        chain = own_and_chain(key, material.certificates)
        if not chain:
            what = (
                "the certificate belongs to another key"
                if material.certificates
                else "there is no certificate in it"
            )
            fail(what, "give the file of the certificate along", Exit.FAILED)
        if why := refusal(chain[0], datetime.now(UTC), retired=retired, any_purpose=any_purpose):
            fail(why[0], why[1], Exit.FAILED)
        wanted = key_text.holders_of(loaded, holders, chain[0], retired=retired)
        if (kept := _there_already(keys, chain[0])) is not None and kept.own is not None:
            if holders and (kept.own.domains, kept.own.addresses) != (wanted.domains, wanted.addresses):
                hint = f"segl key assign {kept.name} {' '.join(holders)}"
                fail(f"{kept.name} is there already, for others", hint, Exit.FAILED)
            if kept.own.retired is not retired:
                hint = f"segl key retire {kept.name}{'' if retired else ' --undo'}"
                fail(f"{kept.name} is there already, {kept.state}", hint, Exit.FAILED)
            tell("there already", kept, as_json)
            return
        names = {kept.name for kept in keys.kept()}
        name = waited_as or key_text.free_name(name or wanted.name, names, chosen=bool(name))
        if dry_run:
            say(f"would import {name}, for {', '.join(wanted.told)}")
            return
        keys.add(name, key, chain, wanted.state(retired=retired))
        tell("imported", keys.get(name), as_json)


def _key_of(material: Material, keys: KeyDirectory) -> tuple[str, PrivateKey]:
    """The key of *material*; else the one here that waits for its certificate, with the name of that, or that has an
    older one."""
    if material.key is not None:
        return "", material.key
    found = (keys.waiting_for(entry) for entry in material.certificates)
    waiting = next(filter(None, found), None)
    if waiting is not None:
        return waiting
    held_keys = (keys.held_for(entry) for entry in material.certificates)
    held = next((key for key in held_keys if key is not None), None)
    if held is None:
        why = "there is no private key in it, and no key here is that of this certificate"
        fail(why, code=Exit.FAILED)
    return "", held


def _there_already(keys: KeyDirectory, certificate: Certificate) -> KeptKey | None:
    from segl.certificates.judgement import fingerprint

    wanted = fingerprint(certificate)
    own = (kept for kept in keys.kept() if kept.own is not None)
    return next((kept for kept in own if kept.own and fingerprint(kept.own.certificate) == wanted), None)


@app.command(name="list")
def list_keys(as_json: JsonLines = False, settings: SettingsFile = DEFAULT_FILE) -> None:
    """Show our keys: whom they are for, until when, what they are used for, and what to look at.

    Exit code: 0 all in order, 1 something to look at, 2 they cannot be read.
    """
    from segl.cli import key_text

    loaded, now = settings_of(settings), datetime.now(UTC)
    try:
        found = directory_of(loaded).kept()
    except SeglError as error:
        fail_of(error)
    for line in key_text.table(found, now, as_json=as_json):
        if as_json:
            say_json(line)
        else:
            say(str(line))
    if not found and not as_json:
        say("no keys: segl key new makes one")
    raise typer.Exit(Exit.FAILED if any(kept.warnings(now) for kept in found) else Exit.OK)


def _material(files: list[Path], passphrase_file: Path | None) -> Material:
    from segl.certificates.given import in_ascii
    from segl.cli import key_text
    from segl_delivery.own_keys.reading import Unreadable, read_material

    contents = [key_text.read_bounded(file) for file in files]
    given = None
    if passphrase_file is not None:
        given = in_ascii(key_text.read_bounded(passphrase_file)).removeprefix(BOM_UTF8).rstrip(b"\r\n")
    try:
        return read_material(contents, given)
    except Unreadable as error:
        names = _named(files, error)
        if not error.wants_passphrase or given is not None:
            fail(f"{names}: {error.private}", error.hint, Exit.FAILED)
    if not sys.stdin.isatty():
        fail(f"{names}: it has a passphrase", "name the file it stands in with --passphrase-file")
    given = typer.prompt(f"Passphrase of {names}", hide_input=True, err=True).encode()
    try:
        return read_material(contents, given)
    except Unreadable as error:
        fail(f"{_named(files, error)}: {error.private}", error.hint, Exit.FAILED)


def _named(files: list[Path], error: Unreadable) -> str:
    """The file at fault, where it is one's alone."""
    return ", ".join(map(str, files if error.at is None else files[error.at : error.at + 1]))


def _request_again(kept: KeptKey, csr: Path | None) -> None:
    from segl.cli import key_text

    if csr is not None and kept.request is not None:
        key_text.write_public(csr, key_text.pem_of(kept.request))


for command in (key_change.assign, key_change.retire, key_change.export, key_change.remove):
    app.command()(command)
