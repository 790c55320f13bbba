"""The settings and the files they name, as far as segl-deliver needs them: checked at its start and at each reload.

What reads a file is loaded where the settings name one: `segl settings check` answers at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from segl.errors import Fault, SeglError, SettingsError
from segl.mail.compose import one_line
from segl.mail.paths import is_plain
from segl.settings.document import Settings
from segl.vocabulary import Way
from segl_delivery.incoming import Incoming

# where a setting is not called as the way
_KEYS: Final[dict[Way | Incoming, str]] = {
    Way.INTERNAL: "delivery.inbound_socket",
    Incoming.REPORT: "delivery.receipt_socket",
    Incoming.CANARY: "canary.socket",
    Incoming.CANARY_CLEAR: "canary.socket (canary-clear.sock)",
}


def start_faults(settings: Settings, file: Path) -> list[Fault]:
    """What keeps segl-deliver from starting with *settings*, which are good by themselves."""
    faults: list[Fault] = []
    if (urlsplit(settings.portal.url).hostname or "").endswith(".invalid"):
        hint = 'the address under which recipients open sealed messages, "https://sikker.…"'
        faults.append(Fault(file, "portal.url", "is not set", hint))
    if any(mark in settings.portal.url for mark in '#?"<>'):
        faults.append(Fault(file, "portal.url", 'may not hold # ? " < >', "the link is made from it"))
    if not one_line(settings.organisation.name):
        faults.append(Fault(file, "organisation.name", "is empty", "recipients read it in the notice mail"))
    faults += (
        Fault(file, "portal.notice_from", f"{address!r} is not an ordinary ASCII address")
        for address in (
            settings.owners.first.notice_from,
            *(look.notice_from for look in settings.portal.look),
        )
        if address and not (is_plain(address) and address.isascii())
    )
    faults += _portal_files(settings, file)
    faults += _shared_sockets(settings, file)
    if any(rule.text or rule.html for rule in settings.receipt):
        from segl_delivery.receipts.templates_of import template_faults

        faults += template_faults(settings, file)
    return faults


def _portal_files(settings: Settings, file: Path) -> Iterator[Fault]:
    """Files that a message could not be sealed without."""
    portal = settings.portal
    if portal.resend_key is not None:
        from segl.sealed.spare import load_resend_key

        try:
            load_resend_key(portal.resend_key)
        except SeglError as error:
            yield Fault(file, "portal.resend_key", error.private, error.hint)
    if portal.sms.numbers is not None:
        from segl.wishes import read_numbers

        try:
            read_numbers(portal.sms.numbers, portal.sms.country)
        except SettingsError as error:
            yield from error.every
    if portal.storage.used:
        from segl.sealed.objects import storage_faults

        yield from storage_faults(portal.storage, file)


def sockets_of(settings: Settings) -> dict[Way | Incoming, Path]:
    """Where each agent listens. The one that opens mail does so also without ``inbound.on``: what has waited in the
    front's queue since it was on goes nowhere else (:mod:`segl.postfix.bound`)."""
    delivery = settings.delivery
    return {
        Way.TUNNEL: delivery.tunnel_socket,
        Way.CERTIFICATE: delivery.certificate_socket,
        Way.PORTAL: delivery.portal_socket,
        Incoming.REPORT: delivery.receipt_socket,
        Incoming.CANARY: settings.canary_socket,
        Incoming.CANARY_CLEAR: settings.canary_clear_socket,
        Way.INTERNAL: delivery.inbound_socket,
    }


def _shared_sockets(settings: Settings, file: Path) -> Iterator[Fault]:
    taken: dict[Path, Way | Incoming] = {}
    for way, path in sockets_of(settings).items():
        if path in taken:
            yield Fault(file, _key_of(way), f"is the same as {_key_of(taken[path])}")
        taken[path] = way


def _key_of(way: Way | Incoming) -> str:
    return _KEYS.get(way, f"delivery.{way}_socket")
