"""One check of `segl doctor`: what was looked at, what was found, why it matters, how to repair it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from segl.postfix.running import Instance, Service, split_list
from segl.settings.document import Settings

# Names that postfix/conf gives to the services it adds.
SECURE = "segl-secure"
PLAIN = "segl-plain"
UNREAD = "segl-unread"
OPEN = "segl-open"
CLEANUP = "segl-cleanup"
OWN_CLEANUP = "segl-own-cleanup"
REPORT = "segl-report"
# Cleanup services that are not for mail from users, each with what it is for.
OUR_CLEANUPS = {
    CLEANUP: "the return port's",
    OWN_CLEANUP: "for Segl's own mail alone",
    REPORT: "for delivery reports alone",
}
RECEIPT = "segl-receipt"

# How most of what is not in order is repaired, and how to look again at what this user may not see.
INSTALL: Final = "run: segl install"
# How long a report must wait at least: it must outlast a weekend in which segl-deliver does not run. It is mail from
# the null sender, which ends without a word.
LEAST_QUEUE_SECONDS: Final = 3 * 86400
AS_ROOT: Final = "run as root"


class State(StrEnum):
    """``FAIL``: mail can leave in clear or unseen, or cannot pass. ``WARN``: it is safe, but not right.
    ``UNKNOWN``: could not be looked at; never taken for ok."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Check:
    """The result of one check. ``id`` is stable: monitoring may rely on it."""

    id: str
    state: State
    found: str
    why: str = ""
    fix: str = ""

    def as_dict(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "state": self.state.value,
            "found": self.found,
            "why": self.why,
            "fix": self.fix,
        }


def judge(id_: str, good: bool, found: str, *, why: str, fix: str, bad: State = State.FAIL) -> Check:
    """``OK`` with what was found, or *bad* with reason and repair."""
    return Check(id_, State.OK, found) if good else Check(id_, bad, found, why, fix)


@dataclass(frozen=True, slots=True)
class Setup:
    """What the configuration checks look at: both instances and the settings they must agree with."""

    settings: Settings
    front: Instance
    secure: Instance

    @property
    def content_filter(self) -> str:
        return f"{SECURE}:{next_hop(self.settings.postfix.secure_port)}"

    @property
    def verdict_action(self) -> str:
        return f"FILTER {PLAIN}:{next_hop(self.settings.postfix.return_port)}"

    @property
    def unread_action(self) -> str:
        """Where what own people write to own people goes, which nobody has read."""
        return f"FILTER {UNREAD}:{next_hop(self.settings.postfix.return_port)}"

    @property
    def receipt_filter(self) -> str:
        """Where reports about our messages go."""
        return f"{RECEIPT}:unix:{self.settings.delivery.receipt_socket}"

    @property
    def opening_filter(self) -> str:
        """Where what came in encrypted or signed goes from the return port."""
        return f"{OPEN}:unix:{self.settings.delivery.inbound_socket}"

    @property
    def return_service(self) -> Service | None:
        return self.front.service(self.settings.postfix.return_port, "inet")

    @property
    def own_service(self) -> Service | None:
        """Where what Segl itself writes to own people comes in."""
        return self.front.service(self.settings.postfix.own_port, "inet")

    @property
    def own_filter(self) -> str:
        """Where that goes next."""
        return f"{SECURE}:{next_hop(self.settings.postfix.own_entrance)}"

    @property
    def our_entrances(self) -> tuple[Service, ...]:
        """Those of the front that are for Segl and the front itself."""
        return tuple(service for service in (self.return_service, self.own_service) if service is not None)

    def entrances(self) -> Iterator[Service]:
        """The front's services by which others' mail comes in."""
        ours = self.our_entrances
        return (s for s in self.front.running("smtpd", "qmqpd", "pickup") if s not in ours)

    def is_our_milter(self, item: str) -> bool:
        """Whether one item of a milter list is our socket."""
        kind, _, path = milter_endpoint(item).partition(":")
        if kind not in {"unix", "local"}:
            return False
        return same_path(self.front.queue / path, self.settings.milter.socket)

    def has_our_milter(self, value: str) -> bool:
        return any(map(self.is_our_milter, split_list(value)))


def next_hop(host_port: str) -> str:
    """``127.0.0.1:10026`` as Postfix wants a host without MX look-up: ``[127.0.0.1]:10026``."""
    host, _, port = host_port.rpartition(":")
    return f"[{host.strip('[]')}]:{port}"


def milter_endpoint(item: str) -> str:
    """``unix:/run/x`` from ``unix:/run/x`` or ``{ unix:/run/x, default_action=accept }``."""
    return next(iter(split_list(item.strip("{} "))), "")


def milter_options(item: str) -> dict[str, str]:
    """The options of one milter: ``{"default_action": "accept"}`` (MILTER_README, advanced configuration)."""
    if not item.startswith("{"):
        return {}
    options = (part.strip("{} ").partition("=") for part in split_list(item.strip("{} "))[1:])
    return {name.strip(): value.strip() for name, _, value in options}


def same_path(one: Path, other: Path) -> bool:
    """Whether both name the same file, whatever links are on the way (/var/run and /run)."""
    return os.path.realpath(one) == os.path.realpath(other)


def is_loopback(host: str) -> bool:
    bare = host.strip("[]")
    return bare in {"::1", "localhost"} or bare.startswith("127.")


def listens_beyond_loopback(instance: Instance, service: Service) -> bool:
    """Whether an inet service can be reached from another host."""
    host, colon, _ = service.name.rpartition(":")
    if colon:
        return not is_loopback(host)
    interfaces = split_list(instance.value("inet_interfaces", service))
    return not all(name == "loopback-only" or is_loopback(name) for name in interfaces)


def seconds(value: str, unit: str = "s") -> float:
    """A Postfix time (``30s``, ``5m``, ``1d``) in seconds; *unit* is that of a bare number, it differs by
    parameter. 0 when it is no time."""
    units = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
    text = value.strip()
    number, by = (text[:-1], text[-1]) if text[-1:] in units else (text, unit)
    return float(number) * units[by] if number.isdigit() else 0.0
