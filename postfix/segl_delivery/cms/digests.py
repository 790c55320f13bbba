"""Signatures over bytes: which algorithms are read, which are written, which are weak."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes

from segl.certificates.judgement import is_short_rsa

Piece = bytes | memoryview
PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


class Digest(Enum):
    """A digest by its name in asn1crypto. MD5 and older are not read at all."""

    SHA1 = "sha1"
    SHA224 = "sha224"
    SHA256 = "sha256"
    SHA384 = "sha384"
    SHA512 = "sha512"

    def of(self, *pieces: Piece) -> bytes:
        digest = hashes.Hash(self.algorithm)
        for piece in pieces:
            digest.update(piece)
        return digest.finalize()

    @property
    def algorithm(self) -> hashes.HashAlgorithm:
        return _ALGORITHMS[self]


_ALGORITHMS: Final[dict[Digest, hashes.HashAlgorithm]] = {
    Digest.SHA1: hashes.SHA1(),  # noqa: S303 - read, and named weak
    Digest.SHA224: hashes.SHA224(),
    Digest.SHA256: hashes.SHA256(),
    Digest.SHA384: hashes.SHA384(),
    Digest.SHA512: hashes.SHA512(),
}


class Scheme(Enum):
    """How a signature is made from a digest."""

    PKCS1 = "rsa"
    PSS = "rsa-pss"
    ECDSA = "ecdsa"
    ED25519 = "ed25519"


@dataclass(frozen=True, slots=True)
class SignatureAlgorithm:
    """*digest* is of what is signed; *salt* (octets) and *mask* belong to PSS (RFC 4056)."""

    scheme: Scheme
    digest: Digest
    mask: Digest = Digest.SHA256
    salt: int = 0

    def weakness(self, key: PublicKeyTypes) -> str:
        """Why a signature by it is worth little though it is right; ``""`` when it is worth all."""
        if self.digest is Digest.SHA1:
            return "SHA-1"
        if isinstance(key, rsa.RSAPublicKey) and is_short_rsa(key):
            return f"RSA of {key.key_size} bits"
        return ""

    def verifies(self, key: PublicKeyTypes, signature: bytes, data: bytes) -> bool:
        """Whether *signature* is *key*'s over *data*. ``False`` for a key of another kind, too."""
        try:
            if self.scheme in (Scheme.PKCS1, Scheme.PSS) and isinstance(key, rsa.RSAPublicKey):
                key.verify(signature, data, self._padding(), self.digest.algorithm)
            elif self.scheme is Scheme.ECDSA and isinstance(key, ec.EllipticCurvePublicKey):
                key.verify(signature, data, ec.ECDSA(self.digest.algorithm))
            elif self.scheme is Scheme.ED25519 and isinstance(key, ed25519.Ed25519PublicKey):
                key.verify(signature, data)
            else:
                return False
        except (InvalidSignature, UnsupportedAlgorithm, ValueError):
            return False
        return True

    def sign(self, key: PrivateKey, data: bytes) -> bytes:
        if isinstance(key, rsa.RSAPrivateKey):
            return key.sign(data, self._padding(), self.digest.algorithm)
        return key.sign(data, ec.ECDSA(self.digest.algorithm))

    def _padding(self) -> padding.AsymmetricPadding:
        if self.scheme is Scheme.PSS:
            return padding.PSS(padding.MGF1(self.mask.algorithm), self.salt)
        return padding.PKCS1v15()


def algorithm_for(key: PrivateKey, *, pss: bool) -> SignatureAlgorithm:
    """The one we sign with: a digest as strong as the key. RSA by PKCS #1 v1.5 unless *pss*, since more
    programs read it."""
    if isinstance(key, rsa.RSAPrivateKey):
        if pss:
            return SignatureAlgorithm(Scheme.PSS, Digest.SHA256, Digest.SHA256, 32)
        return SignatureAlgorithm(Scheme.PKCS1, Digest.SHA256)
    if key.key_size <= 256:
        return SignatureAlgorithm(Scheme.ECDSA, Digest.SHA256)
    return SignatureAlgorithm(Scheme.ECDSA, Digest.SHA384 if key.key_size <= 384 else Digest.SHA512)
