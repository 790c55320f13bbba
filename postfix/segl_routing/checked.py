"""What segl-map needs of the settings beside what they say themselves: the files they name. Checked at its start and at
each reload."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from segl.certificates.chain import Authorities
from segl.errors import Fault, SettingsError
from segl.events import Events
from segl.settings.document import Settings
from segl.settings.file import load_settings
from segl_routing.certificates.build import certificate_finder
from segl_routing.checking import mail_dns, trusts


def checked_settings(file: Path) -> Settings:
    """The settings, with what this process needs of them. Raises :class:`SettingsError` with every fault."""
    settings = load_settings(file)
    if faults := start_faults(settings, file):
        raise SettingsError(faults)
    return settings


def start_faults(settings: Settings, file: Path) -> list[Fault]:
    """What keeps segl-map from starting with *settings*, which are good by themselves. Nobody is asked."""
    table = settings.certificates
    asks: tuple[Callable[[], object], ...] = (
        lambda: trusts(settings.routing, file),
        lambda: mail_dns(settings.routing, file),
        lambda: Authorities.read(table.trust, table.intermediates, file),
        lambda: certificate_finder(settings, None, Events("segl-map"), file),
    )
    faults: list[Fault] = []
    for ask in asks:
        try:
            ask()
        except SettingsError as error:
            faults += error.every
    return list(dict.fromkeys(faults))
