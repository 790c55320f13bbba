"""Two settings that name one place: a port or a socket at which two listen. One of them gets it, or neither.

Worst is the front's return port: were it the secure instance's entrance as well, or that of a demand, the front would
hand what must go securely to itself, and it would leave as ordinary mail.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Final

from segl.demand_tag import entrances
from segl.errors import Fault
from segl.settings.document import Settings

_ANY: Final = frozenset({"0.0.0.0", "::"})  # noqa: S104 - compared with, not listened on
_LOOPBACK: Final = "127.0.0.1"


def shared_ports(settings: Settings, file: Path | str) -> Iterator[Fault]:
    """Of Postfix's ports those that an installation cannot do without, whether or not anything comes in by them."""
    postfix = settings.postfix
    ports = [
        ("postfix.secure_port", postfix.secure_port),
        ("postfix.return_port", postfix.return_port),
        *(("postfix.demand_ports", f"{host}:{port}") for _, host, port in entrances(postfix.demand_ports)),
    ]
    yield from _faults(ports, file)


def shared_metrics_ports(settings: Settings, file: Path | str) -> Iterator[Fault]:
    """Each process has its own, and none of Postfix's."""
    metrics, postfix = settings.metrics, settings.postfix
    named = ("milter_port", "map_port", "deliver_port", "portal_port")
    ports = [(f"postfix.{name}", port) for port, name in postfix.taken_ports.items()]
    ports += [("postfix.own_ports", port) for port in (postfix.own_port, postfix.own_entrance)]
    ports += [
        (f"metrics.{name}", f"{metrics.host}:{port}") for name in named if (port := getattr(metrics, name))
    ]
    yield from (fault for fault in _faults(ports, file) if fault.key.startswith("metrics."))


def shared_sockets(settings: Settings, file: Path | str) -> Iterator[Fault]:
    """Of different processes; segl-deliver tells its own apart (:mod:`segl_delivery.checked`)."""
    delivery = settings.delivery
    named = {
        "milter.socket": settings.milter.socket,
        "routing.socket": settings.routing.socket,
        "routing.announce_socket": settings.routing.announced_at,
        "decisions.socket": settings.decisions.socket_beside(delivery.receipt_socket),
        "canary.socket": settings.canary_socket,
        "canary.socket (canary-clear.sock)": settings.canary_clear_socket,
    }
    ways = ("tunnel", "certificate", "portal", "inbound", "receipt")
    of_delivery = {f"delivery.{way}_socket": getattr(delivery, f"{way}_socket") for way in ways}
    for (one, path), (other, there) in combinations((of_delivery | named).items(), 2):
        both = all(key.startswith(("delivery.", "canary.")) for key in (one, other))
        if path == there and not both:
            yield Fault(file, other, f"is the same as {one}", "give each a socket of its own")


def _faults(ports: list[tuple[str, str]], file: Path | str) -> Iterator[Fault]:
    told: set[tuple[str, str]] = set()
    for (one, place), (other, there) in combinations(ports, 2):
        if one != other and _meet(place, there) and (one, other) not in told:
            told.add((one, other))
            yield Fault(file, other, f"{there} is {one} already", "name a port that nobody uses")


def same_place(one: str, other: str) -> bool:
    """Whether both name the same port, however its host is written."""
    return _parts(one) == _parts(other)


def _meet(one: str, other: str) -> bool:
    (host, port), (there, number) = _parts(one), _parts(other)
    return port == number and (host == there or not _ANY.isdisjoint((host, there)))


def _parts(place: str) -> tuple[str, str]:
    host, _, port = place.rpartition(":")
    host = host.strip("[]").lower()
    return (_LOOPBACK if host == "localhost" else host), port
