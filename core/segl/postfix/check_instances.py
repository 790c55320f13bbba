"""Whether both instances are started together, and whether others send mail past Segl."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from segl.errors import PostfixError
from segl.postfix.check import AS_ROOT, INSTALL, Check, Setup, State, is_loopback, judge, same_path
from segl.postfix.check_running import is_running
from segl.postfix.running import Instance, Service, read_instance, run_postfix, split_list

_SYSTEMD = Path("/run/systemd/system")
_UNITS = (Path("/usr/lib/systemd/system"), Path("/lib/systemd/system"), Path("/etc/systemd/system"))
_WANTED = Path("/etc/systemd/system/multi-user.target.wants")
# A next hop that is one host (transport(5)).
_HOP = re.compile(r"\[(?P<host>[^\[\]]+)\](?::(?P<port>\w+))?")
# By these an instance sends some mail elsewhere than to its relayhost: content_filter all of it (FILTER beats both).
_ELSEWHERE = (
    "content_filter",
    "transport_maps",
    "sender_dependent_relayhost_maps",
    "sender_dependent_default_transport_maps",
    "smtp_fallback_relay",
)
_UNSEEN = "mail that it sends is not seen by Segl, unless it hands it to the front"


def default_directory() -> Path:
    """The configuration directory compiled into Postfix: the only one that may list other instances."""
    try:
        return _compiled_in()
    except LookupError:
        return Path("/etc/postfix")


@cache
def _compiled_in() -> Path:
    said = run_postfix(["postconf", "-dh", "config_directory"]).stdout.strip()
    if not said:
        raise LookupError
    return Path(said)


def instance_checks(setup: Setup) -> Iterator[Check]:
    yield from _registered(setup)
    yield from _others(setup)
    yield from _primary(setup)
    yield from _at_boot(setup)


def debian_unit(secure: Path) -> str:
    """``postfix@segl.service`` where Debian's scheme (/etc/postfix-NAME) starts the instance, else ``""``."""
    name = secure.name.removeprefix("postfix-")
    template = any((folder / "postfix@.service").exists() for folder in _UNITS)
    if not _SYSTEMD.is_dir() or not template or secure != Path("/etc") / f"postfix-{name}":
        return ""
    return f"postfix@{name}.service"


def _registered(setup: Setup) -> Iterator[Check]:
    id_, secure = "instances.registered", setup.secure.directory
    primary = default_directory()
    try:
        listed = split_list(read_instance(primary).value("multi_instance_directories"))
    except PostfixError as error:
        yield Check(
            id_, State.UNKNOWN, error.private, "the secure instance may not start with Postfix", error.hint
        )
        return
    known = [Path(item) for item in listed]
    if not same_path(primary, setup.front.directory) and not any(
        same_path(setup.front.directory, k) for k in known
    ):
        yield Check(
            id_, State.OK, f"{setup.front.directory} stands alone: start both instances with postfix -c"
        )
        return
    yield judge(
        id_,
        any(same_path(secure, item) for item in known)
        and setup.secure.value("multi_instance_enable") == "yes",
        f"multi_instance_directories of {primary}: {' '.join(listed) or '(empty)'}",
        why="`postfix start` does not start the secure instance; mail waits in the front",
        fix=INSTALL,
        bad=State.WARN,
    )


def _others(setup: Setup) -> Iterator[Check]:
    """Those that start with Postfix, and on Debian ``/etc/postfix-NAME``, which the unit ``postfix@NAME`` starts
    without any list."""
    primary = default_directory()
    try:
        listed = [Path(one) for one in split_list(read_instance(primary).value("multi_instance_directories"))]
    except PostfixError:
        listed = []
    beside = sorted(file.parent for file in primary.parent.glob(f"{primary.name}-*/main.cf"))
    seen = [setup.secure.directory, setup.front.directory, primary]
    for other in (*listed, *beside):
        if any(same_path(other, one) for one in seen):
            continue
        seen.append(other)
        try:
            instance = read_instance(other)
        except PostfixError:
            if other not in listed:
                continue
        else:
            if (other not in listed and is_running(instance) is False) or _hands_to_front(instance, setup):
                continue
        text, fix = f"another Postfix instance: {other}", "see to it that it relays through the front"
        yield Check("instances.other", State.WARN, text, _UNSEEN, fix)


def _primary(setup: Setup) -> Iterator[Check]:
    """The default instance, where the front is another: sendmail(1), and so cron and every local program, hand their
    mail to it."""
    id_, directory = "instances.other", default_directory()
    if same_path(directory, setup.front.directory) or not (directory / "main.cf").exists():
        return
    found = f"the default Postfix instance, {directory}, takes the mail of sendmail(1) and sends it by itself"
    fix = "postconf -e relayhost=[127.0.0.1]:25 (the front's port) there, without transport_maps; or let it not run"
    try:
        primary = read_instance(directory)
    except PostfixError as error:
        yield Check(id_, State.UNKNOWN, error.private, _UNSEEN, error.hint)
        return
    running = is_running(primary)
    if running is False or _hands_to_front(primary, setup):
        return
    if running is None:
        yield Check(id_, State.UNKNOWN, f"{found}, if it runs", _UNSEEN, AS_ROOT)
        return
    yield Check(id_, State.WARN, found, _UNSEEN, fix)


def _hands_to_front(primary: Instance, setup: Setup) -> bool:
    """Whether all that it sends goes to an smtpd of the front; to the return port it would go past Segl."""
    readers = (None, *primary.services)  # whoever reads it may have an option of its own
    if any(primary.value(name, reader) for name in _ELSEWHERE for reader in readers):
        return False
    _, _, hop = primary.value("default_transport").partition(":")
    form = _HOP.fullmatch(hop or primary.value("relayhost"))
    entrances = (service for service in setup.entrances() if service.program == "smtpd")
    return form is not None and any(
        _port(service.name) == _port(form["port"] or "smtp") and _listens(setup.front, service, form["host"])
        for service in entrances
    )


def _listens(front: Instance, service: Service, host: str) -> bool:
    """Whether *service* of the front is reached at *host* from here."""
    own, colon, _ = service.name.rpartition(":")
    interfaces = (own.strip("[]"),) if colon else split_list(front.value("inet_interfaces"))
    if host in interfaces:
        return True
    if is_loopback(host):
        return any(name in {"all", "loopback-only"} or is_loopback(name) for name in interfaces)
    return host == front.value("myhostname") and "all" in interfaces


def _port(name: str) -> int:
    """The number of ``25``, ``smtp``, ``127.0.0.1:smtp``; 0 for none."""
    word = name.rpartition(":")[2]
    try:
        return int(word) if word.isdigit() else socket.getservbyname(word, "tcp")
    except OSError:
        return 0


def _at_boot(setup: Setup) -> Iterator[Check]:
    unit = debian_unit(setup.secure.directory)
    if unit:
        yield judge(
            "instances.boot",
            (_WANTED / unit).exists(),
            f"{unit} is {'' if (_WANTED / unit).exists() else 'not '}enabled",
            why="after a restart of the host the secure instance does not run; mail waits in the front",
            fix=f"systemctl enable --now {unit}",
            bad=State.WARN,
        )
