"""SignerInfo (RFC 5652 §5.3): one signature in a signed message, read and written.

With signed attributes, which all mail programs use, the signature is over the attributes, and one of them is
the content's digest. The attributes stand in the message as ``[0]``, but are signed as what they are, a
SET in DER.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from asn1crypto import algos, cms, core
from cryptography import x509

from segl import ber
from segl_delivery.cms import names
from segl_delivery.cms.algorithm import integer, octets, oid
from segl_delivery.cms.capabilities import OURS, read_capabilities
from segl_delivery.cms.digests import Digest, PrivateKey, Scheme, SignatureAlgorithm
from segl_delivery.cms.identifiers import Identifier, IssuerSerial, KeyIdentifier, issuer_serial

_UNREADABLE = (ValueError, TypeError, LookupError, AttributeError, OverflowError, RecursionError)


class Unsupported(ValueError):
    """A digest or signature algorithm that we do not read."""


@dataclass(frozen=True, slots=True)
class SignedAttributes:
    """*signed* is each form the signature may be over: as received, and in the order of DER. *capabilities* are object
    identifiers (RFC 8551 §2.5.2)."""

    signed: tuple[bytes, ...]
    content_type: str
    digest: bytes
    signing_time: datetime | None
    capabilities: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class SignerInfo:
    identifier: Identifier
    digest: Digest
    algorithm: SignatureAlgorithm
    signature: bytes
    attributes: SignedAttributes | None


def read_signer_info(der: bytes) -> SignerInfo:
    """Raises :class:`~segl.ber.Damaged` and :class:`Unsupported`."""
    try:
        info = cms.SignerInfo.load(der, strict=True)
        digest = _digest(info["digest_algorithm"]["algorithm"].native)
        attributes = info["signed_attrs"]
        return SignerInfo(
            _identifier(info["sid"]),
            digest,
            _algorithm(info["signature_algorithm"], digest),
            info["signature"].native,
            None if isinstance(attributes, core.Void) else _attributes(attributes),
        )
    except (ber.Damaged, Unsupported):
        raise
    except _UNREADABLE:
        raise ber.Damaged("a SignerInfo cannot be read") from None


def signed_attributes(digest: bytes, now: datetime) -> bytes:
    """The attributes of a new signature over content of type *data*, as the SET that is signed."""
    values = (
        (names.CONTENT_TYPE, cms.ContentType("data").dump()),
        (names.MESSAGE_DIGEST, core.OctetString(digest).dump()),
        (names.SIGNING_TIME, written_time(now)),
        (names.CAPABILITIES, OURS),
    )
    attributes = [ber.element(ber.SEQUENCE, oid(name), ber.element(ber.SET, value)) for name, value in values]
    return ber.element(ber.SET, *sorted(attributes))


def written_time(now: datetime) -> bytes:
    """The signing time (RFC 5652 §11.3): of the years 1950 to 2049 UTCTime, of others GeneralizedTime."""
    moment = now.astimezone(UTC).replace(microsecond=0)
    kind = "utc_time" if 1950 <= moment.year < 2050 else "generalized_time"
    written: bytes = cms.Time({kind: moment}).dump()
    return written


def write_signer_info(
    certificate: x509.Certificate, algorithm: SignatureAlgorithm, attributes: bytes, key: PrivateKey
) -> bytes:
    """A SignerInfo of version 1 over *attributes*, the SET from :func:`signed_attributes`."""
    named = issuer_serial(certificate)
    return ber.element(
        ber.SEQUENCE,
        integer(1),
        ber.element(ber.SEQUENCE, named.issuer, integer(named.serial)),
        digest_algorithm(algorithm.digest),
        ber.element(ber.context(0), ber.content_of(attributes, ber.SET)),
        _signature_algorithm(algorithm),
        octets(algorithm.sign(key, attributes)),
    )


def digest_algorithm(digest: Digest) -> bytes:
    """The AlgorithmIdentifier, without parameters (RFC 5754 §2)."""
    return ber.element(ber.SEQUENCE, algos.DigestAlgorithmId(digest.value).dump())


def _signature_algorithm(algorithm: SignatureAlgorithm) -> bytes:
    value: dict[str, Any]
    if algorithm.scheme is Scheme.PKCS1:
        value = {"algorithm": "rsassa_pkcs1v15", "parameters": core.Null()}
    elif algorithm.scheme is Scheme.PSS:
        mask = {"algorithm": "mgf1", "parameters": {"algorithm": algorithm.mask.value}}
        parameters = {
            "hash_algorithm": {"algorithm": algorithm.digest.value},
            "mask_gen_algorithm": mask,
            "salt_length": algorithm.salt,
        }
        value = {"algorithm": "rsassa_pss", "parameters": parameters}
    else:
        value = {"algorithm": f"{algorithm.digest.value}_ecdsa"}
    written: bytes = algos.SignedDigestAlgorithm(value).dump()
    return written


def _identifier(sid: Any) -> Identifier:
    if sid.name == "subject_key_identifier":
        return KeyIdentifier(sid.chosen.native)
    return IssuerSerial(sid.chosen["issuer"].dump(), sid.chosen["serial_number"].native)


def _digest(name: str) -> Digest:
    try:
        return Digest(name)
    except ValueError:
        raise Unsupported(f"digest {name}") from None


def _algorithm(found: Any, digest: Digest) -> SignatureAlgorithm:
    """*digest* is the content's, which the plain names of RSA and ECDSA leave to it."""
    name: str = found["algorithm"].native
    if name == "ed25519":
        return SignatureAlgorithm(Scheme.ED25519, Digest.SHA512)
    if name == "rsassa_pss":
        parameters = found["parameters"]
        mask = parameters["mask_gen_algorithm"]
        if mask["algorithm"].native != "mgf1":
            raise Unsupported("PSS without MGF1")
        return SignatureAlgorithm(
            Scheme.PSS,
            _digest(parameters["hash_algorithm"]["algorithm"].native),
            _digest(mask["parameters"]["algorithm"].native),
            parameters["salt_length"].native,
        )
    if name == "rsassa_pkcs1v15":
        return SignatureAlgorithm(Scheme.PKCS1, digest)
    hashed, _, kind = name.partition("_")
    if kind not in ("rsa", "ecdsa"):
        raise Unsupported(f"signature {name}")
    return SignatureAlgorithm(Scheme(kind), _digest(hashed))


def _attributes(found: Any) -> SignedAttributes:
    received: bytes = found.contents
    parts = ber.children(received)
    orders = dict.fromkeys((received, b"".join(sorted(parts))))
    values: dict[str, list[Any]] = {}
    for attribute in found:
        name: str = attribute["type"].dotted
        if name in values:
            raise ber.Damaged("a signed attribute stands there twice")
        if name in (names.CONTENT_TYPE, names.MESSAGE_DIGEST, names.SIGNING_TIME, names.CAPABILITIES):
            values[name] = list(attribute["values"])
        else:
            values[name] = []
    return SignedAttributes(
        tuple(ber.element(ber.SET, order) for order in orders),
        _only(values, names.CONTENT_TYPE).dotted,
        _only(values, names.MESSAGE_DIGEST).native,
        _moment(_only(values, names.SIGNING_TIME).native) if values.get(names.SIGNING_TIME) else None,
        frozenset().union(*(read_capabilities(one.dump()) for one in values.get(names.CAPABILITIES, ())[:1])),
    )


def _moment(said: object) -> datetime | None:
    """A time without a zone, or in the year 0, is none: nobody could tell when it was."""
    return said if isinstance(said, datetime) and said.tzinfo is not None else None


def _only(values: dict[str, list[Any]], name: str) -> Any:
    """The one value that the attribute *name* must have (RFC 5652 §11.1, §11.2)."""
    found: Sequence[Any] = values.get(name, ())
    if len(found) != 1:
        raise ber.Damaged("a signed attribute is missing, or has several values")
    return found[0]
