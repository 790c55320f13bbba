"""A message made ready for one partner: which algorithms, which form of the header, whose signature.

What the postmaster said of the recipient's domain (``[[domain]]``) goes before ``[encryption]``, and that before
what certificates say.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from email.header import Header
from typing import Final

from cryptography import x509

from segl.addresses import domain_of
from segl.certificates.judgement import fingerprint
from segl.errors import DeliveryError
from segl.mail.fields import Field, read_header
from segl.mime.parameters import read_parameters
from segl.settings.document import Settings
from segl.settings.encryption import Algorithms, HeaderForm, SignWhen
from segl.smime_types import CMS_TYPES
from segl_delivery.agent import Delivery
from segl_delivery.cms.capabilities import reads_modern
from segl_delivery.cms.choice import COMMON, MODERN, OAEP, Choice
from segl_delivery.cms.signed import Signer
from segl_delivery.own_keys.signing import sender_domain
from segl_delivery.smime.message import Entity, signed_entity, split_for_envelope

NEUTRAL_SUBJECT: Final = {"da": "Sikker besked", "en": "Secure message"}
CHOICES: Final = {Algorithms.COMMON: COMMON, Algorithms.OAEP: OAEP, Algorithms.MODERN: MODERN}
_PROTECTED: Final = frozenset({"multipart/signed", "multipart/encrypted"}) | CMS_TYPES

SignerFor = Callable[[str], Signer | None]


class NoSigner(DeliveryError):
    """The message must be signed, and there is no key to sign it with."""

    reply_enhanced = "4.7.0"


@dataclass(frozen=True, slots=True)
class PartnerTerms:
    """What holds for one recipient domain. ``algorithms``: ``None`` leaves it to the certificates."""

    algorithms: Algorithms | None
    headers: HeaderForm
    signing: SignWhen

    @classmethod
    def of(cls, settings: Settings, domain: str) -> PartnerTerms:
        usual, pin = settings.encryption, settings.pin(domain)
        if pin is None:
            return cls(usual.algorithms, usual.headers, usual.sign)
        return cls(pin.algorithms or usual.algorithms, pin.headers or usual.headers, pin.sign or usual.sign)

    def choice(
        self, certificates: Sequence[x509.Certificate], said: Callable[[], frozenset[str]] = frozenset
    ) -> Choice:
        """What a message to the holder of *certificates* is encrypted with. *said* gives what he said in his mail
        that he reads (object identifiers); it is asked only when it matters."""
        if self.algorithms is not None:
            return CHOICES[self.algorithms]
        if all(reads_modern(certificate) for certificate in certificates):
            return MODERN
        elsewhere = said()
        return MODERN if all(reads_modern(one, elsewhere) for one in certificates) else COMMON


@dataclass(frozen=True, slots=True)
class Prepared:
    """The header outside, the entity inside, and the fingerprint of whose signature is on it (or ``""``)."""

    outside: bytes
    entity: Entity
    signed_by: str


@dataclass(frozen=True, slots=True)
class Outbound:
    """Prepares messages by *settings*. ``signer_for`` gives our key for a domain of ours (normal form), ``None``
    when there is none; ``said`` what the holder of certificates (a mail key, or "@" and a domain) said he reads."""

    settings: Settings
    signer_for: SignerFor
    said: Callable[[str], frozenset[str]] = lambda _holder: frozenset()

    def subject(self, sender: str = "") -> str:
        """The neutral one of the organisation that *sender* belongs to, as it stands in the header."""
        language = self.settings.owner(domain_of(sender)).language
        text = self.settings.encryption.subject or NEUTRAL_SUBJECT[language]
        return text if text.isascii() else Header(text, "utf-8").encode(linesep="\r\n")

    def terms(self, domain: str) -> PartnerTerms:
        return PartnerTerms.of(self.settings, domain)

    def prepare(self, delivery: Delivery, terms: PartnerTerms) -> Prepared:
        """Raises :class:`~segl.errors.DeliveryError` when it must be signed and cannot be."""
        signer = self._signer(delivery, terms.signing)
        outside, entity = split_for_envelope(
            delivery.content, self.subject(delivery.envelope.sender), terms.headers
        )
        if signer is None:
            return Prepared(outside, entity, "")
        return Prepared(outside, signed_entity(entity, signer), fingerprint(signer.certificate))

    def _signer(self, delivery: Delivery, when: SignWhen) -> Signer | None:
        """Who signs: the key of the domain in From, when the envelope's sender is of that domain too, or empty. Of
        several organisations in one house none shall sign for another because a user wrote so; and an empty sender is
        anybody's, since Postfix asks nobody whether he may use it."""
        fields, _ = read_header(delivery.content)
        if when is SignWhen.NEVER or (when is SignWhen.POSSIBLE and is_protected(fields)):
            return None
        domain, sender = sender_domain(delivery.content), delivery.envelope.sender
        anybody = not sender and not self.settings.owners.several
        agreed = bool(domain) and (anybody or (bool(sender) and domain_of(sender) == domain))
        signer = self.signer_for(domain) if agreed else None
        if signer is None and when is SignWhen.ALWAYS:
            why = f"no key that may sign for {domain}" if agreed else "From and the envelope do not agree"
            raise NoSigner("the message cannot be signed", why, "segl key list")
        return signer


def is_protected(fields: Sequence[Field]) -> bool:
    """Whether the sender has signed or encrypted the message himself (S/MIME or OpenPGP)."""
    kinds = (
        read_parameters(field.value.decode("latin-1")).value
        for field in fields
        if field.name == "content-type"
    )
    return next(kinds, "") in _PROTECTED
