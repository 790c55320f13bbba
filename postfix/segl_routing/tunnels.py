"""The tunnel partners: a directory with the certificates of domains, one file ``<domain>.pem`` each.

Here only the question is answered whether a domain has a certificate that can be used now; encrypting is
the work of ``segl-deliver``. The directory is the postmaster's, so a file that cannot be used is named in the
log, once for each version of it, and its domain takes the next way.
"""

from __future__ import annotations

import datetime
import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

MAX_FILE_BYTES = 1024 * 1024
SMALLEST_RSA = 2048

Complaint = Callable[[Path, str], None]


@dataclass(frozen=True, slots=True)
class TunnelState:
    """Whether a domain can be reached by the tunnel, and why or why not."""

    usable: bool
    reason: str


@dataclass(frozen=True, slots=True)
class _Candidate:
    """One certificate: when it holds (Unix seconds), and what else is wrong with it."""

    begins: float
    ends: float
    fault: str


@dataclass(frozen=True, slots=True)
class _File:
    """What one version of a file holds."""

    version: tuple[int, int, int]
    candidates: tuple[_Candidate, ...] = ()
    fault: str = ""


class TunnelDirectory:
    """The directory as it stands now: a file is read again when it has changed."""

    def __init__(self, directory: Path, complain: Complaint) -> None:
        """*complain* is told of each file that cannot be used."""
        self._directory = str(directory)
        self._complain = complain
        self._files: dict[str, _File] = {}

    def state(self, domain: str, now: float) -> TunnelState:
        """Whether *domain* (normal form) has a usable certificate at *now* (Unix seconds)."""
        path = f"{self._directory}/{domain}.pem"
        try:
            found = os.stat(path)  # noqa: PTH116 - asked for every recipient; Path costs three times as much
        except OSError as error:
            self._files.pop(domain, None)
            if isinstance(error, FileNotFoundError | NotADirectoryError):
                return TunnelState(False, "no certificate is known")
            return TunnelState(False, f"{path}: {error.strerror}")
        version = (found.st_mtime_ns, found.st_size, found.st_ino)
        file = self._files.get(domain)
        known = file is not None and file.version == version
        if file is None or not known:
            file = _read(Path(path), version, stat.S_ISREG(found.st_mode))
            self._files[domain] = file
        state = _judged(file, now)
        if not state.usable and not known:
            self._complain(Path(path), state.reason)
        return state


def _judged(file: _File, now: float) -> TunnelState:
    if file.fault:
        return TunnelState(False, f"the certificate file {file.fault}")
    faults: dict[str, None] = {}
    ends: list[float] = []
    for candidate in file.candidates:
        if candidate.fault:
            faults[candidate.fault] = None
        elif now < candidate.begins:
            faults[f"the certificate is not valid before {_day(candidate.begins)}"] = None
        elif now > candidate.ends:
            faults[f"the certificate expired on {_day(candidate.ends)}"] = None
        else:
            ends.append(candidate.ends)
    if ends:
        return TunnelState(True, f"a certificate is known, valid until {_day(max(ends))}")
    return TunnelState(False, ", ".join(faults) or "the certificate file is empty")


def _read(path: Path, version: tuple[int, int, int], regular: bool) -> _File:
    if not regular:
        return _File(version, fault="is no regular file")  # a pipe would hold every look-up up
    if version[1] > MAX_FILE_BYTES:
        return _File(version, fault=f"is larger than {MAX_FILE_BYTES} bytes")
    try:
        certificates = x509.load_pem_x509_certificates(path.read_bytes())
    except OSError as error:
        return _File(version, fault=f"cannot be read: {error.strerror}")
    except (ValueError, UnsupportedAlgorithm):
        return _File(version, fault="holds no certificate in PEM form")
    leaves = [certificate for certificate in certificates if not _is_authority(certificate)]
    return _File(version, tuple(_candidate(certificate) for certificate in leaves or certificates))


def _candidate(certificate: x509.Certificate) -> _Candidate:
    return _Candidate(
        certificate.not_valid_before_utc.timestamp(),
        certificate.not_valid_after_utc.timestamp(),
        _fault(certificate),
    )


def _fault(certificate: x509.Certificate) -> str:
    """Why ``segl-deliver`` could never encrypt to it. The two must agree: a route to an agent that refuses
    is a message that waits (a test holds them together)."""
    try:
        key = certificate.public_key()
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value.key_encipherment
    except x509.ExtensionNotFound:
        usage = True
    except (ValueError, UnsupportedAlgorithm):
        return "the certificate is damaged or of an unknown kind"
    if not isinstance(key, RSAPublicKey) or key.key_size < SMALLEST_RSA:
        return f"the certificate's key is not RSA of at least {SMALLEST_RSA} bits"
    return "" if usage else "the certificate is not for encryption (keyUsage)"


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (x509.ExtensionNotFound, ValueError, UnsupportedAlgorithm):
        return False


def _day(moment: float) -> str:
    return datetime.datetime.fromtimestamp(moment, datetime.UTC).date().isoformat()
