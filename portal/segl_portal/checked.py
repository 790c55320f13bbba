"""The settings with what segl-portal needs of them: checked at its start and at each reload."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from segl.errors import Fault, SettingsError
from segl.settings.document import Settings
from segl.settings.web import Web
from segl_portal.look import load_looks
from segl_portal.tls import tls_context
from segl_portal.visits.sms import sms_faults


def start_faults(settings: Settings, file: Path) -> list[Fault]:
    """What keeps segl-portal from starting with *settings*, which are good by themselves."""
    web = settings.portal.web
    faults: list[Fault] = []
    url = urlsplit(settings.portal.url)
    if (url.hostname or "").endswith(".invalid"):
        hint = 'the address under which recipients open sealed messages, "https://sikker.…"'
        faults.append(Fault(file, "portal.url", "is not set", hint))
    if url.scheme != "https":
        faults.append(Fault(file, "portal.url", "is not https", "a browser keeps the cookie by https alone"))
    if (web.certificate is None) != (web.key is None):
        faults.append(Fault(file, "portal.web", "has only one of certificate and key", "give both, or none"))
    elif web.certificate is not None:
        try:
            tls_context(web)
        except (OSError, ValueError) as error:
            faults.append(_certificate_fault(file, web, error))
    faults += sms_faults(settings, file)
    if settings.portal.storage.used:
        from segl.sealed.objects import storage_faults

        faults += storage_faults(settings.portal.storage, file)
    try:
        load_looks(settings, file)
    except SettingsError as error:
        faults += error.every
    return faults


def _certificate_fault(file: Path, web: Web, error: Exception) -> Fault:
    """Which of the two files it is, since OpenSSL does not say."""
    for name, path in (("certificate", web.certificate), ("key", web.key)):
        try:
            (path or Path()).read_bytes()
        except OSError as unread:
            return Fault(file, f"portal.web.{name}", f"{path} cannot be read: {unread.strerror}")
    reason = error.strerror if isinstance(error, OSError) else None
    hint = "the certificate with its chain, and the key that belongs to it, without a password, both PEM"
    return Fault(file, "portal.web.certificate", f"cannot be used: {reason or error}", hint)
