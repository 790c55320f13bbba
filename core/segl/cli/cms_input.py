"""What ``segl cms`` is given, and how it tells of signatures."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO

import typer

from segl.cli.output import fail, fail_of_file, printable, say
from segl.errors import SeglError
from segl.pipes import open_to_read

if TYPE_CHECKING:
    from cryptography import x509

    from segl_delivery.cms.digests import PrivateKey
    from segl_delivery.cms.signed import Signature, Signed

_LARGEST = 512 * 1024 * 1024  # bytes of a message that is looked into

File = Annotated[
    Path,
    typer.Argument(
        metavar="FILE",
        readable=False,
        help="An S/MIME message, or a CMS object in DER or PEM; - is standard input.",
    ),
]


Out = Annotated[
    Path | None,
    typer.Option("--out", metavar="FILE", help="Write to this new file, in place of standard output."),
]


def object_in(file: Path) -> bytes:
    return object_of(file, read_file(file))


def object_of(file: Path, data: bytes) -> bytes:
    """The CMS object in *data*, which was read from *file*; ends the run when there is none."""
    from segl_delivery.smime.unwrapping import cms_object

    try:
        return cms_object(data)
    except SeglError as error:
        fail(f"{file}: {error.private}")


def read_file(file: Path) -> bytes:
    """Standard input for ``-``."""
    try:
        if str(file) == "-":
            size, data = 0, sys.stdin.buffer.read(_LARGEST + 1)
        else:
            with open_to_read(file) as opened:
                size = os.fstat(opened.fileno()).st_size
                # of a pipe, whose size is 0, no more than this either
                data = opened.read(_LARGEST + 1) if size <= _LARGEST else b""
    except OSError as error:
        fail_of_file(file, error)
    return data if max(size, len(data)) <= _LARGEST else fail(f"{file} is larger than {_LARGEST} bytes")


def write_out(content: bytes, out: Path | None, *, binary: bool) -> None:
    """To the new file *out*, which only the user may read; else to standard output, unless that is a terminal and
    *content* is *binary*."""
    if out is not None:
        try:
            with open(out, "xb", opener=_private) as file:
                _write_whole(file, content, out)
        except FileExistsError:
            fail(f"{out} is there already", "name another, or take it away first")
        except OSError as error:
            fail(f"{out}: {error.strerror}")
        return
    if binary and sys.stdout.isatty():
        fail("the object is binary, and this is a terminal", "give --out FILE, or send it on with | or >")
    with suppress(BrokenPipeError):
        sys.stdout.buffer.write(content)


def _write_whole(file: BinaryIO, content: bytes, out: Path) -> None:
    """Or nothing: half an object would be in the way of the next try, and be taken for one."""
    try:
        file.write(content)
        file.flush()
    except BaseException:
        out.unlink(missing_ok=True)
        raise


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def signed_parts(file: Path) -> tuple[bytes, bytes | None]:
    """The CMS object in *file*, and what stands beside it in a ``multipart/signed`` message."""
    from segl.mail.fields import canonical
    from segl_delivery.smime.unwrapping import clear_signed

    data = read_file(file)
    if parts := clear_signed(data):
        return parts[1], canonical(parts[0])
    return object_of(file, data), None


def certificates_in(file: Path) -> list[x509.Certificate]:
    """Those in *file*; ends the run when there are none."""

    from segl.certificates.judgement import UNREADABLE, load_certificates

    try:
        return load_certificates(read_file(file))
    except UNREADABLE:
        fail(f"{file}: holds no certificate in PEM form")


def private_key_in(file: Path) -> PrivateKey:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    from segl.certificates.judgement import UNREADABLE

    key: object = None
    with suppress(TypeError, *UNREADABLE):
        key = load_pem_private_key(read_file(file), None)
    if not isinstance(key, RSAPrivateKey | EllipticCurvePrivateKey):
        fail(f"{file}: holds no private key (RSA or elliptic curve) in PEM form without a password")
    return key


def say_signatures(signed: Signed, *, judged: bool) -> None:
    """*judged*: whether the content was there, so that the outcome says something."""
    from segl.certificates.judgement import fingerprint

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


def signature_as_dict(signature: Signature) -> dict[str, Any]:
    from segl.certificates.judgement import fingerprint

    certificate = signature.certificate
    return {
        "scheme": signature.scheme,
        "digest": signature.digest.value if signature.digest else None,
        "signed_at": signature.signed_at.isoformat() if signature.signed_at else None,
        "subject": certificate.subject.rfc4514_string() if certificate else None,
        "sha256": fingerprint(certificate) if certificate else None,
    }
