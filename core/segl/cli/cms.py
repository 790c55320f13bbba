"""``segl cms info|verify|open|seal``: for whoever must find out why a partner cannot read a message, or we not
theirs."""

from __future__ import annotations

import sys
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from segl.certificates import UNREADABLE, fingerprint, unusable
from segl.cli.output import Exit, fail, printable, say
from segl.errors import SeglError

if TYPE_CHECKING:
    from cryptography import x509

    from segl_delivery.cms.digests import PrivateKey
    from segl_delivery.cms.signed import Signature, Signed

EXIT_NOT_TRUSTED = 23

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

File = Annotated[
    Path,
    typer.Argument(
        metavar="FILE", help="An S/MIME message, or a CMS object in DER or PEM; - is standard input."
    ),
]


@app.command()
def info(file: File) -> None:
    """Show what anybody can see of FILE: what it is, how it is encrypted, for whom, who signed it.

    Exit code: 0 told, 2 FILE cannot be read.
    """
    from segl_delivery.cms.ber import Damaged
    from segl_delivery.cms.info import read_info
    from segl_delivery.cms.names import ContentType
    from segl_delivery.cms.signed import verify as verify_signatures

    message = _object(file)
    try:
        found = read_info(message)
        say(found.kind.name.lower().replace("_", "-"))
        if found.cipher is not None:
            say(f"cipher      {found.cipher.label}, {found.size} bytes")
        for addressee in found.addressees:
            say(f"recipient   {printable(addressee.name)} ({addressee.lock})")
        if found.kind is ContentType.SIGNED:
            _say_signatures(verify_signatures(message, b""), judged=False)
    except Damaged as error:
        fail(f"{file}: {error}")


@app.command()
def verify(
    file: File,
    pins: Annotated[
        list[str] | None,
        typer.Option("--pin", help="SHA-256 of a certificate or a key that is trusted, in hex."),
    ] = None,
    authorities: Annotated[
        list[Path] | None, typer.Option("--ca", help="Certificates of authorities that are trusted (PEM).")
    ] = None,
    content: Annotated[
        Path | None, typer.Option("--content", help="What a detached signature is over.")
    ] = None,
) -> None:
    """Judge the signatures of FILE: whether each is right, and whether one of them is from somebody who is trusted.

    Exit code: 0 a signature holds and is trusted, 23 none is, 2 FILE cannot be read.
    """
    from segl_delivery.cms.ber import Damaged
    from segl_delivery.cms.signed import verify as verify_signatures
    from segl_delivery.cms.trust import pin, signed_by_chain, signed_by_pinned

    try:
        trusted = {pin(text) for text in pins or ()}
    except ValueError as error:
        fail(f"--pin: {error}")
    try:
        signed = verify_signatures(_object(file), None if content is None else _read(content))
    except Damaged as error:
        fail(f"{file}: {error}")
    _say_signatures(signed, judged=True)
    anchors = [one for path in authorities or () for one in _certificates(path)]
    chain = signed_by_chain(signed, anchors, datetime.now(UTC)) if anchors else None
    signature = signed_by_pinned(signed, trusted) or (chain and chain[0])
    if not signature or signature.certificate is None:
        say("trusted     by none: neither a pin nor an authority stands behind a signature that holds")
        raise typer.Exit(EXIT_NOT_TRUSTED)
    say(f"trusted     sha256={fingerprint(signature.certificate)}")


@app.command(name="open")
def open_message(
    file: File,
    key: Annotated[Path, typer.Option("--key", help="The private key (PEM, not encrypted).")],
    certificate: Annotated[Path, typer.Option("--cert", help="Its certificate (PEM).")],
) -> None:
    """Decrypt FILE and write what is inside to standard output, byte for byte.

    Exit code: 0 written, 1 it cannot be opened, 2 the key or FILE cannot be read.
    """
    from segl_delivery.cms.keys import KeyRing, OwnKey
    from segl_delivery.cms.opening import open_layers

    try:
        ring = KeyRing([OwnKey(_private_key(key), _certificates(certificate)[0])])
    except ValueError as error:
        fail(f"{certificate}: {error}")
    try:
        opened = open_layers(_object(file), ring)
    except SeglError as error:
        fail(error.private, code=Exit.FAILED)
    with suppress(BrokenPipeError):
        sys.stdout.buffer.write(opened.content)


@app.command()
def seal(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What to encrypt; - is standard input.")],
    recipients: Annotated[list[Path], typer.Option("--to", help="Certificates to encrypt to (PEM).")],
    modern: Annotated[
        bool, typer.Option("--modern", help="AES-256-GCM and RSA OAEP, which fewer programs read.")
    ] = False,
) -> None:
    """Encrypt FILE as it is and write the CMS object (DER) to standard output.

    Exit code: 0 written, 2 a certificate cannot be encrypted to.
    """
    from segl_delivery.cms.choice import COMMON, MODERN
    from segl_delivery.cms.enveloped import encrypt

    chosen: list[x509.Certificate] = []
    for path in recipients:
        first = _certificates(path)[0]
        if why := unusable(first, datetime.now(UTC)):
            fail(f"{path}: {why}")
        chosen.append(first)
    sys.stdout.buffer.write(encrypt(_read(file), chosen, MODERN if modern else COMMON))


def _say_signatures(signed: Signed, *, judged: bool) -> None:
    """*judged*: whether the content was there, so that the outcome says something."""
    for signature in signed.signatures:
        state = _state(signature) if judged else "signature"
        who = "a certificate that is not there"
        if signature.certificate is not None:
            subject = printable(signature.certificate.subject.rfc4514_string())
            who = f"{subject} sha256={fingerprint(signature.certificate)}"
        say(f"{state:<11} {who} ({signature.scheme or 'unknown algorithm'})")
    for certificate in signed.certificates:
        say(
            f"certificate {printable(certificate.subject.rfc4514_string())} sha256={fingerprint(certificate)}"
        )


def _state(signature: Signature) -> str:
    return f"weak: {signature.weakness}" if signature.weakness else signature.outcome.value


def _object(file: Path) -> bytes:
    from segl_delivery.unwrapping import cms_object

    try:
        return cms_object(_read(file))
    except SeglError as error:
        fail(f"{file}: {error.private}")


def _read(file: Path) -> bytes:
    try:
        return sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as error:
        fail(f"{file}: {error.strerror}")


def _certificates(file: Path) -> list[x509.Certificate]:
    from cryptography import x509

    try:
        return x509.load_pem_x509_certificates(_read(file))
    except UNREADABLE:
        fail(f"{file}: holds no certificate in PEM form")


def _private_key(file: Path) -> PrivateKey:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    key: object = None
    with suppress(TypeError, *UNREADABLE):
        key = load_pem_private_key(_read(file), None)
    if not isinstance(key, RSAPrivateKey | EllipticCurvePrivateKey):
        fail(f"{file}: holds no private key (RSA or elliptic curve) in PEM form without a password")
    return key
