"""``openssl cms`` as the second opinion on everything of ours that is CMS.

anna = Identity.new(directory, "anna", rsa_key(3072))
openssl_verify(openssl_sign(b"x", anna), ...)
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs12

from segl_delivery.cms.keys import DecryptionKey
from segl_delivery.cms.signed import Signer
from world.partners import certificate, ec_key, pem, rsa_key

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
KEYS: dict[str, Callable[[], Key]] = {
    "rsa2048": lambda: rsa_key(2048),
    "rsa3072": lambda: rsa_key(3072),
    "p256": lambda: ec_key(ec.SECP256R1),
    "p384": lambda: ec_key(ec.SECP384R1),
    "p521": lambda: ec_key(ec.SECP521R1),
}


@dataclass(frozen=True, slots=True)
class Identity:
    """A key with its self-signed certificate, also as files for openssl."""

    name: str
    key: Key
    certificate: x509.Certificate
    cert_file: Path
    key_file: Path

    @classmethod
    def new(cls, directory: Path, name: str, key: Key, *, authority: bool | None = None) -> Self:
        """*authority*: other programs want a self-signed certificate to be one."""
        made = certificate(name, key, key_id=True, authority=authority)
        cert_file, key_file = directory / f"{name}.pem", directory / f"{name}.key"
        cert_file.write_bytes(pem(made))
        key_file.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        return cls(name, key, made, cert_file, key_file)

    def pkcs12(self, password: str) -> bytes:
        """Key and certificate as other programs import them."""
        return pkcs12.serialize_key_and_certificates(
            self.name.encode(),
            self.key,
            self.certificate,
            None,
            serialization.BestAvailableEncryption(password.encode()),
        )

    @property
    def own(self) -> DecryptionKey:
        return DecryptionKey(self.key, self.certificate)

    @property
    def signer(self) -> Signer:
        return Signer(self.key, self.certificate)


def openssl(*arguments: str | Path, given: bytes = b"") -> bytes:
    """What ``openssl`` with *arguments* says to *given*. Fails when it refuses."""
    done = subprocess.run(["openssl", *map(str, arguments)], input=given, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode("utf-8", "replace")
    return done.stdout


def openssl_sign(content: bytes, signer: Identity, *options: str) -> bytes:
    """DER. Opaque unless *options* say otherwise; ``-stream`` makes it BER."""
    files = ("-signer", signer.cert_file, "-inkey", signer.key_file)
    extra = () if "-detached" in options else ("-nodetach",)
    kept = [option for option in options if option != "-detached"]
    return openssl("cms", "-sign", "-binary", "-outform", "DER", *files, *extra, *kept, given=content)


def openssl_verify(message: bytes, directory: Path, content: bytes | None = None) -> bytes:
    """The content that openssl finds well signed. Trust is left out."""
    detached: Sequence[str | Path] = ()
    if content is not None:
        (directory / "content").write_bytes(content)
        detached = ("-content", directory / "content")
    return openssl("cms", "-verify", "-binary", "-inform", "DER", "-noverify", *detached, given=message)


def openssl_encrypt(content: bytes, recipients: Sequence[Identity], cipher: str, *options: str) -> bytes:
    """DER for all *recipients*; *options* given for RSA (``-keyopt``) belong to each of them."""
    words: list[str | Path] = []
    for recipient in recipients:
        words += ["-recip", recipient.cert_file, *_options_for(recipient, options)]
    rest = [word for word in options if word in ("-stream", "-keyid")]
    return openssl(
        "cms", "-encrypt", "-binary", "-outform", "DER", f"-{cipher}", *rest, *words, given=content
    )


def _options_for(recipient: Identity, options: Sequence[str]) -> list[str]:
    """Key options as openssl wants them: those named ``rsa_…`` for RSA, ``ecdh_…`` for curves."""
    prefix = "rsa_" if isinstance(recipient.key, rsa.RSAPrivateKey) else "ecdh_"
    return [word for option in options if option.startswith(prefix) for word in ("-keyopt", option)]


def openssl_decrypt(message: bytes, recipient: Identity) -> bytes:
    files = ("-recip", recipient.cert_file, "-inkey", recipient.key_file)
    return openssl("cms", "-decrypt", "-binary", "-inform", "DER", *files, given=message)
