"""Who signs what we encrypt: the key of the sender's own domain (``delivery.sign_keys``).

A signature inside the envelope tells the partner's gateway who wrote, and makes any change on the way show, which the
common cipher alone does not (``docs/decisions/0012-cms.md``). It is ours to give only for our own domains: mail that is
passed on for a stranger is encrypted and not signed. Whether it is ours is asked of ``From``, since that is what
the reader and his program hold the signature against.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import getaddresses
from typing import Final

from segl.addresses import domain_of
from segl.certificates.chain import read_pem
from segl.mail.fields import read_header
from segl.settings.document import Settings
from segl_delivery.cms.signed import Signer
from segl_delivery.keyring import CERTIFICATE, KeyRing, KeysUnreadable, LockedKey, OwnKey
from segl_delivery.own_keys.directory import may_sign

_LONGEST_FROM: Final = 8192  # bytes; of a longer field nothing is believed


@dataclass(frozen=True, slots=True)
class Signing:
    """Finds the signer of a message. Blocking; safe to use from several threads."""

    ring: KeyRing
    settings: Settings
    clock: Callable[[], float] = field(default=time.time)

    def signer_for(self, sender_domain: str) -> Signer | None:
        """The signer of *sender_domain* (normal form): the key named in ``delivery.sign_keys``, else the newest that is
        active, valid, and for that domain. ``None`` when there is none, or the domain is not ours.

        Raises :class:`~segl_delivery.keyring.KeysUnreadable`, and :class:`OSError` or :class:`ValueError` when the
        chain cannot be read.
        """
        owner = self.settings.owners.find(sender_domain)
        if owner is None:
            return None
        named = self.settings.delivery.sign_keys.get(sender_domain)
        now = datetime.fromtimestamp(self.clock(), UTC)
        held = self.ring.keys()
        usable = [
            own
            for own in held
            if not own.retired
            and (own.name == named if named else _is_for(own, sender_domain))
            and own.is_of(owner, self.settings.owners)
            and may_sign(own.certificate, now)
        ]
        if not usable:
            if any(_signs_for(locked, sender_domain, now) for locked in self.ring.locked()):
                raise KeysUnreadable(
                    "our key cannot be used now", f"the key of {sender_domain} cannot be used"
                )
            return None
        own = max(usable, key=lambda own: own.certificate.not_valid_before_utc)
        along = read_pem(self.settings.delivery.keys / (own.name + CERTIFICATE))[1:]
        return Signer(
            own.key, own.certificate, tuple(entry for entry in along if entry.issuer != entry.subject)
        )


def _signs_for(locked: LockedKey, domain: str, now: datetime) -> bool:
    """Whether mail of *domain* would be signed with it, were it not locked: such mail waits."""
    return not locked.retired and domain in locked.holders and may_sign(locked.certificate, now)


def sender_domain(message: bytes) -> str:
    """The domain of the one address in ``From`` (RFC 5322 §3.6.2); ``""`` when there is not exactly one."""
    fields, _ = read_header(message)
    found = [entry.value for entry in fields if entry.name == "from"]
    if len(found) != 1 or len(found[0]) > _LONGEST_FROM:
        return ""
    addresses = getaddresses([found[0].decode("utf-8", "replace")])
    return domain_of(addresses[0][1]) if len(addresses) == 1 else ""


def _is_for(own: OwnKey, domain: str) -> bool:
    return domain in own.domains or any(domain_of(address) == domain for address in own.addresses)
