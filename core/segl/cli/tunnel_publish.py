"""``segl tunnel publish``: makes and signs a tunnel list, for whoever keeps one for its members."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from segl.cli.options import Json
from segl.cli.output import Exit, complain, fail, paint, printable, say, say_json
from segl.counted import counted
from segl.errors import SeglError, TunnelListError

if TYPE_CHECKING:
    from segl_delivery.cms.signed import Signer
    from segl_routing.tunnel_list.content import Entry, TunnelList
    from segl_routing.tunnel_list.judging import Changes

EXIT_LEFT_OUT = 23
_LARGEST = 256 * 1024 * 1024


def publish(
    sources: Annotated[
        list[Path],
        typer.Argument(
            metavar="DIR|FILE…",
            readable=False,
            help="Directories of <domain>.pem; files <domain>.pem, .csv, .json.",
        ),
    ],
    key: Annotated[Path, typer.Option("--key", readable=False, help="The signing key, PEM.")],
    certificate: Annotated[Path, typer.Option("--certificate", readable=False, help="Its certificate, PEM.")],
    out: Annotated[Path, typer.Option("--out", help="The list. One that is there is the last one.")],
    publisher: Annotated[str, typer.Option("--publisher", help="Your name, as members read it.")] = "",
    days: Annotated[int, typer.Option("--days", min=1, max=400, help="For how long it holds.")] = 14,
    wide: Annotated[
        list[str] | None,
        typer.Option("--subdomains", metavar="DOMAIN", help="Its certificate serves all below it too."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell what would be published.")] = False,
    as_json: Json = False,
) -> None:
    """Make a list of the members' certificates and sign it (docs/tunnel-list.md).

    Every certificate is checked; a member whose certificates cannot be encrypted to is left out and named. The
    serial rises by itself: it is the time, and always above that of the last list, which is the one at --out.

    Exit code: 0 published, 23 published but for some members, 2 it could not be.
    """
    try:
        signer = _signer(key, certificate)
        with _alone(out.parent):
            made = _made(sources, wide or [], signer, _last(out), publisher, days)
            if not dry_run:
                _write(out, made.signed())
    except SeglError as error:
        fail(error.private, error.hint)
    except OSError as error:
        fail(f"{error.filename or out}: {error.strerror}")
    _tell(made, out, dry_run, as_json)
    raise typer.Exit(EXIT_LEFT_OUT if made.left_out else Exit.OK)


@dataclass(frozen=True)
class Made:
    """A list about to be published."""

    listed: TunnelList
    changes: Changes
    left_out: dict[str, str]
    signer: Signer

    def signed(self) -> bytes:
        """The list signed, and read back as a member will."""
        from segl.certificates.judgement import fingerprint
        from segl_delivery.smime.signed_list import open_signed, sign_list
        from segl_routing.tunnel_list.content import write_list

        message = sign_list(write_list(self.listed), self.signer, self.listed.issued)
        open_signed(message, {fingerprint(self.signer.certificate)})
        return message

    def pins(self) -> tuple[str, str]:
        """Of certificate and key: what members write into `signers`."""
        from segl.certificates.judgement import fingerprint
        from segl_delivery.cms.trust import key_fingerprint

        return fingerprint(self.signer.certificate), key_fingerprint(self.signer.certificate)


def _made(
    sources: list[Path], wide: list[str], signer: Signer, last: TunnelList | None, publisher: str, days: int
) -> Made:
    """The list that follows *last*."""
    from segl_routing.tunnel_list.accepted import moment
    from segl_routing.tunnel_list.content import TunnelList
    from segl_routing.tunnel_list.judging import compare, worth

    now = int(time.time())
    entries, no_names = _members(sources, wide)
    value = worth(entries, moment(now))
    if not value.usable:
        fail("no member has a certificate that can be encrypted to: nothing was published")
    name = publisher or (last.publisher if last else signer.certificate.subject.rfc4514_string())
    listed = TunnelList(
        serial=max(now, last.serial + 1 if last else 1),
        issued=moment(now),
        publisher=name[:200],
        entries=tuple(replace(entries[domain], domain=domain) for domain in sorted(value.usable)),
        expires=moment(now) + timedelta(days=days),
    )
    before = last.by_domain()[0] if last else {}
    return Made(listed, compare(before, listed.by_domain()[0]), {**no_names, **value.left_out}, signer)


def _signer(key: Path, certificate: Path) -> Signer:
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    from segl_delivery.cms.signed import Signer

    if key.stat().st_mode & 0o077:
        complain(f"{key} can be read by others", f"run: chmod 600 {key}")
    content = key.read_bytes()
    try:
        private = load_pem_private_key(content, None)
    except TypeError:
        password = typer.prompt(f"Password of {key}", hide_input=True, err=True)
        try:
            private = load_pem_private_key(content, password.encode())
        except ValueError:
            fail(f"{key}: the password is wrong")
    except (ValueError, UnsupportedAlgorithm):
        fail(f"{key} holds no private key in PEM form")
    try:
        return Signer(private, x509.load_pem_x509_certificate(certificate.read_bytes()))  # type: ignore[arg-type]
    except (ValueError, UnsupportedAlgorithm) as error:
        fail(f"{certificate} cannot sign with {key}: {error}")


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """While no other run publishes into *folder*: two at once would give one serial to two lists."""
    import fcntl
    import os

    lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _last(out: Path) -> TunnelList | None:
    """The list published last, as it lies at *out*. It is the publisher's own file, so whose key signed it is
    not asked: keys change."""
    from segl.ber import Damaged
    from segl_delivery.cms.signed import verify
    from segl_routing.tunnel_list.content import parse_list

    if not out.exists():
        return None
    try:
        return parse_list(verify(out.read_bytes()).content)
    except (Damaged, TunnelListError) as error:
        fail(f"{out} is no tunnel list: {error}", "it is replaced by the new list: move it away first")


def _members(sources: list[Path], wide: list[str]) -> tuple[dict[str, Entry], dict[str, str]]:
    """The members by domain, and names that are none. Raises :class:`TunnelListError` for one that stands
    there twice."""
    from segl.addresses import normal_domain

    entries, no_names = _listed(sources).by_domain()
    for domain in wide:
        try:
            name = normal_domain(domain)
        except ValueError as error:
            fail(f"--subdomains: {error}")
        if name not in entries:
            fail(f"--subdomains: {name} is no member")
        entries[name] = replace(entries[name], subdomains=True)
    return entries, no_names


def _listed(sources: list[Path]) -> TunnelList:
    """The members as the sources name them."""
    from segl_routing.tunnel_list.accepted import moment
    from segl_routing.tunnel_list.content import TunnelList
    from segl_routing.tunnel_list.plain_formats import entries_of_csv, entries_of_json, entries_of_pem
    from segl_routing.tunnel_list.sources import read_file

    found: list[Entry] = []
    for source in sources:
        match source.suffix.lower():
            case _ if source.is_dir():
                found += entries_of_pem(source, _LARGEST)
            case ".csv":
                found += entries_of_csv(read_file(source, _LARGEST))
            case ".json":
                found += entries_of_json(read_file(source, _LARGEST))
            case ".pem":
                found += entries_of_pem(source.parent, _LARGEST, only=source.name)
            case _:
                fail(f"{source} is no source", "name directories, or files that end in .pem, .csv or .json")
    return TunnelList(1, moment(0), "", tuple(found))


def _write(out: Path, content: bytes) -> None:
    """All or nothing: a web server may be reading it, whatever the umask of who publishes."""
    import os

    aside = out.with_name(f".{out.name}.new")
    aside.unlink(missing_ok=True)
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o644)
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(descriptor, 0o644)
        file.write(content)
        file.flush()
        os.fsync(descriptor)
    aside.replace(out)


def _tell(made: Made, out: Path, dry_run: bool, as_json: bool) -> None:
    listed, (whole, spki) = made.listed, made.pins()
    if as_json:
        record: dict[str, Any] = {
            "published": not dry_run,
            "file": str(out),
            "serial": listed.serial,
            "expires": listed.expires and listed.expires.isoformat(),
            "domains": len(listed.entries),
            **made.changes.as_dict(),
            "left_out": made.left_out,
            "pin_certificate": whole,
            "pin_key": spki,
        }
        say_json(record)
        return
    from segl.cli.tunnel_text import summary, tell_changes

    word = "would publish" if dry_run else paint("published", typer.colors.GREEN)
    until = f"{listed.expires:%Y-%m-%d}"
    say(f"{word} {out}: serial {listed.serial}, {counted(len(listed.entries), 'domain')}, until {until}")
    say(f"since the last: {summary(made.changes)}")
    tell_changes(made.changes)
    say("members pin one of:")
    say(f"  certificate {whole}")
    say(f"  key         {spki}")
    for domain, why in made.left_out.items():
        complain(f"{printable(domain)} is left out: {why}")
