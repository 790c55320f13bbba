"""Whether a certificate was issued under an authority that the postmaster trusts (RFC 5280 §6).

``cryptography`` builds and checks the path. Its verifier is made for web servers and clients, so its demands on
the leaf (a subjectAltName, the usage *client authentication*) are taken off here; what a mail certificate must
be is asked elsewhere. Above the leaf the rules stay: each authority says that it is one
(basicConstraints), may sign certificates (keyUsage), keeps its path length, and no signature on the way is made
with SHA-1. Revocation is no part of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.verification import (
    Criticality,
    ExtensionPolicy,
    Policy,
    PolicyBuilder,
    Store,
    VerificationError,
)

from segl.certificates.constraints import forbidden
from segl.certificates.judgement import SMALLEST_RSA, UNREADABLE, is_short_rsa, load_certificates
from segl.errors import Fault, SettingsError

LARGEST_FILE: Final = 4 * 1024 * 1024
DEEPEST: Final = 6  # certificates between leaf and root
MOST_INTERMEDIATES: Final = 64  # tried for one leaf: whoever sends a thousand wants us to be busy


@dataclass(frozen=True, slots=True)
class Chain:
    """The way from a certificate to an authority that is trusted: the leaf first, the root last.

    Empty with a ``fault`` when there is none. A certificate that the postmaster trusts by itself is a chain
    of one.
    """

    certificates: tuple[x509.Certificate, ...] = ()
    fault: str = ""


class Authorities:
    """The trusted roots, and the intermediates that are known beforehand."""

    def __init__(
        self, roots: Iterable[x509.Certificate], intermediates: Iterable[x509.Certificate] = ()
    ) -> None:
        self._roots = tuple(dict.fromkeys(roots))
        self._intermediates = tuple(dict.fromkeys(intermediates))
        self._pinned = {certificate.fingerprint(SHA256()) for certificate in self._roots}
        self._store = Store(list(self._roots)) if self._roots else None

    @classmethod
    def read(
        cls, roots: Sequence[Path], intermediates: Sequence[Path], settings_file: Path | str
    ) -> Authorities:
        """From PEM files. Raises :class:`SettingsError` naming each that cannot be used."""
        faults: list[Fault] = []
        found: dict[str, list[x509.Certificate]] = {}
        for key, files in (("trust", roots), ("intermediates", intermediates)):
            found[key] = []
            for file in files:
                try:
                    found[key] += read_pem(file)
                except (OSError, ValueError) as error:
                    why = error.strerror if isinstance(error, OSError) else str(error)
                    faults.append(
                        Fault(settings_file, f"certificates.{key}", f"{file} cannot be used: {why}")
                    )
        if faults:
            raise SettingsError(faults)
        return cls(found["trust"], found["intermediates"])

    def chain(self, leaf: x509.Certificate, now: datetime, along: Sequence[x509.Certificate] = ()) -> Chain:
        """The chain of *leaf* at *now*; *along* are certificates that came with it."""
        built = self._built(leaf, now, along)
        if built.fault and leaf.fingerprint(SHA256()) in self._pinned:
            return Chain((leaf,))
        return built

    def _built(self, leaf: x509.Certificate, now: datetime, along: Sequence[x509.Certificate]) -> Chain:
        if self._store is None:
            return Chain(fault="no authority is trusted: certificates.trust is empty")
        helpers = dict.fromkeys((*self._intermediates, *along[:MOST_INTERMEDIATES]))
        verifier = (
            PolicyBuilder()
            .store(self._store)
            .time(now)
            .max_chain_depth(DEEPEST)
            .extension_policies(ca_policy=_AUTHORITY, ee_policy=_LEAF)
            .build_client_verifier()
        )
        try:
            chain = tuple(verifier.verify(leaf, list(helpers)).chain)
        except (VerificationError, ValueError, UnsupportedAlgorithm) as error:
            return Chain(fault=_why(leaf, error))
        if any(is_short_rsa(entry.public_key()) for entry in chain[1:]):
            return Chain(fault=f"an authority above it has an RSA key of fewer than {SMALLEST_RSA} bits")
        if fault := forbidden(chain):
            return Chain(fault=fault)
        return Chain(chain)


def read_pem(file: Path) -> list[x509.Certificate]:
    """The certificates in *file*. Raises :class:`OSError` or :class:`ValueError`."""
    with file.open("rb") as opened:
        data = opened.read(LARGEST_FILE + 1)
    if len(data) > LARGEST_FILE:
        raise ValueError(f"it is larger than {LARGEST_FILE} bytes")
    try:
        return load_certificates(data)
    except UNREADABLE:
        raise ValueError("it holds no certificate in PEM form") from None


def _is_authority(_policy: Policy, _certificate: x509.Certificate, found: x509.BasicConstraints) -> None:
    if not found.ca:
        raise ValueError("not an authority")


def _may_sign(_policy: Policy, _certificate: x509.Certificate, found: x509.KeyUsage | None) -> None:
    if found is not None and not found.key_cert_sign:
        raise ValueError("may not sign certificates")


_LEAF: Final = ExtensionPolicy.permit_all()
_AUTHORITY: Final = (
    ExtensionPolicy.permit_all()
    .require_present(x509.BasicConstraints, Criticality.AGNOSTIC, _is_authority)
    .may_be_present(x509.KeyUsage, Criticality.AGNOSTIC, _may_sign)
)


def _why(leaf: x509.Certificate, error: Exception) -> str:
    """The library's words name its own types; people need to know which authority to look at."""
    try:
        issuer = leaf.issuer.rfc4514_string()
    except ValueError:
        issuer = "an issuer that cannot be read"
    shown = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in issuer)[:160]
    text = str(error)
    if "expired" in text or "not valid at" in text or "validation time" in text:
        return f"an authority above it is not valid now (issued by {shown})"
    return f"does not lead to a trusted authority (issued by {shown})"
