"""``[encryption]``: how messages to tunnel partners and certificate holders are made.

Part of :mod:`segl.settings.document`; the comments are the manual here as there. ``[[domain]]`` may say otherwise for
one recipient domain.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import ConfigDict, Field

from segl.settings.values import FORBID


class Algorithms(StrEnum):
    """What a message is encrypted with (docs/decisions/0012-cms.md has the table of who reads what)."""

    COMMON = "common"  # AES-256-CBC, RSA PKCS #1 v1.5: every program reads it
    OAEP = "oaep"  # AES-256-CBC, RSA OAEP with SHA-256
    MODERN = "modern"  # AES-256-GCM, RSA OAEP with SHA-256: changes on the way are noticed


class HeaderForm(StrEnum):
    """How the true header goes inside."""

    # On the encrypted part itself (RFC 9788); programs that do not know of it show the content all the same.
    FIELDS = "fields"
    # The whole message as message/rfc822 (RFC 8551 §3.1), for partners whose gateway reads only that.
    WRAPPED = "wrapped"


class SignWhen(StrEnum):
    """Whether a message is signed with the organisation's key before it is encrypted."""

    NEVER = "never"  # not at all
    # where there is a key for the sender's domain, and the sender has not signed it himself
    POSSIBLE = "possible"
    ALWAYS = "always"  # or the message waits


@dataclass(frozen=True, slots=True, kw_only=True)
class Encryption:
    """``[encryption]``: how messages to tunnel partners and certificate holders are made."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    # What a message is encrypted with. Without a word here: "common", and "modern" where the holders of all
    # certificates that a message is encrypted to say that they read it (S/MIME capabilities): in the certificate, or in
    # mail they signed.
    algorithms: Algorithms | None = None
    # Learn what they read from incoming mail whose signature passed ([inbound]).
    learn: bool = True
    # How the true header goes inside.
    headers: HeaderForm = HeaderForm.FIELDS
    # Whether a message is signed with our key before it is encrypted.
    sign: SignWhen = SignWhen.POSSIBLE
    # The subject outside, which everybody on the way can read; empty: "Sikker besked", or "Secure message" where
    # organisation.language is "en".
    subject: Annotated[str, Field(max_length=100, pattern=r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]*$")] = ""
