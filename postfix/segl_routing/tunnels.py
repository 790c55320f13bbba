"""The tunnel partners: which domains' mail goes by tunnel, and with which certificate.

``segl-map`` asks whether a domain has a usable certificate, ``segl-deliver`` for the certificate itself; both ask
here, so a route never leads to an agent that finds none. One certificate is used for a whole domain: it is bound to
the domain by the postmaster (by the name of a file) or by the signer of a list, never by an address inside the
certificate.

The order: the postmaster's directory, ``<domain>.pem``; then the accepted lists in the order of the settings
(:mod:`segl_routing.tunnel_list`). A file that exists is meant for its domain, and nothing replaces it when it cannot
be used. Among the lists, the first with a usable certificate wins.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from cryptography import x509

from segl.addresses import normal_domain
from segl.certificates.judgement import UNREADABLE, certificates_given
from segl.settings.document import Settings
from segl.vocabulary import Way
from segl_routing.choice import Choice, choose
from segl_routing.tunnel_list.accepted import AcceptedList

MAX_FILE_BYTES: Final = 1024 * 1024

Complaint = Callable[[Path, str], None]
ListComplaint = Callable[[str, str], None]


@dataclass(frozen=True, slots=True)
class TunnelState:
    """Whether a domain can be reached by the tunnel, and why or why not."""

    usable: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Found:
    """What one place says of a domain: its certificates to use now, the newest first, or none and the reason.
    ``place`` is a file, or ``list NAME, serial N``; ``own``: it is the postmaster's own word, which nothing takes
    the place of."""

    place: str
    certificates: tuple[x509.Certificate, ...]
    reason: str
    own: bool

    @property
    def certificate(self) -> x509.Certificate | None:
        """The newest."""
        return self.certificates[0] if self.certificates else None


@dataclass(slots=True)
class _File:
    """What one version of a file holds, and what was last made of it. ``unread``: it could not be read, and may be the
    next time, whatever version it is of."""

    version: tuple[int, int, int]
    certificates: tuple[x509.Certificate, ...]
    choice: Choice
    unread: bool = False


class TunnelDirectory:
    """The postmaster's directory as it stands now: a file is read again when it has changed."""

    def __init__(self, directory: Path, complain: Complaint) -> None:
        """*complain* is told of each version of a file that cannot be used, and of one whose last certificate ends."""
        self._directory = str(directory)
        self._complain = complain
        self._files: dict[str, _File] = {}

    def find(self, domain: str, now: float) -> Found | None:
        """What the file of *domain* (normal form) gives at *now* (Unix seconds); ``None``: there is none."""
        path = f"{self._directory}/{domain}.pem"
        try:
            found = os.stat(path)  # noqa: PTH116 - asked for every recipient; Path costs three times as much
        except OSError as error:
            self._files.pop(domain, None)
            if isinstance(error, FileNotFoundError | NotADirectoryError):
                return None
            return Found(path, (), f"cannot be read: {error.strerror}", own=True)
        version = (found.st_mtime_ns, found.st_size, found.st_ino)
        file = self._files.get(domain)
        known = file is not None and file.version == version
        if file is None or not known or file.unread:
            before, file = file, _read(Path(path), version, stat.S_ISREG(found.st_mode), now)
            known = known and before is not None and before.unread is file.unread
            self._files[domain] = file
        elif not file.choice.holds(now):
            known = file.choice.certificate is None
            file.choice = choose(file.certificates, now)
        if file.choice.certificate is None and not known:
            self._complain(Path(path), file.choice.reason)
        return Found(path, file.choice.certificates, file.choice.reason, own=True)


class Tunnels:
    """All places that tell of tunnel partners. Not for use by several threads."""

    def __init__(self, settings: Settings, complain: Complaint, complain_of_list: ListComplaint) -> None:
        self._settings = settings
        self._directory = TunnelDirectory(settings.delivery.certificates, complain)
        base = settings.delivery.tunnel_lists
        self.lists = tuple(AcceptedList(base, terms, complain_of_list) for terms in settings.tunnel_list)

    def state(self, domain: str, now: float) -> TunnelState:
        """Whether *domain* (normal form) has a usable certificate at *now* (Unix seconds)."""
        found = self.find(domain, now)
        if found is None:
            return TunnelState(False, "no certificate is known")
        return TunnelState(found.certificate is not None, found.reason)

    def find(self, domain: str, now: float) -> Found | None:
        """What holds for *domain*: the certificate to use, or why there is none; ``None``: nobody knows it."""
        refused: Found | None = None
        for found in self.places(domain, now):
            if found.certificate is not None or found.own:
                return found
            refused = refused or found
        return refused

    def places(self, domain: str, now: float) -> Iterator[Found]:
        """What every place says that knows *domain*, in the order in which they are asked.

        A parent's certificate serves where the list's entry says so, or the postmaster's pin (``way =
        "tunnel"``, ``subdomains = true``).
        """
        try:
            names = [normal_domain(domain)]  # also keeps a slash or ".." out of the path
        except ValueError:
            return
        pin = self._settings.pin(domain)
        if pin is not None and pin.way is Way.TUNNEL and pin.subdomains and pin.name != domain:
            names.append(pin.name)
        for name in names:
            found = self._directory.find(name, now)
            if found is not None:
                yield found
        for accepted in self.lists:
            for name in names:
                choice = accepted.choice(name, now)
                if choice is not None:
                    yield _in_list(accepted, choice)
                    break


def _in_list(accepted: AcceptedList, choice: Choice) -> Found:
    place = f"list {accepted.terms.name}, serial {accepted.copy.serial if accepted.copy else 0}"
    return Found(place, choice.certificates, f"{choice.reason} ({place})", own=False)


def _read(path: Path, version: tuple[int, int, int], regular: bool, now: float) -> _File:
    certificates: tuple[x509.Certificate, ...] = ()
    fault, unread = "", False
    if not regular:
        fault = "is no regular file"  # a pipe would hold every look-up up
    elif version[1] > MAX_FILE_BYTES:
        fault = f"is larger than {MAX_FILE_BYTES} bytes"
    else:
        try:
            with path.open("rb") as file:
                certificates = tuple(certificates_given(file.read(MAX_FILE_BYTES)))
        except OSError as error:
            fault, unread = f"cannot be read: {error.strerror}", True
        except UNREADABLE:
            fault = "holds no certificate in PEM or DER form"
    choice = choose(certificates, now)
    if fault:
        choice = replace(choice, reason=f"the certificate file {fault}")
    return _File(version, certificates, choice, unread)
