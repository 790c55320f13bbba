"""SignedData (RFC 5652 §5): content signed, and signatures judged.

Three questions are kept apart. *Is the signature right?* is answered here, for each signature on its own: the
digest of the content, the signed attributes, the key of the certificate that the message names. *Is it
worth anything?* (SHA-1, short keys): :attr:`Signature.weakness`. *Whose is it?* is a matter of trust:
:mod:`segl_delivery.cms.trust`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import Enum

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding

from segl import ber
from segl.ber import Damaged, Piece
from segl.certificates.judgement import UNREADABLE, load_certificate
from segl_delivery.cms import names
from segl_delivery.cms.algorithm import enter_content, integer, octets, oid, read_oid
from segl_delivery.cms.digests import Digest, PrivateKey, algorithm_for
from segl_delivery.cms.identifiers import identifies
from segl_delivery.cms.names import ContentType
from segl_delivery.cms.signer_info import (
    SignerInfo,
    Unsupported,
    digest_algorithm,
    read_signer_info,
    signed_attributes,
    write_signer_info,
)

MOST_SIGNATURES = 16
MOST_CERTIFICATES = 64


class Outcome(Enum):
    """What became of one signature."""

    GOOD = "good"
    ALTERED = "altered"  # content, attributes or signature are not what was signed
    NO_CERTIFICATE = "no-certificate"  # the message does not carry the signer's, and nobody gave it to us
    UNSUPPORTED = "unsupported"  # an algorithm or a form we do not read


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature. All but ``outcome`` is only worth reading when that is good.

    ``weakness`` says why a right signature proves little ("SHA-1", "RSA of 1024 bits"), else ``""``.
    ``signed_at`` is the signer's word, not a proof of time; so is what he says he reads (``capabilities``, object
    identifiers).
    """

    outcome: Outcome
    certificate: x509.Certificate | None = None
    digest: Digest | None = None
    scheme: str = ""
    weakness: str = ""
    signed_at: datetime | None = None
    capabilities: frozenset[str] = frozenset()

    @property
    def holds(self) -> bool:
        """Whether it proves that the key of ``certificate`` signed the content."""
        return self.outcome is Outcome.GOOD and not self.weakness


@dataclass(frozen=True, slots=True)
class Signed:
    """A signed message: its content, its signatures (none, in a bundle of certificates), and the
    certificates that came along, which nobody vouches for."""

    content: bytes
    content_type: str
    signatures: tuple[Signature, ...]
    certificates: tuple[x509.Certificate, ...]


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signs. *chain*, without the root, goes along for those who verify; ``pss`` is RSA's newer
    padding."""

    key: PrivateKey
    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...] = ()
    pss: bool = False

    def __post_init__(self) -> None:
        if self.certificate.public_key() != self.key.public_key():
            raise ValueError("the certificate belongs to another key")


def sign(content: bytes, signer: Signer, *, detached: bool, now: datetime | None = None) -> bytes:
    """SignedData in DER; *detached*, without the content itself (``multipart/signed``).

    *content* is signed byte for byte: a MIME entity must have its line ends in canonical form already.
    """
    inner = b"" if detached else ber.element(ber.context(0), octets(content))
    return _sign((content,), inner, signer, now)


def sign_detached(pieces: Sequence[Piece], signer: Signer, now: datetime | None = None) -> bytes:
    """As :func:`sign`, for content that lies in *pieces* one after the other and is not copied."""
    return _sign(pieces, b"", signer, now)


def _sign(pieces: Sequence[Piece], inner: bytes, signer: Signer, now: datetime | None) -> bytes:
    algorithm = algorithm_for(signer.key, pss=signer.pss)
    attributes = signed_attributes(algorithm.digest.of(*pieces), now or datetime.now(UTC))
    info = write_signer_info(signer.certificate, algorithm, attributes, signer.key)
    certificates = sorted(entry.public_bytes(Encoding.DER) for entry in (signer.certificate, *signer.chain))
    signed = ber.element(
        ber.SEQUENCE,
        integer(1),
        ber.element(ber.SET, digest_algorithm(algorithm.digest)),
        ber.element(ber.SEQUENCE, oid(ContentType.DATA.value), inner),
        ber.element(ber.context(0), *certificates),
        ber.element(ber.SET, info),
    )
    return ber.element(ber.SEQUENCE, oid(ContentType.SIGNED.value), ber.element(ber.context(0), signed))


def verify(message: bytes, content: bytes | None = None, known: Sequence[x509.Certificate] = ()) -> Signed:
    """*message* (DER or BER) read and each of its signatures judged.

    *content* is what a detached signature is over; content inside goes before it. *known* are certificates
    that the signer may not have sent along. Raises :class:`Damaged` when *message* is no SignedData, or has
    no content.
    """
    parts = _read(message, content)
    candidates = (*parts.certificates, *known)
    digests: dict[Digest, bytes] = {}
    signatures = tuple(_judged(der, parts, candidates, digests) for der in parts.infos)
    return Signed(parts.content, parts.content_type, signatures, parts.certificates)


@dataclass(frozen=True, slots=True)
class _Parts:
    content: bytes
    content_type: str
    certificates: tuple[x509.Certificate, ...]
    infos: tuple[bytes, ...]


def _read(message: bytes, content: bytes | None) -> _Parts:
    reader = ber.Reader(message)
    enter_content(reader, ContentType.SIGNED, otherwise="no SignedData")
    reader.whole()  # the digest algorithms are named by the signatures again
    reader.enter(ber.SEQUENCE)
    content_type = read_oid(reader.whole(64))
    if reader.peek() is not None:
        reader.enter(ber.context(0))
        content = b"".join(reader.pieces(ber.OCTETS))
        reader.leave()
    reader.leave()
    certificates = _read_certificates(reader)
    if reader.peek() == ber.context(1):  # revocation lists: those in a message are as old as it is
        reader.whole()
    infos = _read_set(reader, ber.SET, MOST_SIGNATURES)
    for _ in range(3):
        reader.leave()
    if content is None:
        if infos:
            raise Damaged("the signed content is not there")
        content = b""
    return _Parts(content, content_type, certificates, tuple(infos))


def _read_certificates(reader: ber.Reader) -> tuple[x509.Certificate, ...]:
    if reader.peek() != ber.context(0):
        return ()
    found: list[x509.Certificate] = []
    for der in _read_set(reader, ber.context(0), MOST_CERTIFICATES):
        if der[0] != ber.SEQUENCE:
            continue  # attribute certificates and other forms
        try:
            found.append(load_certificate(der))
        except UNREADABLE:
            continue  # one nobody can read is one nobody signed with
    return tuple(found)


def _read_set(reader: ber.Reader, tag: int, most: int) -> list[bytes]:
    reader.enter(tag)
    found: list[bytes] = []
    while reader.peek() is not None:
        if len(found) == most:
            raise Damaged("more parts than we read")
        found.append(reader.whole())
    reader.leave()
    return found


def _judged(
    der: bytes, parts: _Parts, candidates: Sequence[x509.Certificate], digests: dict[Digest, bytes]
) -> Signature:
    try:
        info = read_signer_info(der)
    except (Damaged, Unsupported):
        return Signature(Outcome.UNSUPPORTED)
    scheme = info.algorithm.scheme.value
    certificate = next((entry for entry in candidates if identifies(info.identifier, entry)), None)
    if certificate is None:
        return Signature(Outcome.NO_CERTIFICATE, None, info.digest, scheme)
    try:
        key = certificate.public_key()
    except UNREADABLE:
        return Signature(Outcome.UNSUPPORTED, certificate, info.digest, scheme)
    if info.digest not in digests:
        digests[info.digest] = info.digest.of(parts.content)
    good = _is_right(info, key, parts, digests[info.digest])
    weakness = info.algorithm.weakness(key) or ("SHA-1" if info.digest is Digest.SHA1 else "")
    outcome = Outcome.GOOD if good else Outcome.ALTERED
    found = Signature(outcome, certificate, info.digest, scheme, weakness)
    if info.attributes is None:
        return found
    return replace(found, signed_at=info.attributes.signing_time, capabilities=info.attributes.capabilities)


def _is_right(info: SignerInfo, key: PublicKeyTypes, parts: _Parts, digest: bytes) -> bool:
    attributes = info.attributes
    if attributes is None:
        # Only plain data may be signed without attributes (RFC 5652 §5.3). And data that are themselves a set
        # of attributes were signed as such, in another message: a signature must not mean two things.
        plain = parts.content_type == ContentType.DATA.value and not _looks_like_attributes(parts.content)
        return plain and info.algorithm.verifies(key, info.signature, parts.content)
    if attributes.content_type != parts.content_type or attributes.digest != digest:
        return False
    return any(info.algorithm.verifies(key, info.signature, form) for form in attributes.signed)


def _looks_like_attributes(content: bytes) -> bool:
    return content[:1] == bytes((ber.SET,)) and all(
        oid(name) in content for name in (names.CONTENT_TYPE, names.MESSAGE_DIGEST)
    )
