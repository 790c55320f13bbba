"""The signature around a tunnel list (docs/tunnel-list.md): CMS SignedData with the list's JSON as content.

Who may sign is a matter of pins alone: no authority vouches for a list, and the dates in the signer's
certificate are not asked. A pin is withdrawn by taking it out of the settings.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from segl.ber import Damaged
from segl.certificates.judgement import fingerprint
from segl.errors import TunnelListError
from segl.vocabulary import ListFault
from segl_delivery.cms.signed import Signer, sign, verify
from segl_delivery.cms.trust import key_fingerprint, signed_by_pinned


def open_signed(message: bytes, pins: Collection[str]) -> tuple[bytes, str]:
    """The content of *message* and the pin (of *pins*, hex) under which it is signed.

    Nothing of the content has been believed so far. Raises :class:`TunnelListError`.
    """
    try:
        signed = verify(message)
    except Damaged as error:
        hint = "a list is CMS SignedData in DER, with its content inside"
        raise TunnelListError(ListFault.BAD_SIGNATURE, f"is not signed: {error}", hint) from None
    signature = signed_by_pinned(signed, pins)
    if signature is not None and signature.certificate is not None:
        whole = fingerprint(signature.certificate)
        return signed.content, whole if whole in pins else key_fingerprint(signature.certificate)
    for other in signed.signatures:
        if other.holds and other.certificate is not None:
            raise TunnelListError(
                ListFault.UNKNOWN_SIGNER,
                f"is signed by a key that is not pinned: certificate sha256 {fingerprint(other.certificate)}",
                "ask the publisher by another way whether that is its key, then add it to signers",
            )
    why = ", ".join(dict.fromkeys(other.weakness or other.outcome.value for other in signed.signatures))
    raise TunnelListError(ListFault.BAD_SIGNATURE, f"has no good signature: {why or 'it has none at all'}")


def sign_list(content: bytes, signer: Signer, now: datetime) -> bytes:
    """*content* signed, in DER."""
    return sign(content, signer, detached=False, now=now)
