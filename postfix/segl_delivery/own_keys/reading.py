"""Keys and certificates out of files that came from elsewhere: PEM, DER, PKCS #8, PKCS #12 (RFC 7292) as authorities
hand them out, and certificates alone in PKCS #7 (".p7b": SignedData of nothing, RFC 5652 §5.1), as Windows does.

How much work it is to try a passphrase stands in the file itself (PBKDF2 and PKCS #12 count rounds, scrypt asks for
memory), and the library does what the file says. So the reading is done by a process of its own, which may use
some seconds of processor time and some memory and then ends. What it is given and what it answers goes through
pipes: no key or passphrase is ever on a command line or in a file of ours.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
    load_pem_private_key,
    pkcs7,
    pkcs12,
)

from segl.certificates.given import in_ascii
from segl.certificates.judgement import UNREADABLE, is_authority, load_certificate
from segl.errors import SeglError
from segl_delivery.cms.digests import PrivateKey

LARGEST: Final = 1024 * 1024  # bytes of one file
_PROCESSOR_SECONDS: Final = 10
_SECONDS: Final = 60.0
_MEMORY: Final = 1024 * 1024 * 1024
_MOST_CERTIFICATES: Final = 32
_BEGIN: Final = b"-----BEGIN "


class Unreadable(SeglError):
    """A file is none that a key can be imported from. ``wants_passphrase``: it is encrypted, and the passphrase was
    missing or another. ``at``: which of the files, where it is one's fault alone."""

    def __init__(
        self, why: str, hint: str = "", *, wants_passphrase: bool = False, at: int | None = None
    ) -> None:
        super().__init__("the key was not taken", why, hint)
        self.wants_passphrase = wants_passphrase
        self.at = at


@dataclass(frozen=True, slots=True)
class Material:
    """What files hold together: a key if there is one, and certificates in their order."""

    key: PrivateKey | None
    certificates: tuple[x509.Certificate, ...]

    def __repr__(self) -> str:
        return f"Material({len(self.certificates)} certificates)"


def read_material(files: Sequence[bytes], passphrase: bytes | None) -> Material:
    """Key and certificates in *files*. Raises :class:`Unreadable`."""
    if any(len(data) > LARGEST for data in files):
        raise Unreadable(f"it is larger than {LARGEST} bytes")
    question = {
        "files": [data.hex() for data in files],
        "passphrase": None if passphrase is None else passphrase.hex(),
    }
    try:
        done = subprocess.run(
            [sys.executable, "-m", __name__],
            input=json.dumps(question).encode(),
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
        answer = json.loads(done.stdout)
    except (subprocess.TimeoutExpired, ValueError):
        hint = "its passphrase is protected by more rounds or memory than we spend: export it anew"
        raise Unreadable("it takes too long, or too much memory, to read", hint) from None
    if fault := answer.get("fault"):
        raise Unreadable(fault, wants_passphrase=answer["wants_passphrase"], at=answer.get("at"))
    key = load_pem_private_key(answer["key"].encode(), None) if answer["key"] else None
    if key is not None and not isinstance(key, RSAPrivateKey | EllipticCurvePrivateKey):
        raise Unreadable("its private key is neither RSA nor on an elliptic curve")
    return Material(
        key, tuple(x509.load_pem_x509_certificate(pem.encode()) for pem in answer["certificates"])
    )


class _Encrypted(Exception):
    """The passphrase is missing or another."""


class _SeveralKeys(Exception):
    """A file holds more than one, and all but one would be left out unseen."""


def _answer(question: dict[str, Any]) -> dict[str, object]:
    """What the process of its own says."""
    files, given = question["files"], question["passphrase"]
    passphrase = bytes.fromhex(given) if isinstance(given, str) else None
    keys: list[object] = []
    certificates: list[x509.Certificate] = []
    at = 0
    try:
        for number, data in enumerate(files):
            at = number
            for found in _found(in_ascii(bytes.fromhex(data)), passphrase):
                (certificates if isinstance(found, x509.Certificate) else keys).append(found)  # type: ignore[arg-type]
    except _Encrypted:
        why = "its passphrase is another" if passphrase is not None else "it has a passphrase"
        return {"fault": why, "wants_passphrase": True, "at": at}
    except _SeveralKeys:
        why = "it holds certificates of several keys, of which one alone would be read: write them out as PEM"
        why += " (openssl pkcs12 -nodes), and import each by itself"
        return {"fault": why, "wants_passphrase": False, "at": at}
    except (MemoryError, *UNREADABLE):
        why = "it is no PKCS #12, PKCS #7, PEM or DER that can be read"
        return {"fault": why, "wants_passphrase": False, "at": at}
    if len({_pem(key) for key in keys}) > 1:  # the same file may have been named twice
        return {"fault": "it holds several private keys: import them one by one", "wants_passphrase": False}
    if not keys and not certificates:
        return {"fault": "it holds neither a key nor a certificate", "wants_passphrase": False}
    pems = [entry.public_bytes(Encoding.PEM).decode() for entry in certificates[:_MOST_CERTIFICATES]]
    return {"key": _pem(keys[0]) if keys else "", "certificates": pems}


def _found(data: bytes, passphrase: bytes | None) -> Iterator[object]:
    if _BEGIN in data:
        yield from _in_pem(data, passphrase)
        return
    with suppress(*UNREADABLE):
        yield load_certificate(data)
        return
    try:
        yield load_der_private_key(data, None)
    except TypeError:
        yield _unlocked(load_der_private_key, data, passphrase)
    except UNREADABLE:
        with suppress(*UNREADABLE):
            yield from pkcs7.load_der_pkcs7_certificates(data)
            return
        yield from _in_pkcs12(data, passphrase)


def _in_pem(data: bytes, passphrase: bytes | None) -> Iterator[object]:
    """Each block by itself; keys that are none (parameters, requests) are passed over."""
    for at in _places(data):
        label, _, rest = data[at + len(_BEGIN) :].partition(b"-----")
        end = rest.find(b"-----END " + label + b"-----")
        if end < 0:
            raise ValueError("a block without an end")
        block = _BEGIN + label + b"-----" + rest[:end] + b"-----END " + label + b"-----\n"
        if label in (b"CERTIFICATE", b"X509 CERTIFICATE"):
            yield x509.load_pem_x509_certificate(block)
        elif label in (b"PKCS7", b"CMS"):
            yield from pkcs7.load_pem_pkcs7_certificates(block)
        elif label.endswith(b"PRIVATE KEY"):
            try:
                yield load_pem_private_key(block, None)
            except TypeError:
                yield _unlocked(load_pem_private_key, block, passphrase)


def _places(data: bytes) -> Iterator[int]:
    at = data.find(_BEGIN)
    for _ in range(2 * _MOST_CERTIFICATES):
        if at < 0:
            return
        yield at
        at = data.find(_BEGIN, at + 1)


def _unlocked(load: object, data: bytes, passphrase: bytes | None) -> object:
    if not passphrase:
        raise _Encrypted
    try:
        return load(data, passphrase)  # type: ignore[operator]
    except UNREADABLE:
        raise _Encrypted from None


def _in_pkcs12(data: bytes, passphrase: bytes | None) -> Iterator[object]:
    try:
        bag = pkcs12.load_pkcs12(data, _in_utf8(passphrase))
    except UNREADABLE as error:
        if "password" in str(error).lower():
            raise _Encrypted from None
        raise
    along = [entry.certificate for entry in bag.additional_certs]
    own = [] if bag.cert is None else [bag.cert.certificate]
    if bag.key is not None and _is_of_others(own, along):
        raise _SeveralKeys
    if bag.key is not None:
        yield bag.key
    yield from (*own, *along)


def _in_utf8(passphrase: bytes | None) -> bytes | None:
    """As PKCS #12 wants it (RFC 7292 appendix B.1), also where its file was written in Latin-1."""
    try:
        (passphrase or b"").decode()
    except UnicodeDecodeError:
        return (passphrase or b"").decode("latin-1").encode()
    return passphrase


def _is_of_others(own: Sequence[x509.Certificate], along: Sequence[x509.Certificate]) -> bool:
    """Whether one of *along* is of another key and no authority's: of several keys in a file the library gives one."""
    keys = [entry.public_key() for entry in own]
    issuers = {entry.issuer for entry in (*own, *along) if entry.issuer != entry.subject}
    return any(
        not is_authority(entry) and entry.subject not in issuers and entry.public_key() not in keys
        for entry in along
    )


def _pem(key: object) -> str:
    encoded: bytes = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())  # type: ignore[attr-defined]
    return encoded.decode()


def _main() -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (_PROCESSOR_SECONDS, _PROCESSOR_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    sys.stdout.write(json.dumps(_answer(json.load(sys.stdin))))


if __name__ == "__main__":
    _main()
