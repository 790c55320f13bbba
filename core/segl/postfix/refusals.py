"""What stands in the way of an installation, found before any text is written."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from segl.demand_tag import entrances
from segl.postfix import edit
from segl.postfix.check import SECURE, is_loopback, same_path
from segl.postfix.conf import Site, render_front_master
from segl.postfix.running import Instance, split_list
from segl.settings.document import Settings

OLDEST = (3, 7)
# How a file of the secure instance begins when we wrote it; it must stay recognised by later versions.
OURS = "# Written by segl install"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why this Postfix is not changed, and what to do about it."""

    what: str
    why: str
    fix: str


def milter_path(settings: Settings, front: Instance) -> str:
    """Relative to the queue directory when the socket lies in it: right inside a chroot and outside."""
    path, queue = Path(os.path.realpath(settings.milter.socket)), Path(os.path.realpath(front.queue))
    return str(path.relative_to(queue)) if path.is_relative_to(queue) else str(settings.milter.socket)


def first_refusals(settings: Settings, front: Instance) -> Iterator[Refusal]:
    """What stands in the way before any text is written."""
    if front.version < OLDEST:
        found = ".".join(map(str, front.version))
        yield Refusal(
            f"Postfix {found} is too old", "Segl's configuration needs 3.7 or newer", "upgrade Postfix"
        )
    misread = [service.id for service in front.services if service.misread]
    if misread:
        yield Refusal(
            f"{front.directory}/master.cf, {', '.join(misread)}: an option that postconf cannot read",
            "Postfix's programs follow it, and what it does to the mail of this service cannot be told",
            "put a blank behind -o",
        )
    yield from _filter_refusal(front)
    yield from _chroot_refusal(settings, front)
    for name in ("secure_port", "return_port", "demand_ports", "own_ports"):
        host = next(_ports(settings, name)).rpartition(":")[0]
        derived = name == "own_ports" and settings.postfix.own_ports is None  # on the return port's address
        if not is_loopback(host) and not derived:
            why = "the port skips Segl or trusts its client; no other host may reach it"
            yield Refusal(f"postfix.{name} is on {host}", why, 'set it to "127.0.0.1:PORT" in segl.toml')
        protocol = "ipv6" if ":" in host else "ipv4"
        if not {protocol, "all"} & set(split_list(front.value("inet_protocols"))):
            why = f"Postfix does not use {protocol} (inet_protocols = {front.value('inet_protocols')})"
            yield Refusal(f"postfix.{name} is on {host}", why, "use the other loopback address in segl.toml")
        for port in _ports(settings, name):
            yield from _port_refusal(settings, name, port)
    secure = settings.postfix.secure
    if same_path(secure, settings.postfix.front) or same_path(settings.postfix.secure_queue, front.queue):
        why = "two Postfix instances cannot share directories"
        yield Refusal("front and secure have a directory in common", why, "see [postfix] in segl.toml")
    for file in (secure / "main.cf", secure / "master.cf"):
        if file.exists() and not read_text(file).startswith(OURS):
            why = "it belongs to another Postfix instance, or was written by hand"
            yield Refusal(f"{file} is not ours", why, "name another directory in segl.toml: [postfix] secure")
    taken = edit.foreign_services(
        read_text(front.directory / "master.cf"), render_front_master(Site.of(settings, "localhost"))
    )
    for key in taken:
        why = "the name or port is in use for something else"
        yield Refusal(
            f"{front.directory}/master.cf has a service {key} already",
            why,
            "see [postfix] return_port and own_ports",
        )


def _filter_refusal(front: Instance) -> Iterator[Refusal]:
    value = front.value("content_filter")
    if value and not value.startswith(f"{SECURE}:"):  # with another port it is ours: an earlier run wrote it
        yield Refusal(
            f"content_filter is already set: {value}",
            "Postfix has one content filter, and mail from the other one would come back past Segl",
            "run the other filter as a milter (amavisd-milter, clamav-milter … in smtpd_milters), or on a"
            " Postfix of its own for mail from outside; then clear content_filter and run segl install again",
        )


def _ports(settings: Settings, name: str) -> Iterator[str]:
    postfix = settings.postfix
    if name == "own_ports":
        yield from (postfix.own_port, postfix.own_entrance)
    elif name == "demand_ports":
        yield from (f"{host}:{port}" for _, host, port in entrances(postfix.demand_ports))
    else:
        yield getattr(postfix, name)


def _port_refusal(settings: Settings, name: str, port: str) -> Iterator[Refusal]:
    """A port that is in use although no instance of ours has it yet."""
    fronts = (settings.postfix.return_port, settings.postfix.own_port)
    folder = settings.postfix.front if port in fronts else settings.postfix.secure
    master = folder / "master.cf"
    if master.exists() and f"\n{port} inet" in read_text(master):
        return
    host, _, number = port.rpartition(":")
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.settimeout(1)
        if probe.connect_ex((host.strip("[]"), int(number))) == 0:
            why = "Segl's Postfix could not listen there"
            yield Refusal(
                f"something listens on {port} already",
                why,
                f"choose another postfix.{name} in segl.toml",
            )


def _chroot_refusal(settings: Settings, front: Instance) -> Iterator[Refusal]:
    chrooted = [s.id for s in front.running("smtpd", "cleanup", "qmqpd") if s.chroot]
    if chrooted and Path(milter_path(settings, front)).is_absolute():
        yield Refusal(
            f"{', '.join(chrooted)} run chrooted in {front.queue}",
            f"from there they cannot reach the milter's socket {settings.milter.socket}",
            f'put into segl.toml, table [milter]:  socket = "{front.queue}/segl/milter.sock"',
        )


def read_text(path: Path) -> str:
    """A configuration file, whatever bytes are in its comments; read_text() of Path would rewrite line ends."""
    return path.read_bytes().decode("utf-8", "surrogateescape")
