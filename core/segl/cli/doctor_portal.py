"""What `segl doctor` and `segl status` say of the portal's pages."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from ipaddress import ip_network
from pathlib import Path
from typing import Final

from segl.cli.doctor_address import address_check
from segl.counted import counted
from segl.errors import SettingsError, StoreError
from segl.postfix import sockets
from segl.postfix.check import AS_ROOT, Check, State, judge
from segl.settings.document import Settings
from segl.store.status import StoreDenied, StoreMissing, visitors_unnamed

_WHY: Final = "recipients of sealed messages cannot open them"
_EXPIRY_DAYS: Final = 14
_UNNAMED: Final = 3  # codes asked for in two days: fewer may be somebody's who tries the page on this host
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
    if (address := address_check(settings)) is not None:
        yield address
    yield _looks(settings)
    yield from _visitors(settings)
    if settings.portal.web.certificate is not None:
        yield _certificate(settings.portal.web.certificate)


def _visitors(settings: Settings) -> Iterator[Check]:
    id_, web = "portal.visitors", settings.portal.web
    why = "all visitors count as one network and share its limits: one who asks without end keeps the others out"
    if anybody := [text for text in web.trusted_proxies if ip_network(text).prefixlen == 0]:
        found = f"portal.web.trusted_proxies has {', '.join(anybody)}: anybody's word is taken"
        why = "who asks without end names another address each time, and no limit holds"
        yield Check(id_, State.WARN, found, why, "name the web servers before segl-portal alone")
        return
    try:
        number = visitors_unnamed(settings.store.url, time.time())
    except StoreMissing:
        return  # and said by the check of the store
    except StoreDenied as error:
        yield Check(id_, State.UNKNOWN, error.private, why, error.hint)
        return
    except StoreError as error:
        yield Check(id_, State.UNKNOWN, error.private, why, "see the check store")
        return
    yield judge(
        id_,
        number < _UNNAMED,
        "codes are asked for by visitors whose address no web server tells"
        if number >= _UNNAMED
        else "visitors' addresses are known",
        why=why,
        fix="let the web server write X-Forwarded-For anew (docs/operations.md, The portal's pages), and name it in"
        " portal.web.trusted_proxies; event visitors_unnamed says which it is",
        bad=State.WARN,
    )


def visitors_line(settings: Settings) -> tuple[bool | None, str] | None:
    """For `segl status`: whether visitors can be told apart, and in words; nothing without a page and a store."""
    if settings.portal.relay.next_hop:
        return None
    good = {State.OK: True, State.UNKNOWN: None}
    found = ((good.get(check.state, False), check.found) for check in _visitors(settings))
    return next(found, None)


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
