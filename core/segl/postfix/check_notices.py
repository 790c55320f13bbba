"""Whether the addresses that notices and codes are from (``portal.notice_from``) take mail.

What cannot be delivered of them comes back there, and so does what recipients answer without looking. Where nobody
takes it nobody learns that a recipient never got the link. Postfix is asked as a sender's server would ask it, up to
the recipient; no message follows.
"""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from typing import BinaryIO, Final

from segl.addresses import domain_of
from segl.errors import ProtocolError
from segl.mail.own_mail import GREETING
from segl.postfix import sockets
from segl.postfix.asking_dns import is_mail_domain
from segl.postfix.check import Check, Setup, State
from segl.settings.document import Settings

_ID: Final = "portal.notice-from"
_WHY: Final = "what comes back of notices and codes, and what people answer to them, is seen by nobody"
_FIX: Final = "make it a mailbox or an alias that somebody reads, or name one in portal.notice_from"
_SHOWN: Final = 160


def notice_checks(setup: Setup) -> Iterator[Check]:
    """One for each address."""
    if setup.settings.portal.relay.next_hop:
        return
    for address in notice_addresses(setup.settings):
        yield _check(setup, address)


def notice_addresses(settings: Settings) -> list[str]:
    """Of all organisations and looks."""
    given = [owner.notice_from for owner in settings.owners.every]
    given += [look.notice_from for look in settings.portal.look if look.notice_from]
    return list(dict.fromkeys(given))


def _check(setup: Setup, address: str) -> Check:
    domain = domain_of(address)
    if not setup.settings.is_own(domain):
        why = f"{_WHY}; and servers outside refuse what is sent in the name of another house (SPF, DMARC)"
        return Check(_ID, State.WARN, f"{address} is at no own domain", why, "name an own one")
    if setup.own_service is None:
        found = f"{address}: Postfix has no port to ask at"
        return Check(_ID, State.UNKNOWN, found, _WHY, "see front.own-port")
    refused = ""

    def ask(sock: socket.socket) -> None:
        nonlocal refused
        refused = _refusal(sock, address)

    if fault := sockets.fault_of(lambda: sockets.tcp(setup.settings.postfix.own_port, ask)):
        return Check(_ID, State.UNKNOWN, f"{address}: Postfix was not asked ({fault})", _WHY, "see port.own")
    if refused.startswith("5"):
        return Check(_ID, State.WARN, f"{address}: Postfix refuses it ({refused})", _WHY, _FIX)
    if refused:
        return Check(_ID, State.UNKNOWN, f"{address}: Postfix does not say ({refused})", _WHY, "try again")
    return _in_dns(setup, address, domain)


def _in_dns(setup: Setup, address: str, domain: str) -> Check:
    """Whether servers outside find the way to it: most of what comes back, they write."""
    match is_mail_domain(domain, setup.settings.routing):
        case None:
            found = f"{address}: DNS does not say who takes mail for {domain}"
            return Check(_ID, State.UNKNOWN, found, _WHY, "try again")
        case False:
            found = f"{address}: DNS names no server that takes mail for {domain}"
            return Check(_ID, State.WARN, found, _WHY, "let DNS name one (MX), or name an address elsewhere")
        case True:
            return Check(_ID, State.OK, f"{address}: Postfix takes it")


def _refusal(sock: socket.socket, address: str) -> str:
    """What Postfix says to mail for *address*; ``""`` when it takes it. Raises :class:`ProtocolError`, also where the
    port is not Segl's, and :class:`OSError`."""
    with sock.makefile("rb") as lines:
        if GREETING not in _reply(lines, "220"):
            raise ProtocolError("that port is not Segl's")
        for command in ("EHLO segl-doctor.invalid", "MAIL FROM:<>"):
            _send(sock, command)
            _reply(lines, "250")
        _send(sock, f"RCPT TO:<{address}>")
        said = _reply(lines, "")
    with contextlib.suppress(OSError):
        _send(sock, "QUIT")
    return "" if said.startswith("25") else said[:_SHOWN]


def _send(sock: socket.socket, command: str) -> None:
    sock.sendall(command.encode("ascii") + b"\r\n")


def _reply(lines: BinaryIO, code: str) -> str:
    """As :mod:`segl.postfix.sockets` reads them, with the text."""
    said = sockets.reply(lines)
    if not said.startswith(code):
        raise ProtocolError(f"it answers “{said[:60] or 'nothing'}” where {code} is due")
    return said
