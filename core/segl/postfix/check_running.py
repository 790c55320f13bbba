"""Whether what is configured also runs: both instances, and every socket that a message passes.

Sockets are asked as Postfix's own user and from inside its chroot, because that is where most installations
fail: the process runs, root can talk to it, and Postfix cannot.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Set
from pathlib import Path

from segl.demand_tag import entrances
from segl.postfix import sockets
from segl.postfix.check import (
    AS_ROOT,
    OPEN,
    PLAIN,
    SECURE,
    UNREAD,
    Check,
    Setup,
    State,
    milter_endpoint,
    same_path,
)
from segl.postfix.running import Instance, split_list
from segl.settings.cautions import return_cautions

_DEMANDS = "port.demands"
_START = "start "
_FOLDERS = ("private", "public")  # of a queue directory, by master.cf's column "private"
_ELSE = {
    "socket.receipt": "delivery reports wait in the queue; senders get no receipt",
    "port.own": "what Segl writes to own people waits, or no alias of theirs is followed",
    "socket.canary": "canaries are late, and say nothing",
}


def running_checks(setup: Setup) -> Iterator[Check]:
    for name, instance in (("front", setup.front), ("secure", setup.secure)):
        yield _instance(f"run.{name}", instance)
    yield _reloaded("front", setup.front, {SECURE, PLAIN, UNREAD, OPEN})
    yield _reloaded("secure instance", setup.secure)
    yield from _milter(setup)
    yield from _unix_sockets(setup)
    for id_, host_port, name in (
        ("port.secure", setup.settings.postfix.secure_port, "secure instance"),
        ("port.return", setup.settings.postfix.return_port, "return port"),
        *_demand_ports(setup),
        *_own_ports(setup),
    ):
        fault = sockets.fault_of(lambda where=host_port: sockets.tcp(where, sockets.ask_smtp))  # type: ignore[misc]
        yield _answer(
            id_,
            f"{name} {host_port}",
            fault,
            _ELSE.get(id_, "mail waits in the front's queue"),
            f"postfix -c {setup.secure.directory} reload" if id_ == _DEMANDS else "start Postfix",
        )
    for caution in return_cautions(setup.settings):
        text = f"{caution.where}: {caution.problem}"
        fix = f"in segl.toml {caution.hint}; then: systemctl reload segl-map segl-deliver segl-portal"
        yield Check(
            "port.return", State.FAIL, text, "notices, tunnel mail and receipts go astray or wait", fix
        )


def _demand_ports(setup: Setup) -> Iterator[tuple[str, str, str]]:
    """The secure instance's doors for messages that demand more, where it runs. Whether its master.cf has them,
    ``secure.demands`` says."""
    doors = entrances(setup.settings.postfix.demand_ports) if is_running(setup.secure) else ()
    for least, host, port in doors:
        yield _DEMANDS, f"{host}:{port}", f"entrance for {least}"


def _own_ports(setup: Setup) -> Iterator[tuple[str, str, str]]:
    """Where `segl install` has not run since, ``front.own-port`` says so."""
    if setup.own_service is not None:
        yield "port.own", setup.settings.postfix.own_port, "own port"
        yield "port.own", setup.settings.postfix.own_entrance, "its entrance to the secure instance"


def is_running(instance: Instance) -> bool | None:
    """Whether the instance's master runs; ``None`` when this user cannot tell.

    Its pid file stays behind when it dies, so the process named there must also stand in the instance's
    queue directory, as master(8) does. (Its lock on that file is left alone: one held even for a moment by
    somebody else can keep a master from starting.)"""
    try:
        number = (instance.queue / "pid" / "master.pid").read_text("ascii").split()
        return same_path(Path(f"/proc/{int(number[0])}/cwd").readlink(), instance.queue)
    except FileNotFoundError:
        return False
    except (OSError, ValueError, IndexError):
        return None


def _instance(id_: str, instance: Instance) -> Check:
    running = is_running(instance)
    found = f"Postfix in {instance.directory} "
    if running is None:
        return Check(
            id_, State.UNKNOWN, found + "may or may not run", "its pid file may not be read", AS_ROOT
        )
    if running:
        return Check(id_, State.OK, found + "runs")
    fix = f"postfix -c {instance.directory} start"
    return Check(id_, State.FAIL, found + "does not run", "mail is not taken in, or waits", fix)


def _reloaded(name: str, instance: Instance, wanted: Set[str] = frozenset()) -> Check:
    """master makes one socket per service when it reads master.cf: a missing one means it has not read it. *wanted*:
    services that it must have besides those of Segl's that master.cf names."""
    id_ = "run.reloaded"
    if not (running := is_running(instance)):
        if running is None:
            return Check(id_, State.UNKNOWN, f"whether the {name} runs cannot be seen", fix=AS_ROOT)
        fix = f"postfix -c {instance.directory} start"
        return Check(id_, State.UNKNOWN, f"the {name} does not run", "it reads its files at its start", fix)
    ours = (one for one in instance.services if one.type == "unix" and one.name.startswith("segl-"))
    folders = {one.name: "private" if one.private else "public" for one in ours}
    folders |= dict.fromkeys(wanted, "private")
    try:
        there = {folder: {entry.name for entry in (instance.queue / folder).iterdir()} for folder in _FOLDERS}
    except OSError as error:
        return Check(id_, State.UNKNOWN, f"{error.filename} may not be read", fix=AS_ROOT)
    missing = sorted(service for service, folder in folders.items() if service not in there[folder])
    if not missing:
        return Check(id_, State.OK, f"the {name} has read Segl's services")
    return Check(
        id_,
        State.FAIL,
        f"the running {name} does not know {', '.join(missing)}",
        "mail for them waits in the queue",
        f"postfix -c {instance.directory} reload",
    )


def _milter(setup: Setup) -> Iterator[Check]:
    """Once outside a chroot and once inside, as the front's services need it."""
    id_, front = "socket.milter", setup.front
    paths = [milter_endpoint(i).partition(":")[2] for i in _milter_items(setup) if setup.is_our_milter(i)]
    why = "mail is answered 451 until it does"
    if not paths:
        socket_ = setup.settings.milter.socket
        yield _ask(id_, setup, f"milter {socket_}", socket_, sockets.ask_milter, why, "start segl-milter")
        return
    users = [s for s in front.running("smtpd", "cleanup", "qmqpd") if s not in setup.our_entrances]
    for chrooted in sorted({service.chroot for service in users}):
        path = Path("/") / paths[0] if chrooted else front.queue / paths[0]
        place = f"milter {paths[0]}" + (" from inside the chroot" if chrooted else "")
        fix = (
            "start segl-milter; when it runs, its socket must lie in Postfix's queue directory"
            if chrooted
            else ""
        )
        root = front.queue if chrooted else None
        yield _ask(id_, setup, place, path, sockets.ask_milter, why, fix or "start segl-milter", root)


def _milter_items(setup: Setup) -> tuple[str, ...]:
    return split_list(setup.front.value("smtpd_milters")) + split_list(setup.front.value("non_smtpd_milters"))


def _unix_sockets(setup: Setup) -> Iterator[Check]:
    settings = setup.settings
    waits = "mail that must be sent securely waits in the queue"
    for id_, name, path, question, program in (
        ("socket.map", "map", settings.routing.socket, sockets.ask_map, "segl-map"),
        ("socket.tunnel", "tunnel", settings.delivery.tunnel_socket, sockets.ask_lmtp, "segl-deliver"),
        (
            "socket.certificate",
            "certificate",
            settings.delivery.certificate_socket,
            sockets.ask_lmtp,
            "segl-deliver",
        ),
        ("socket.portal", "portal", settings.delivery.portal_socket, sockets.ask_lmtp, "segl-deliver"),
        ("socket.receipt", "receipt", settings.delivery.receipt_socket, sockets.ask_lmtp, "segl-deliver"),
        ("socket.canary", "canary", settings.canary_socket, sockets.ask_lmtp, "segl-deliver"),
        ("socket.canary", "canary, clear", settings.canary_clear_socket, sockets.ask_lmtp, "segl-deliver"),
    ):
        why = _ELSE.get(id_, waits)
        yield _ask(id_, setup, f"{name} {path}", path, question, why, f"start {program}")
    if settings.inbound.on:
        path, waits = (
            settings.delivery.inbound_socket,
            "mail that comes in encrypted or signed waits in the queue",
        )
        yield _ask(
            "socket.inbound", setup, f"inbound {path}", path, sockets.ask_lmtp, waits, "start segl-deliver"
        )


def _ask(
    id_: str,
    setup: Setup,
    place: str,
    path: Path,
    question: sockets.Question,
    why: str,
    fix: str,
    root: Path | None = None,
) -> Check:
    owner = setup.front.value("mail_owner")
    if os.geteuid() == 0:
        try:
            fault = sockets.as_postfix(owner, path, question, root)
        except KeyError:
            return Check(id_, State.FAIL, f"{place}: there is no user {owner}", why, "install Postfix")
        if fault.forbidden:
            fix = f"let user {owner} reach {path}: its group must own the socket and may enter the directory"
        return _answer(id_, place, fault, why, fix)
    outside = path if root is None else root / path.relative_to("/")
    fault = sockets.fault_of(lambda: sockets.unix(outside, question))
    if not fault:
        text = f"{place} answers; whether user {owner} may open it only root can try"
        return Check(id_, State.UNKNOWN, text, why, AS_ROOT)
    if fault.forbidden:
        return Check(id_, State.UNKNOWN, f"{place} may not be opened by this user", why, AS_ROOT)
    return _answer(id_, place, fault, why, fix)


def _answer(id_: str, place: str, fault: sockets.SocketFault, why: str, fix: str) -> Check:
    if not fault:
        return Check(id_, State.OK, f"{place} answers")
    if fault.silent and fix.startswith(_START):  # it runs, and to start it would do nothing
        fix = f"restart {fix.removeprefix(_START)}; its journal may say what held it up"
    return Check(id_, State.FAIL, f"{place}: {fault}", why, fix)
