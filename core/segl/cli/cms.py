"""``segl cms info|verify|open|seal``: for whoever must find out why a partner cannot read a message, or we not
theirs."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from segl.addresses import domain_of
from segl.cli.cms_input import (
    File,
    Out,
    certificates_in,
    object_in,
    private_key_in,
    read_file,
    say_signatures,
    signature_as_dict,
    write_out,
)
from segl.cli.cms_verify import verify
from segl.cli.options import JsonLines, SettingsFile
from segl.cli.output import Exit, complain, fail, fail_of, printable, say, say_json
from segl.errors import SeglError
from segl.places import DEFAULT_FILE, is_missing

if TYPE_CHECKING:
    from cryptography import x509

    from segl_delivery.cms.info import Info
    from segl_delivery.cms.keys import DecryptionKeys
    from segl_delivery.cms.signed import Signed


app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
app.command()(verify)


@app.command()
def info(file: File, as_json: JsonLines = False) -> None:
    """Show what anybody can see of FILE without a key: what it is, how it is encrypted, for whom, who signed it, and
    what lies inside a signature. With --json, a line a layer, the outermost first.

    Exit code: 0 told, 2 FILE cannot be read.
    """
    from segl.ber import Damaged
    from segl_delivery.cms.info import read_info
    from segl_delivery.cms.names import ContentType
    from segl_delivery.cms.opening import DEEPEST
    from segl_delivery.cms.signed import verify as verify_signatures

    message: bytes | None = object_in(file)
    try:
        for depth in range(DEEPEST):
            if message is None:
                return
            found = read_info(message)
            signed = verify_signatures(message, b"") if found.kind is ContentType.SIGNED else None
            if as_json:
                say_json({"depth": depth, "bytes": len(message), **_info_as_dict(found, signed)})
            else:
                _say_info(found, signed)
            message = _inside(signed)
    except Damaged as error:
        fail(f"{file}: {error}")


def _inside(signed: Signed | None) -> bytes | None:
    """The CMS object in signed content, if it is one."""
    from segl.ber import Damaged
    from segl_delivery.cms.info import read_info
    from segl_delivery.smime.unwrapping import cms_object

    if signed is None or not signed.content:
        return None
    with suppress(SeglError, Damaged):
        found = cms_object(signed.content)
        read_info(found)  # content may begin like an object and be none
        return found
    return None


def _info_as_dict(found: Info, signed: Signed | None) -> dict[str, Any]:
    from segl.certificates.judgement import fingerprint

    return {
        "kind": _kind(found),
        "cipher": found.cipher.label if found.cipher else None,
        "size": found.size,
        "recipients": [asdict(addressee) for addressee in found.addressees],
        "signatures": [signature_as_dict(one) for one in signed.signatures] if signed else [],
        "certificates": [fingerprint(one) for one in signed.certificates] if signed else [],
    }


def _say_info(found: Info, signed: Signed | None) -> None:
    say(_kind(found))
    if found.cipher is not None:
        say(f"cipher      {found.cipher.label}, {found.size} bytes")
    for addressee in found.addressees:
        say(f"recipient   {printable(addressee.name)} ({addressee.lock})")
    if signed is not None:
        say_signatures(signed, judged=False)


def _kind(found: Info) -> str:
    return found.kind.name.lower().replace("_", "-")


@app.command(name="open")
def open_message(
    file: File,
    key: Annotated[
        Path | None,
        typer.Option(
            "--key", readable=False, help="A private key (PEM, not encrypted), in place of our own."
        ),
    ] = None,
    certificate: Annotated[
        Path | None, typer.Option("--cert", readable=False, help="Its certificate (PEM).")
    ] = None,
    out: Out = None,
    settings: SettingsFile = DEFAULT_FILE,
) -> None:
    """Decrypt FILE with our own keys (segl key list) and write what is inside to standard output, byte for byte.

    Exit code: 0 written, 1 it cannot be opened, 2 the key or FILE cannot be read.
    """
    from segl_delivery.cms.opening import Decrypted, open_layers
    from segl_delivery.smime.unwrapping import is_entity

    if (key is None) is not (certificate is None):
        fail("--key and --cert belong together")
    ring = _given_ring(key, certificate) if key and certificate else _own_ring(settings)
    try:
        opened = open_layers(object_in(file), ring)
    except SeglError as error:
        fail(error.private, code=Exit.FAILED)
    ciphers = [layer.cipher.label for layer in opened.layers if isinstance(layer, Decrypted)]
    if any("cbc" in label for label in ciphers) and not is_entity(opened.content):
        complain(f"{ciphers[-1]} does not notice a wrong key each time, and what came out is no MIME entity")
    write_out(opened.content, out, binary=False)


def _given_ring(key: Path, certificate: Path) -> DecryptionKeys:
    from segl_delivery.cms.keys import DecryptionKey, DecryptionKeys

    try:
        return DecryptionKeys([DecryptionKey(private_key_in(key), certificates_in(certificate)[0])])
    except ValueError as error:
        fail(f"{certificate}: {error}")


def _own_ring(file: Path) -> DecryptionKeys:
    from segl.cli.trusted import trusted_settings
    from segl_delivery.keyring import KeyRing

    try:
        delivery = trusted_settings(file).delivery
        ring = KeyRing(delivery.keys, delivery.keys_passphrase, lambda file, why: complain(f"{file}: {why}"))
        if not ring.keys():
            fail(f"there is no key in {delivery.keys}", "run as root, or give --key and --cert")
        return ring.decryption_keys()
    except SeglError as error:
        fail_of(error)


@app.command()
def seal(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", readable=False, help="What to encrypt; - is standard input.")
    ],
    recipients: Annotated[
        list[str],
        typer.Option(
            "--to",
            metavar="CERTIFICATE|DOMAIN|ADDRESS",
            help="A certificate to encrypt to (PEM), or whose of those that Segl has.",
        ),
    ],
    modern: Annotated[
        bool, typer.Option("--modern", help="AES-256-GCM and RSA OAEP, which fewer programs read.")
    ] = False,
    out: Out = None,
    settings: SettingsFile = DEFAULT_FILE,
) -> None:
    """Encrypt FILE as it is and write the CMS object (DER) to standard output.

    Exit code: 0 written, 2 FILE or a certificate is not there or cannot be encrypted to.
    """
    from segl_delivery.cms.choice import COMMON, MODERN
    from segl_delivery.cms.enveloped import encrypt

    chosen = [one for text in recipients for one in _certificates_of(text, settings)]
    write_out(encrypt(read_file(file), chosen, MODERN if modern else COMMON), out, binary=True)


def _certificates_of(text: str, settings: Path) -> list[x509.Certificate]:
    """The certificate in the file *text*, or those of a domain (the tunnel's) or address (found by segl-map)."""
    from segl.certificates.judgement import unusable

    path = Path(text)
    if "/" not in text and is_missing(path) and domain_of(f"x@{text.rpartition('@')[2]}"):
        return _known_certificates(text, settings)
    first = certificates_in(path)[0]
    if why := unusable(first, datetime.now(UTC)):
        fail(f"{text}: {why}")
    return [first]


def _known_certificates(text: str, file: Path) -> list[x509.Certificate]:
    from segl.certificates.records import CertificateRecords
    from segl.cli.trusted import trusted_settings
    from segl.events import Events, configure_log
    from segl.store.engine import open_existing
    from segl_delivery.smime.certificate import RecipientCertificates
    from segl_delivery.smime.certificates import CertificateDirectory

    configure_log("console", "warning")
    try:
        settings = trusted_settings(file)
        if "@" not in text:
            found = CertificateDirectory(settings, Events("segl")).find(text.lower())
        else:
            records = CertificateRecords(open_existing(settings.store.url))
            found = RecipientCertificates(records, settings.certificates).find(text)
    except SeglError as error:
        fail(f"{text}: {error.private}", error.hint)
    return [entry.certificate for entry in found]
