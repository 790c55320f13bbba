"""What segl-map needs besides the settings themselves: the files they name. Checked at its start and at each reload.

What reads a file is loaded where the settings name one: `segl settings check` answers at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from segl.errors import Fault, SettingsError
from segl.settings.document import Settings


def start_faults(settings: Settings, file: Path) -> list[Fault]:
    """What keeps segl-map from starting with *settings*, which are good by themselves. Nobody is asked."""
    faults: list[Fault] = []
    for ask in _asks(settings, file):
        try:
            ask()
        except SettingsError as error:
            faults += error.every
    return list(dict.fromkeys(faults))


def _asks(settings: Settings, file: Path) -> Iterator[Callable[[], object]]:
    """What reads the files that are named; each raises :class:`SettingsError`."""
    routing, table = settings.routing, settings.certificates
    if routing.tls_ca_file or routing.trust_anchors:
        from segl_routing.proofs.checking import mail_dns, trusts

        yield lambda: trusts(routing, file)
        yield lambda: mail_dns(routing, file)
    if table.trust or table.intermediates:
        from segl.certificates.chain import Authorities

        yield lambda: Authorities.read(table.trust, table.intermediates, file)
    if table.sources:
        from segl.events import Events
        from segl_routing.certificates.build import certificate_finder

        yield lambda: certificate_finder(settings, None, Events("segl-map"), file)
