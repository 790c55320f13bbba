"""Whom ``segl status`` asks whether they run: every socket that a message, a report or a record passes.

Postfix is asked at the ports that are Segl's own: the secure instance where the front hands messages over, the front at
its return port. A master that is down listens at neither.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from segl.postfix import sockets

if TYPE_CHECKING:
    from segl.settings.document import Settings

SECONDS: Final = 0.3
POSTFIX_SECONDS: Final = 2.0  # smtpd is started when somebody connects


def asked(settings: Settings) -> Iterator[tuple[str, str, Callable[[], None]]]:
    """Name, place and question of each; the question raises what :func:`segl.postfix.sockets.fault_of` knows."""
    for name, port in (("front", settings.postfix.return_port), ("secure", settings.postfix.secure_port)):
        yield name, port, _smtp(port)
    delivery = settings.delivery
    for name, path, question in (
        ("milter", settings.milter.socket, sockets.ask_milter),
        ("map", settings.routing.socket, sockets.ask_map),
        ("tunnel", delivery.tunnel_socket, sockets.ask_lmtp),
        ("certificate", delivery.certificate_socket, sockets.ask_lmtp),
        ("portal", delivery.portal_socket, sockets.ask_lmtp),
        ("receipts", delivery.receipt_socket, sockets.ask_lmtp),
        ("canary", settings.canary_socket, sockets.ask_lmtp),
        ("canary, clear", settings.canary_clear_socket, sockets.ask_lmtp),
        *((("inbound", delivery.inbound_socket, sockets.ask_lmtp),) if settings.inbound.on else ()),
    ):
        yield name, str(path), _unix(path, question)
    for name, path in (
        ("announced", settings.routing.announced_at),
        ("decisions", settings.decisions.socket_beside(delivery.receipt_socket)),
    ):
        yield name, str(path), _datagram(path)


def _smtp(port: str) -> Callable[[], None]:
    return lambda: sockets.tcp(port, sockets.ask_smtp, POSTFIX_SECONDS)


def _unix(path: Path, question: sockets.Question) -> Callable[[], None]:
    return lambda: sockets.unix(path, question, SECONDS)


def _datagram(path: Path) -> Callable[[], None]:
    return lambda: sockets.datagram(path)
