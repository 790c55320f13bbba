"""A content key for the holder of a key on an elliptic curve (RFC 5753 §3.1, ephemeral-static ECDH).

The sender makes a key pair for this message alone and multiplies: his new private key and the recipient's
public one give both sides the same point, and nobody else. From it a *key encryption key* is derived (the
KDF of ANSI X9.63), and under that the content key is wrapped (RFC 3394). The wrapping notices a wrong key.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers import Cipher as Machine
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.kdf.x963kdf import X963KDF
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from segl import ber
from segl.ber import Damaged
from segl_delivery.cms.algorithm import algorithm, octets, read_algorithm
from segl_delivery.cms.ciphers import NotDecrypted
from segl_delivery.cms.digests import Digest

# ECDH with and without the cofactor, which is 1 on the curves we know: the same computation (RFC 5753 §7.1.4).
_SCHEMES: Final = {
    "1.3.133.16.840.63.0.2": Digest.SHA1,
    "1.3.132.1.11.0": Digest.SHA224,
    "1.3.132.1.11.1": Digest.SHA256,
    "1.3.132.1.11.2": Digest.SHA384,
    "1.3.132.1.11.3": Digest.SHA512,
    "1.3.133.16.840.63.0.3": Digest.SHA1,
    "1.3.132.1.14.0": Digest.SHA224,
    "1.3.132.1.14.1": Digest.SHA256,
    "1.3.132.1.14.2": Digest.SHA384,
    "1.3.132.1.14.3": Digest.SHA512,
}
_AES_WRAPS: Final = {
    16: "2.16.840.1.101.3.4.1.5",
    24: "2.16.840.1.101.3.4.1.25",
    32: "2.16.840.1.101.3.4.1.45",
}
_TRIPLE_DES_WRAP: Final = "1.2.840.113549.1.9.16.3.6"
_WRAPS: Final = {name: size for size, name in _AES_WRAPS.items()} | {_TRIPLE_DES_WRAP: 24}


@dataclass(frozen=True, slots=True)
class Agreement:
    """One ECDH as a message describes it. *point* is the sender's public key, encoded; *wrap* the
    AlgorithmIdentifier of the wrapping, which goes into the derivation byte for byte; *material* the
    sender's extra (UserKeyingMaterial), mostly none."""

    digest: Digest
    point: bytes
    wrap: bytes
    material: bytes = b""

    @property
    def scheme(self) -> bytes:
        """The AlgorithmIdentifier of the agreement."""
        name = next(name for name, digest in _SCHEMES.items() if digest is self.digest)
        return algorithm(name, self.wrap)

    def unwrap(self, wrapped: bytes, own: ec.EllipticCurvePrivateKey) -> bytes:
        """The content key. Raises :class:`NotDecrypted`."""
        name, _ = read_algorithm(self.wrap)
        try:
            peer = ec.EllipticCurvePublicKey.from_encoded_point(own.curve, self.point)
            kek = self._kek(own.exchange(ec.ECDH(), peer), _WRAPS[name])
            return _unwrap_3des(kek, wrapped) if name == _TRIPLE_DES_WRAP else aes_key_unwrap(kek, wrapped)
        except (ValueError, InvalidUnwrap, UnsupportedAlgorithm):
            raise NotDecrypted from None

    def _kek(self, shared: bytes, size: int) -> bytes:
        """ECC-CMS-SharedInfo (RFC 5753 §7.2) binds the key to its use and length."""
        material = ber.element(ber.context(0), octets(self.material)) if self.material else b""
        bits = ber.element(ber.context(2), octets((size * 8).to_bytes(4, "big")))
        info = ber.element(ber.SEQUENCE, self.wrap, material, bits)
        return X963KDF(self.digest.algorithm, size, info).derive(shared)


def agree(key: bytes, recipient: ec.EllipticCurvePublicKey, digest: Digest) -> tuple[Agreement, bytes]:
    """A new agreement with *recipient*, and *key* wrapped under it."""
    ephemeral = ec.generate_private_key(recipient.curve)
    point = ephemeral.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    agreement = Agreement(digest, point, algorithm(_AES_WRAPS[len(key)]))
    kek = agreement._kek(ephemeral.exchange(ec.ECDH(), recipient), len(key))
    return agreement, aes_key_wrap(kek, key)


def read_agreement(scheme: bytes, point: bytes, material: bytes) -> Agreement:
    """*scheme* is the AlgorithmIdentifier. Raises :class:`Damaged` for one that we do not read."""
    name, wrap = read_algorithm(scheme)
    if name not in _SCHEMES or not wrap or read_algorithm(wrap)[0] not in _WRAPS:
        raise Damaged("a key agreement that we do not read")
    return Agreement(_SCHEMES[name], point, wrap, material)


def _unwrap_3des(kek: bytes, wrapped: bytes) -> bytes:
    """The wrapping of old (RFC 3217 §3.2): encrypted twice, the second time backwards, with a digest."""
    if len(wrapped) != 40:
        raise NotDecrypted
    outer = Machine(TripleDES(kek), CBC(bytes.fromhex("4adda22c79e82105"))).decryptor()
    turned = (outer.update(wrapped) + outer.finalize())[::-1]
    inner = Machine(TripleDES(kek), CBC(turned[:8])).decryptor()
    plain = inner.update(turned[8:]) + inner.finalize()
    if not hmac.compare_digest(Digest.SHA1.of(plain[:24])[:8], plain[24:]):
        raise NotDecrypted
    return plain[:24]
