"""What `segl doctor` and `segl status` say of the portal's pages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final

from segl.counted import counted
from segl.errors import SettingsError
from segl.postfix import sockets
from segl.postfix.check import AS_ROOT, Check, State, judge
from segl.settings.document import Settings

_WHY: Final = "recipients of sealed messages cannot open them"
_EXPIRY_DAYS: Final = 14
# Where a process that listens on all addresses is asked: most browsers come by IPv4, wherever IPv6 answers.
_EVERYWHERE: Final = {
    "0.0.0.0": ("127.0.0.1",),  # noqa: S104 - nobody listens there for it
    "[::]": ("[::1]", "127.0.0.1"),
    "*": ("127.0.0.1",),
}


def portal_checks(settings: Settings) -> Iterator[Check]:
    """The checks `portal.*`."""
    if settings.portal.relay.next_hop:
        yield Check("portal.page", State.OK, "not used: [portal.relay] sends to another service")
        return
    fault = _fault(settings, sockets.SECONDS)
    listen = settings.portal.web.listen
    if fault.forbidden:
        yield Check("portal.page", State.UNKNOWN, f"{listen} may not be opened by this user", _WHY, AS_ROOT)
    elif fault:
        do = "restart" if fault.silent else "start"
        yield Check("portal.page", State.FAIL, f"{listen}: {fault}", _WHY, f"{do} segl-portal, see its log")
    else:
        yield Check("portal.page", State.OK, f"{listen} answers")
    yield _looks(settings)
    if settings.portal.web.certificate is not None:
        yield _certificate(settings.portal.web.certificate)


def page_line(settings: Settings, seconds: float) -> tuple[bool | None, str]:
    """For `segl status`: whether the page answers, and in words."""
    if settings.portal.relay.next_hop:
        return True, "not used: [portal.relay] sends to another service"
    listen, fault = settings.portal.web.listen, _fault(settings, seconds)
    if fault.forbidden:
        return None, f"{listen} may not be opened by this user; run as root"
    return not fault, f"{listen}: {fault}" if fault else f"answers on {listen}"


def _fault(settings: Settings, seconds: float) -> sockets.SocketFault:
    web = settings.portal.web
    question = sockets.ask_https if web.speaks_tls else sockets.ask_http
    if web.is_socket:
        return sockets.fault_of(lambda: sockets.unix(web.listen, question, seconds))
    host, _, port = web.listen.rpartition(":")
    for asked in _EVERYWHERE.get(host, (host,)):
        if fault := sockets.fault_of(partial(sockets.tcp, f"{asked}:{port}", question, seconds)):
            return replace(fault, text=f"{fault} (asked at {asked})") if host in _EVERYWHERE else fault
    return sockets.SocketFault()


def _looks(settings: Settings) -> Check:
    from segl_portal.look import load_looks

    try:
        looks = load_looks(settings)
    except SettingsError as error:
        return Check(
            "portal.looks",
            State.FAIL,
            error.faults[0].told,
            "segl-portal does not start with it",
            error.faults[0].hint,
        )
    count = len({look.name for look in (looks.otherwise, *looks.made.values())})
    return Check("portal.looks", State.OK, f"{counted(count, 'look')}")


def _certificate(file: Path) -> Check:

    from segl.certificates.judgement import UNREADABLE, load_certificates

    id_, why = "portal.certificate", "browsers refuse the page when it has ended"
    try:
        found = load_certificates(file.read_bytes())[0]
    except PermissionError:
        return Check(id_, State.UNKNOWN, f"{file} may not be read", why, AS_ROOT)
    except (OSError, IndexError, *UNREADABLE):
        return Check(id_, State.FAIL, f"{file} holds no readable certificate", why, "put the page's there")
    days = (found.not_valid_after_utc - datetime.now(UTC)).days
    return judge(
        id_,
        days >= _EXPIRY_DAYS,
        f"{file.name}: valid for {days} days" if days >= 0 else f"{file.name}: has ended",
        why=why,
        fix="renew it, then: systemctl reload segl-portal",
        bad=State.WARN if days >= 0 else State.FAIL,
    )
