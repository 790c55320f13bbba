"""``segl cms info|verify|open|seal``: for whoever must find out why a partner cannot read a message, or we not
theirs."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from segl.certificate_names import addresses_of, mail_key
from segl.certificates import UNREADABLE, fingerprint, untimely, unusable
from segl.cli.output import Exit, complain, fail, fail_of, printable, say, say_json
from segl.errors import SeglError
from segl.settings import DEFAULT_FILE

if TYPE_CHECKING:
    from cryptography import x509

    from segl_delivery.cms.digests import PrivateKey
    from segl_delivery.cms.info import Info
    from segl_delivery.cms.keys import KeyRing
    from segl_delivery.cms.signed import Signature, Signed

EXIT_NOT_TRUSTED = 23
_LARGEST = 512 * 1024 * 1024  # bytes of a message that is looked into

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

File = Annotated[
    Path,
    typer.Argument(
        metavar="FILE", help="An S/MIME message, or a CMS object in DER or PEM; - is standard input."
    ),
]


Json = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]
SettingsFile = Annotated[Path, typer.Option("--settings", help="The settings file.")]


@app.command()
def info(file: File, as_json: Json = False) -> None:
    """Show what anybody can see of FILE without a key: what it is, how it is encrypted, for whom, who signed it, and
    what lies inside a signature. With --json, a line a layer, the outermost first.

    Exit code: 0 told, 2 FILE cannot be read.
    """
    from segl_delivery.cms.ber import Damaged
    from segl_delivery.cms.info import read_info
    from segl_delivery.cms.names import ContentType
    from segl_delivery.cms.opening import DEEPEST
    from segl_delivery.cms.signed import verify as verify_signatures

    message: bytes | None = _object(file)
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
    from segl_delivery.cms.ber import Damaged
    from segl_delivery.cms.info import read_info
    from segl_delivery.unwrapping import cms_object

    if signed is None or not signed.content:
        return None
    with suppress(SeglError, Damaged):
        found = cms_object(signed.content)
        read_info(found)  # content may begin like an object and be none
        return found
    return None


def _info_as_dict(found: Info, signed: Signed | None) -> dict[str, Any]:
    return {
        "kind": _kind(found),
        "cipher": found.cipher.label if found.cipher else None,
        "size": found.size,
        "recipients": [asdict(addressee) for addressee in found.addressees],
        "signatures": [_signature_as_dict(one) for one in signed.signatures] if signed else [],
        "certificates": [fingerprint(one) for one in signed.certificates] if signed else [],
    }


def _say_info(found: Info, signed: Signed | None) -> None:
    say(_kind(found))
    if found.cipher is not None:
        say(f"cipher      {found.cipher.label}, {found.size} bytes")
    for addressee in found.addressees:
        say(f"recipient   {printable(addressee.name)} ({addressee.lock})")
    if signed is not None:
        _say_signatures(signed, judged=False)


def _kind(found: Info) -> str:
    return found.kind.name.lower().replace("_", "-")


def _signature_as_dict(signature: Signature) -> dict[str, Any]:
    certificate = signature.certificate
    return {
        "scheme": signature.scheme,
        "digest": signature.digest.value if signature.digest else None,
        "signed_at": signature.signed_at.isoformat() if signature.signed_at else None,
        "subject": certificate.subject.rfc4514_string() if certificate else None,
        "sha256": fingerprint(certificate) if certificate else None,
    }


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
    sender: Annotated[
        str, typer.Option("--from", metavar="ADDRESS", help="Whose signature it should be.")
    ] = "",
    as_json: Json = False,
) -> None:
    """Judge the signatures of FILE: whether each is right, whether its certificate holds now and names the sender, and
    whether one of them is from somebody who is trusted.

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
    now = datetime.now(UTC)
    if not as_json:
        _say_signatures(signed, judged=True)
        for text in _standings(signed, sender, now):
            say(text)
    anchors = [one for path in authorities or () for one in _certificates(path)]
    chain = signed_by_chain(signed, anchors, now) if anchors else None
    signature = signed_by_pinned(signed, trusted) or (chain and chain[0])
    if as_json:
        judged = [
            {
                **_signature_as_dict(one),
                "outcome": one.outcome.value,
                "weakness": one.weakness,
                "validity": untimely(one.certificate, now) if one.certificate else None,
                "names_sender": _names(one, sender) if sender else None,
            }
            for one in signed.signatures
        ]
        by = fingerprint(signature.certificate) if signature and signature.certificate else None
        path = [entry.subject.rfc4514_string() for entry in chain[1]] if chain else []
        say_json({"signatures": judged, "trusted": by, "chain": path})
        raise typer.Exit(0 if by else EXIT_NOT_TRUSTED)
    if not signature or signature.certificate is None:
        say("trusted     by none: neither a pin nor an authority stands behind a signature that holds")
        raise typer.Exit(EXIT_NOT_TRUSTED)
    say(f"trusted     sha256={fingerprint(signature.certificate)}")
    for entry in chain[1] if chain else ():
        say(f"chain       {printable(entry.subject.rfc4514_string())}")


def _standings(signed: Signed, sender: str, now: datetime) -> Iterator[str]:
    """Of each certificate that signed: whether it holds now, and whether it names *sender*."""
    for signature in signed.signatures:
        if signature.certificate is None:
            continue
        ends = f"{signature.certificate.not_valid_after_utc:%Y-%m-%d}"
        yield f"validity    {untimely(signature.certificate, now) or f'until {ends}'}"
        if sender:
            word = "names" if _names(signature, sender) else "does not name"
            yield f"binding     the certificate {word} {printable(sender)}"


def _names(signature: Signature, sender: str) -> bool:
    certificate = signature.certificate
    return certificate is not None and mail_key(sender) in addresses_of(certificate)


@app.command(name="open")
def open_message(
    file: File,
    key: Annotated[
        Path | None, typer.Option("--key", help="A private key (PEM, not encrypted), in place of our own.")
    ] = None,
    certificate: Annotated[Path | None, typer.Option("--cert", help="Its certificate (PEM).")] = None,
    settings: SettingsFile = DEFAULT_FILE,
) -> None:
    """Decrypt FILE with our own keys (segl key list) and write what is inside to standard output, byte for byte.

    Exit code: 0 written, 1 it cannot be opened, 2 the key or FILE cannot be read.
    """
    from segl_delivery.cms.opening import open_layers

    if (key is None) is not (certificate is None):
        fail("--key and --cert belong together")
    ring = _given_ring(key, certificate) if key and certificate else _own_ring(settings)
    try:
        opened = open_layers(_object(file), ring)
    except SeglError as error:
        fail(error.private, code=Exit.FAILED)
    with suppress(BrokenPipeError):
        sys.stdout.buffer.write(opened.content)


def _given_ring(key: Path, certificate: Path) -> KeyRing:
    from segl_delivery.cms.keys import KeyRing, OwnKey

    try:
        return KeyRing([OwnKey(_private_key(key), _certificates(certificate)[0])])
    except ValueError as error:
        fail(f"{certificate}: {error}")


def _own_ring(file: Path) -> KeyRing:
    from segl.settings_file import load_settings
    from segl_delivery.keyring import KeyRing as OwnRing

    try:
        delivery = load_settings(file).delivery
        ring = OwnRing(delivery.keys, delivery.keys_passphrase, lambda file, why: complain(f"{file}: {why}"))
        if not ring.keys():
            fail(f"there is no key in {delivery.keys}", "run as root, or give --key and --cert")
        return ring.opener()
    except SeglError as error:
        fail_of(error)


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
        with sys.stdin.buffer if str(file) == "-" else file.open("rb") as opened:
            data = opened.read(_LARGEST + 1)
    except OSError as error:
        fail(f"{file}: {error.strerror}")
    return data if len(data) <= _LARGEST else fail(f"{file} is larger than {_LARGEST} bytes")


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
