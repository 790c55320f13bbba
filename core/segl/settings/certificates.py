"""``[certificates]``: recipients' own certificates, where they are looked for and which are taken.

Part of :mod:`segl.settings.document`; the comments are the manual here as there.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, ClassVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, ConfigDict, Field

from segl.settings.values import FORBID

_CONFIG = Path("/etc/segl")


def _ldap_url(value: str) -> str:
    parts = urlsplit(value)
    try:
        good = parts.scheme in ("ldap", "ldaps") and parts.hostname and (parts.port or 389) > 0
    except ValueError:
        good = False
    if not good or parts.path.strip("/") or parts.query or parts.username:
        raise ValueError('write it as "ldaps://ldap.x.dk" or "ldap://ldap.x.dk:389"')
    return value


def _filter(value: str) -> str:
    if value.count("{address}") < 1 or not value.startswith("(") or value.count("(") != value.count(")"):
        raise ValueError('write it as "(mail={address})"; {address} is where the recipient goes')
    return value


_Seconds = Annotated[float, Field(gt=0)]


class CertificateSource(StrEnum):
    """Where certificates are looked for."""

    FOLDER = "folder"  # the directory `folder`
    KEPT = "kept"  # imported, or harvested from signed mail (segl certificate list)
    DIRECTORY = "directory"  # the LDAP directories, in their order
    SMIMEA = "smimea"  # DNS (RFC 8162), only where it is signed


class RevocationUnknown(StrEnum):
    """What becomes of a certificate of which nobody says whether it was revoked."""

    REFUSE = "refuse"
    USE = "use"


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """``[[certificates.directory]]``: one LDAP directory."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    # Its address.
    url: Annotated[str, AfterValidator(_ldap_url), Field(description='`"ldaps://ldap.x.dk"`')]
    # The entry below which is searched.
    base: Annotated[str, Field(min_length=1)]
    # What is searched for; `{address}` is where the recipient goes.
    filter: Annotated[str, AfterValidator(_filter), Field(description="LDAP filter (RFC 4515)")] = (
        "(mail={address})"
    )
    # Where an entry holds its certificates.
    attribute: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9-]*(;binary)?$")] = "userCertificate;binary"
    # Turns TLS on after connecting; ldaps:// needs it not.
    starttls: bool = False
    # Whose certificates its TLS certificate must chain to; empty: the system's.
    ca_file: Path | None = None
    # Empty: asked without a name.
    bind_dn: str = ""
    # The file with the password of `bind_dn`.
    password_file: Path | None = None
    # For everything: connect, TLS, bind, search.
    seconds: _Seconds = 5.0
    # More entries than these for one address are no answer.
    entries: Annotated[int, Field(ge=1, le=1000)] = 20

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or self.url

    @property
    def encrypted(self) -> bool:
        return self.starttls or self.url.startswith("ldaps:")

    def password(self) -> str:
        """Read anew each time. Raises :class:`OSError`, :class:`UnicodeDecodeError`."""
        return self.password_file.read_text("utf-8-sig").strip() if self.password_file else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificates:
    """``[certificates]``: the way ``certificate``. Without ``sources`` it is off."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    # Asked in this order; the first that has a certificate that may be used ends the search.
    sources: tuple[CertificateSource, ...] = ()
    # The LDAP directories that source "directory" asks, in their order.
    directory: tuple[Directory, ...] = ()
    # PEM or DER files, or PKCS #7 (.p7b). One that is called as an address (bo@x.dk.pem) is that recipient's, whatever
    # stands in it; any other is for the addresses in it.
    folder: Path = _CONFIG / "certificates.d"
    # PEM files: the authorities that certificates must chain to, and certificates trusted by themselves.
    trust: tuple[Path, ...] = ()
    # PEM files: authorities between, where the sources do not send them along.
    intermediates: tuple[Path, ...] = ()
    # A certificate of which nobody says whether it was revoked: "refuse" it (the next way is taken), or "use" it.
    revocation_unknown: RevocationUnknown = RevocationUnknown.REFUSE
    # For one list or answer of an authority.
    revocation_seconds: _Seconds = 10.0
    # Encrypt to all good certificates of a recipient, not to the newest alone.
    all_keys: bool = False
    # How long it holds that a certificate is good.
    known_seconds: _Seconds = 3600.0
    # How long it holds that there is none.
    absent_seconds: _Seconds = 900.0
    # A recipient whose sources cannot be asked waits so long; then the next way is taken.
    patience_seconds: _Seconds = 300.0

    @property
    def on(self) -> bool:
        return bool(self.sources)

    @property
    def authorities(self) -> tuple[Path, ...]:
        """The files that chains are made with."""
        return (*self.trust, *self.intermediates)
