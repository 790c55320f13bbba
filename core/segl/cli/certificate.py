"""``segl certificate find|import|list|forget``: recipients' own certificates."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from segl.cli.options import JsonLines, SettingsFile
from segl.cli.output import printable, why_unread
from segl.places import DEFAULT_FILE

if TYPE_CHECKING:
    from segl.certificates.records import CertificateRecords, CertificateRow
    from segl.settings.document import Settings
    from segl_routing.certificates.finder import SearchResult

EXIT_NONE = 20
EXIT_UNKNOWN = 21

Address = Annotated[str, typer.Argument(metavar="ADDRESS", help="A mail address.")]

app = typer.Typer(help="Recipients' own certificates.", no_args_is_help=True, rich_markup_mode=None)


@app.command()
def find(address: Address, as_json: JsonLines = False, settings: SettingsFile = DEFAULT_FILE) -> None:
    """Ask every source for ADDRESS, and say of each certificate why it may be used or not.

    Nothing is recorded. Exit code: 0 one may be used, 20 there is none, 21 it cannot be told now, 2 bad settings.
    """
    import asyncio

    from segl.cli.output import fail_of, say, say_json
    from segl.errors import SeglError
    from segl.vocabulary import Known

    key = _key(address)
    try:
        loaded = _loaded(settings)
        result = asyncio.run(_found(loaded, settings, key))
    except SeglError as error:
        fail_of(error)
    if as_json:
        say_json(
            {
                "address": key,
                "known": result.known.value,
                "reason": result.reason,
                "used": [row.fingerprint for row in result.rows],
                "sources": [asked.as_dict() for asked in result.asked],
            }
        )
    else:
        for line in _told(result):
            say(line)
    codes = {Known.YES: 0, Known.NO: EXIT_NONE, Known.UNKNOWN: EXIT_UNKNOWN}
    raise typer.Exit(codes[result.known])


@app.command("import")
def import_(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE…", readable=False, help="PEM or DER files, or PKCS #7 (.p7b)."),
    ],
    address: Annotated[
        str, typer.Option("--for", help="Whose it is, when the address does not stand in it.")
    ] = "",
    as_json: JsonLines = False,
    settings: SettingsFile = DEFAULT_FILE,
) -> None:
    """Keep the recipients' certificates in FILEs, for the addresses that stand in them.

    They are judged when they are to be used; one that could never be is refused here. Exit code: 0 all were kept,
    1 one was refused, 2 bad input.
    """
    from segl.certificates.names import holder_of
    from segl.cli.output import complain, fail_of, say, say_json
    from segl.errors import SeglError
    from segl.settings.certificates import CertificateSource

    bound, refused, kept = _key(address) if address else "", False, False
    try:
        loaded = _loaded(settings)
        records = _records(loaded)
        for file in files:
            for certificate, key, why in _offered(file, bound):
                if why:
                    complain(f"{file}: {why}")
                    refused = True
                    continue
                row, new = _keep(records, certificate, key, bound=bool(bound))
                kept = True
                if as_json:
                    say_json({**_as_dict(row), "new": new})
                else:
                    known = "kept" if new else "was kept already"
                    say(f"{key}  {row.fingerprint[:16]}  {printable(str(holder_of(certificate)))}: {known}")
    except SeglError as error:
        fail_of(error)
    if kept and CertificateSource.KEPT not in loaded.certificates.sources:
        complain('nobody looks for what is kept: certificates.sources does not name "kept"')
    raise typer.Exit(1 if refused else 0)


@app.command("list")
def list_(
    address: Annotated[str, typer.Argument(metavar="[ADDRESS]", help="Only this one's.")] = "",
    as_json: JsonLines = False,
    settings: SettingsFile = DEFAULT_FILE,
) -> None:
    """Show the certificates that are kept: imported, or harvested from signed mail."""
    from segl.cli.output import columns, fail_of, say, say_json
    from segl.errors import SeglError

    try:
        rows = _records(_loaded(settings)).kept(_key(address) if address else None)
    except SeglError as error:
        fail_of(error)
    if as_json:
        for row in rows:
            say_json(_as_dict(row))
        return
    cells = [_as_dict(row) for row in rows]
    for line in columns(
        (cell["address"], cell["fingerprint"][:16], cell["source"], cell["ends"], printable(cell["holder"]))
        for cell in cells
    ):
        say(line)
    if not rows:
        say("none is kept")


@app.command()
def forget(
    address: Address,
    fingerprint: Annotated[
        str, typer.Argument(metavar="[FINGERPRINT]", help="Only the one that begins so (SHA-256, hex).")
    ] = "",
    settings: SettingsFile = DEFAULT_FILE,
) -> None:
    """Forget what is kept for ADDRESS, and what was found for it: it is searched for anew."""
    from segl.cli.output import Exit, fail, fail_of, say
    from segl.errors import SeglError

    key = _key(address)
    try:
        gone = _records(_loaded(settings)).forget(key, fingerprint)
    except SeglError as error:
        fail_of(error)
    if fingerprint and not gone:
        fail(f"{key} has no kept certificate {fingerprint}", "segl certificate list shows them", Exit.FAILED)
    say(f"{gone} forgotten; what was found for {key} is searched for anew")


def _loaded(file: Path) -> Settings:
    from segl.cli.trusted import trusted_settings
    from segl.events import configure_log

    configure_log("console", "error")
    return trusted_settings(file)


def _key(address: str) -> str:
    from segl.certificates.names import mail_key
    from segl.cli.output import fail

    key = mail_key(address)
    return key or fail(f"{address} is no mail address")


def _records(settings: Settings) -> CertificateRecords:
    from segl.certificates.records import CertificateRecords
    from segl.store.engine import open_existing

    return CertificateRecords(open_existing(settings.store.url))


async def _found(loaded: Settings, file: Path, key: str) -> SearchResult:
    from segl.errors import Fault, SettingsError
    from segl.events import Events
    from segl_routing.certificates.build import certificate_finder
    from segl_routing.certificates.told import recorded

    if not loaded.certificates.on:
        hint = 'for example sources = ["folder"]'
        raise SettingsError([Fault(file, "certificates.sources", "is empty: nobody would be asked", hint)])
    finder = certificate_finder(loaded, recorded(loaded), Events("segl-certificate"), file)
    try:
        return await finder.find(key, all_sources=True)
    finally:
        await finder.close()


def _told(result: SearchResult) -> list[str]:
    from segl.certificates.judgement import fingerprint
    from segl.certificates.names import holder_of
    from segl.vocabulary import Known

    verdict = {Known.YES: "a certificate", Known.NO: "none", Known.UNKNOWN: "cannot be told now"}
    lines = [f"{result.address} → {verdict[result.known]}"]
    used = {row.fingerprint for row in result.rows}
    for asked in result.asked:
        lines.append(f"  {asked.source}: {asked.answer.reason}")
        for judged in asked.judged:
            certificate = judged.offer.certificate
            own = fingerprint(certificate)
            mark = (
                "used"
                if own in used
                else {Known.YES: "good", Known.NO: "no", Known.UNKNOWN: "?"}[judged.known]
            )
            lines.append(f"    {mark:<5} {own[:16]}  {printable(str(holder_of(certificate)))}")
            ends = (
                f"{certificate.not_valid_before_utc:%Y-%m-%d} to {certificate.not_valid_after_utc:%Y-%m-%d}"
            )
            lines.append(f"          {ends}; {printable(judged.reason)}")
    return lines


def _offered(file: Path, bound: str) -> list[tuple[Any, str, str]]:
    """``(certificate, mail key, why it is refused)`` for each recipient's certificate in *file*."""
    from datetime import UTC, datetime

    from segl.certificates.given import certificates_in, in_ascii
    from segl.certificates.judgement import holds_private_key, is_authority
    from segl.certificates.names import addresses_of
    from segl.certificates.recipient import unfit
    from segl.cli.output import complain
    from segl_routing.certificates.folder import read_file

    try:
        data = in_ascii(read_file(file))
        certificates = certificates_in(data)
    except (OSError, ValueError) as error:
        return [(None, "", why_unread(error)[0] if isinstance(error, OSError) else str(error))]
    if holds_private_key(data):
        complain(f"{file}: holds a private key, too, which was left there: delete it, and tell whose it is")
    offered: list[tuple[Any, str, str]] = []
    for certificate in (entry for entry in certificates if not is_authority(entry)):
        keys = [bound] if bound else sorted(addresses_of(certificate))
        if not keys:
            offered.append(
                (certificate, "", "holds a certificate without a mail address (name one with --for)")
            )
        for key in keys:
            why = unfit(certificate, key, datetime.now(UTC), bound=bool(bound))
            offered.append((certificate, key, why))
    return offered or [
        (None, "", "holds authorities' certificates alone; those belong to certificates.trust")
    ]


def _keep(
    records: CertificateRecords, certificate: Any, key: str, *, bound: bool
) -> tuple[CertificateRow, bool]:
    from segl_routing.certificates.kept import IMPORTED, kept_row

    row = kept_row(certificate, key, IMPORTED, time.time(), bound=bound)
    return row, records.keep(row)


def _as_dict(row: CertificateRow) -> dict[str, Any]:
    from segl.certificates.names import holder_of
    from segl.certificates.recipient import load_der

    try:
        certificate = load_der(row.der)
        holder, ends = str(holder_of(certificate)), f"{certificate.not_valid_after_utc:%Y-%m-%d}"
    except ValueError:
        holder, ends = "damaged", ""
    return {
        "address": row.address,
        "fingerprint": row.fingerprint,
        "source": row.source,
        "ends": ends,
        "holder": holder,
        "bound": row.bound,
        "found_at": round(row.found_at, 1),
    }
