"""``[inbound]``: mail that comes in encrypted or signed (S/MIME).

Part of :mod:`segl.settings.document`; the comments are the manual here as there.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import ConfigDict, Field

from segl.settings.certificates import RevocationUnknown
from segl.settings.values import FORBID, Address, HostPort

_Tag = Annotated[str, Field(max_length=40, pattern=r"^[^\x00-\x1f\x7f]*$")]


class KeysOpen(StrEnum):
    """Whose mail a key of ours opens."""

    # that to the domains it is for and those of its addresses (segl key list), so that in a house of several
    # organisations none reads mail to another
    HOLDERS = "holders"
    ALL = "all"  # that to any own recipient


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbound:
    """``[inbound]``: what is encrypted to us is opened before it reaches the mail store, signatures are judged, and
    an ``Authentication-Results`` field says what was found. ``segl install`` must be run after `on` was changed."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    # Whether incoming mail is opened and judged at all.
    on: bool = False
    # Who says so in Authentication-Results (RFC 8601); empty: the front's myhostname.
    authserv_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9.-]*$", max_length=255)] = ""
    # Opened mail is handed to this SMTP server instead of the return port: a scanner for viruses and spam, say,
    # which hands it on to the return port. "127.0.0.1:10024"
    hand_to: HostPort | None = None
    # Who hears when opened mail cannot be put into a mailbox. Not the sender: a report would show him, or who took
    # his name, what was inside. Empty: postmaster at the first own domain.
    failures_to: Address = ""
    # Whose mail a key of ours opens.
    keys_open: KeysOpen = KeysOpen.HOLDERS
    # A signer's certificate of which nobody says whether it was revoked: "refuse" it (the result is neutral), or
    # "use" it.
    revocation_unknown: RevocationUnknown = RevocationUnknown.REFUSE
    # segl-map asks that of the authorities; a message waits for it so long.
    revocation_seconds: Annotated[float, Field(gt=0, le=60)] = 15.0
    # Mail that is only signed, in the opaque form, which a program without S/MIME shows as a file (smime.p7m): deliver
    # what is inside, when the signature passed. Nobody can verify it afterwards. Else it is left as it came.
    unwrap_signed: bool = False
    # Keep the certificates of verified signers, so that mail to them can be encrypted (source "kept").
    harvest: bool = True
    # Put before the subject of mail that was opened, or whose signature passed ("[sikker]"); empty: nothing. Such a tag
    # is taken out of the subject of other mail from outside; so are the two below.
    tag_secure: _Tag = ""
    # Put before the subject of mail with a signature that did not pass ("[underskrift ugyldig]"); empty: nothing.
    tag_bad_signature: _Tag = ""
    # Put before the subject of encrypted mail that could not be opened; empty: nothing.
    tag_not_opened: _Tag = ""

    @property
    def tags(self) -> tuple[str, ...]:
        """Those that are in use."""
        every = (self.tag_secure, self.tag_bad_signature, self.tag_not_opened)
        return tuple(filter(None, every))
