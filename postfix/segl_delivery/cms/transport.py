"""A content key for the holder of an RSA key (RFC 5652 §6.2.1, RFC 3370 §4.2.1, RFC 3560, RFC 8017 §7).

PKCS #1 v1.5 padding is the one that every program reads and the one with a history: whoever learns whether a
ciphertext's padding was right, learns the content of any other, one question at a time (Bleichenbacher
1998). So nobody learns it here: what does not decrypt gives a random key instead (*implicit rejection*), and
all goes on as if nothing had happened.
"""

from __future__ import annotations

from dataclasses import dataclass

from asn1crypto import algos
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from segl import ber
from segl.ber import Damaged
from segl_delivery.cms import names
from segl_delivery.cms.algorithm import NULL, algorithm
from segl_delivery.cms.choice import Transport
from segl_delivery.cms.ciphers import NotDecrypted
from segl_delivery.cms.digests import Digest

_OAEP = {Transport.OAEP_SHA1: Digest.SHA1, Transport.OAEP_SHA256: Digest.SHA256}
_UNREADABLE = (ValueError, TypeError, LookupError, AttributeError, RecursionError)


@dataclass(frozen=True, slots=True)
class RsaScheme:
    """How a key was encrypted, as the message says: OAEP, or PKCS #1 v1.5 when ``oaep`` is ``None``."""

    oaep: padding.OAEP | None

    @property
    def notices_faults(self) -> bool:
        """Whether a wrong key or an altered ciphertext shows (OAEP), or must not be seen to show."""
        return self.oaep is not None


def encrypt_key(key: bytes, recipient: RSAPublicKey, transport: Transport) -> tuple[bytes, bytes]:
    """The AlgorithmIdentifier, and *key* encrypted to *recipient*."""
    if transport is Transport.PKCS1:
        return algorithm(names.RSA_PKCS1, NULL), recipient.encrypt(key, padding.PKCS1v15())
    digest = _OAEP[transport]
    oaep = padding.OAEP(padding.MGF1(digest.algorithm), digest.algorithm, None)
    return algorithm(names.RSA_OAEP, oaep_parameters(digest)), recipient.encrypt(key, oaep)


def read_scheme(name: str, parameters: bytes) -> RsaScheme:
    """Raises :class:`~segl.ber.Damaged` for one that we do not read."""
    if name == names.RSA_PKCS1:
        return RsaScheme(None)
    if name != names.RSA_OAEP:
        raise Damaged("a key transport that we do not read")
    try:
        found = algos.RSAESOAEPParams.load(parameters or b"\x30\x00", strict=True)
        mask, source = found["mask_gen_algorithm"], found["p_source_algorithm"]
        if (mask["algorithm"].native, source["algorithm"].native) != ("mgf1", "p_specified"):
            raise Damaged("OAEP in a form that we do not read")
        return RsaScheme(
            padding.OAEP(
                padding.MGF1(Digest(mask["parameters"]["algorithm"].native).algorithm),
                Digest(found["hash_algorithm"]["algorithm"].native).algorithm,
                source["parameters"].native or None,
            )
        )
    except _UNREADABLE:
        raise Damaged("the parameters of OAEP cannot be read") from None


def decrypt_key(encrypted: bytes, own: RSAPrivateKey, scheme: RsaScheme) -> bytes:
    """The key, or what an attacker made of it: the length is the caller's to check. Raises
    :class:`NotDecrypted`."""
    try:
        return own.decrypt(encrypted, padding.PKCS1v15() if scheme.oaep is None else scheme.oaep)
    except (ValueError, UnsupportedAlgorithm):
        raise NotDecrypted from None


def oaep_parameters(digest: Digest) -> bytes:
    """RSAES-OAEP-params; SHA-1 is the default and DER leaves defaults out."""
    if digest is Digest.SHA1:
        return ber.element(ber.SEQUENCE)
    hashed = algos.DigestAlgorithm({"algorithm": digest.value}).dump()
    return ber.element(
        ber.SEQUENCE,
        ber.element(ber.context(0), hashed),
        ber.element(ber.context(1), algorithm(names.MGF1, hashed)),
    )
