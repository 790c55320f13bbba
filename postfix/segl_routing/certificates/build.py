"""Puts the search for certificates together from the settings."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import assert_never

from segl.certificates.chain import Authorities
from segl.certificates.records import CertificateRecords
from segl.errors import Fault, SettingsError
from segl.events import Events
from segl.settings.certificates import CertificateSource
from segl.settings.document import Settings
from segl_routing.certificates.fetch import fetcher
from segl_routing.certificates.finder import CertificateFinder
from segl_routing.certificates.folder import FolderSource
from segl_routing.certificates.kept import KeptSource
from segl_routing.certificates.ldap import LdapSource
from segl_routing.certificates.revocation import RevocationChecks
from segl_routing.certificates.smimea import SmimeaSource
from segl_routing.certificates.sources import Source
from segl_routing.proofs.checking import mail_dns


def certificate_finder(
    settings: Settings,
    records: CertificateRecords | None,
    events: Events,
    file: Path | str,
    revocation: RevocationChecks | None = None,
) -> CertificateFinder:
    """The search these settings ask for. Raises :class:`~segl.errors.SettingsError`; *file* names the settings in it.
    *revocation*: what authorities said so far."""
    table = settings.certificates
    return CertificateFinder(
        table,
        list(_sources(settings, records, events, file)),
        Authorities.read(table.trust, table.intermediates, file),
        revocation or revocation_checks(settings, records),
    )


def revocation_checks(settings: Settings, records: CertificateRecords | None) -> RevocationChecks:
    """With what was said to be revoked in the store of *records*, by whoever asked."""
    kept = None if records is None else records.revoked
    return RevocationChecks(fetcher(settings.certificates.revocation_seconds), kept=kept)


def _sources(
    settings: Settings, records: CertificateRecords | None, events: Events, file: Path | str
) -> Iterator[Source]:
    table = settings.certificates
    for source in table.sources:
        match source:
            case CertificateSource.FOLDER:
                _must_be_folder(table.folder, file)
                yield FolderSource(table.folder, events.certificate_refused)
            case CertificateSource.KEPT:
                if records is not None:
                    yield KeptSource(records)
            case CertificateSource.DIRECTORY:
                for directory in table.directory:
                    yield LdapSource(directory)
            case CertificateSource.SMIMEA:
                yield SmimeaSource(mail_dns(settings.routing, file))
            case _:
                assert_never(source)


def _must_be_folder(folder: Path, file: Path | str) -> None:
    """Raises :class:`SettingsError`."""
    try:
        problem, hint = "" if folder.is_dir() else f"{folder} is no directory", "make it, or leave it out"
    except OSError as error:
        problem, hint = f"{folder}: {error.strerror}", "segl-map must be able to read it"
    if problem:
        raise SettingsError([Fault(file, "certificates.folder", problem, hint)])
