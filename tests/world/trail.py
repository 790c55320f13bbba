"""Follows one message through the logs of both Postfix instances to every recipient's last word.

Postfix writes one delivery line a recipient and try; a message that moves on to another instance gets a new
queue id there, which XFORWARD joins to the old one (``orig_queue_id=``). So a message's whole trip can be
read from the logs alone, as a postmaster would.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

# The hops between our own instances; what they deliver is followed on, not reported.
HOPS = frozenset({"segl-secure", "segl-plain", "segl-unread", "segl-internal"})

_DELIVERY = re.compile(
    r"postfix/(?P<service>[\w-]+)(?:/\w+)?\[(?P<pid>\d+)\]: (?P<queue_id>\w+): to=<(?P<recipient>[^>]*)>,"
    r".*? relay=(?P<relay>[^,]+),.* dsn=(?P<dsn>[\d.]+), status=(?P<status>\w+) \((?P<reply>.*)\)$"
)
_ORIGIN = re.compile(r"smtpd\[\d+\]: (?P<queue_id>\w+): client=\S+, orig_queue_id=(?P<origin>\w+)")
_TLS = re.compile(
    r"\[(?P<pid>\d+)\]: (?P<level>\w+) TLS connection established to (?P<host>[^\[]+)\["
    r".*?: (?P<version>TLSv[\d.]+)"
)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One delivery line. ``service`` is Postfix's name of the transport, ``tls`` the log's words on TLS."""

    recipient: str
    service: str
    relay: str
    dsn: str
    status: str
    reply: str
    tls: str

    @property
    def sent(self) -> bool:
        return self.status == "sent"


def follow(log: str, queue_id: str) -> dict[str, Delivery]:
    """Each recipient's latest delivery of the message that the front queued as *queue_id*."""
    lines = log.splitlines()
    ids = _descendants(lines, queue_id)
    latest: dict[str, Delivery] = {}
    for found_id, delivery in _deliveries(lines):
        if found_id in ids and not (delivery.service in HOPS and delivery.sent):
            latest[delivery.recipient.lower()] = delivery
    return latest


def _descendants(lines: list[str], queue_id: str) -> set[str]:
    children: dict[str, list[str]] = {}
    for line in lines:
        if match := _ORIGIN.search(line):
            children.setdefault(match["origin"], []).append(match["queue_id"])
    ids, todo = {queue_id}, [queue_id]
    while todo:
        for child in children.get(todo.pop(), ()):
            if child not in ids:
                ids.add(child)
                todo.append(child)
    return ids


def _deliveries(lines: list[str]) -> Iterator[tuple[str, Delivery]]:
    tls: dict[str, str] = {}  # by smtp process: its latest handshake belongs to its next delivery line
    for line in lines:
        if match := _TLS.search(line):
            tls[match["pid"]] = f"{match['level']} {match['version']} {match['host']}"
        elif match := _DELIVERY.search(line):
            yield (
                match["queue_id"],
                Delivery(
                    match["recipient"],
                    match["service"],
                    match["relay"],
                    match["dsn"],
                    match["status"],
                    match["reply"],
                    tls.pop(match["pid"], ""),
                ),
            )
