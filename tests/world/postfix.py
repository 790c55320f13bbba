"""A real Postfix instance in directories of its own; no instance in ``/etc/postfix`` is read or written.

``postfix -c DIR`` runs an instance from any configuration directory. The log is a plain file
(``maillog_file``), so no syslog is needed.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from world.process import children_of, is_alive

# What a bare instance needs in master.cf besides its own services.
BASE_SERVICES = """\
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
proxywrite unix - - n - 1 proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
tlsproxy unix - - n - 0 tlsproxy
postlog unix-dgram n - n - 1 postlogd
"""

_MASTER = "/usr/lib/postfix/sbin/master"
_POSTFIX_FILES = Path("/etc/postfix/postfix-files")
_RELOADED = "reload -- version"  # master(8), before it looks at its services again
_USERS = {"$mail_owner": "postfix", "$setgid_group": "postdrop"}


def base_main_cf(directory: Path, hostname: str) -> str:
    """The settings that make an instance private; a test adds its own below (later lines win). A reload shuts
    transports for a moment, and one that was found shut is left alone for a minute as shipped."""
    return f"""\
compatibility_level = 3.10
queue_directory = {directory}/spool
data_directory = {directory}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
maillog_file = {directory}/mail.log
maillog_file_prefixes = {directory}
myhostname = {hostname}
mydestination =
local_recipient_maps =
alias_maps =
alias_database =
inet_interfaces = all
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_peername_lookup = no
smtp_host_lookup = dns
in_flow_delay = 0
transport_retry_time = 2s
"""


def with_parameters(main_cf: str, **parameters: str) -> str:
    """*main_cf* with these parameters set, in place where it had them (twice would be a warning)."""
    lines = main_cf.splitlines()
    kept = [line for line in lines if line.partition("=")[0].strip() not in parameters]
    return "\n".join([*kept, *(f"{name} = {value}" for name, value in parameters.items())]) + "\n"


@dataclass
class PostfixInstance:
    """One instance. ``main_cf`` and ``master_cf`` are whole files; extra files go beside them."""

    directory: Path
    main_cf: str
    master_cf: str
    files: dict[str, str] = field(default_factory=dict)

    @property
    def config(self) -> Path:
        return self.directory / "etc"

    @property
    def log(self) -> str:
        file = self.directory / "mail.log"
        return file.read_text("utf-8", "replace") if file.exists() else ""

    def start(self) -> None:
        """Write the configuration and start; returns when master runs. It is what `postfix start` becomes in the end,
        behind a dozen programs that look at what is made here."""
        self.write()
        make_directories("$queue", self.directory / "spool")
        (self.directory / "mail.log").touch(0o600)  # postlogd(8) makes it a moment after master runs
        self.run(_MASTER, "-w")

    def write(self) -> None:
        self.config.mkdir(parents=True, exist_ok=True)
        make_directories("$data", self.directory / "data")
        for name, text in self._whole.items():
            file = self.config / name
            file.write_text(text, "utf-8")
            os.utime(file, (0, 0))  # Postfix waits two seconds before it reads a file written just now

    def differs(self) -> bool:
        """Somebody has changed the configuration since :meth:`write`."""
        return any((self.config / name).read_text("utf-8") != text for name, text in self._whole.items())

    @property
    def _whole(self) -> dict[str, str]:
        return {"main.cf": self.main_cf, "master.cf": self.master_cf, **self.files}

    def running(self) -> bool:
        """Whether its master runs. It holds this lock as long as it lives, by which `postfix status` knows, too."""
        return is_running(self.directory / "spool")

    def stop(self) -> None:
        """Stop; harmless when it does not run."""
        stop_master(self.directory / "spool")

    def reload(self) -> None:
        """Returns when master(8) has read its files anew, and nobody takes mail by what was. The command itself only
        sends a signal, and a process that waits for work goes by what it was started with until it sees that it is to
        go."""
        times, before = self.log.count(_RELOADED), self._taking()
        self.run("postfix", "reload")
        wait_until(lambda: self.log.count(_RELOADED) > times, 30, lambda: self.log[-3000:])
        wait_until(lambda: not before & self._taking(), 60, lambda: self.log[-3000:])

    def _taking(self) -> set[int]:
        """The processes of its master's that take mail: smtpd(8) and cleanup(8)."""
        master = int((self.directory / "spool/pid/master.pid").read_text("ascii"))
        return {pid for pid in children_of(master) if _program(pid) in ("smtpd", "cleanup")}

    def flush(self) -> None:
        """Try every deferred message now."""
        self.run("postqueue", "-f")

    def requeue(self, queue_id: str = "ALL") -> None:
        """Queue a message anew, and have it picked up now: by itself pickup(8) looks once a minute."""
        self.run("postsuper", "-r", queue_id)
        wait_until(self._wakes_pickup, 30, lambda: self.log[-2000:])

    def _wakes_pickup(self) -> bool:
        """postkick(1) does not wait where pickup(8) hears nobody in this moment."""
        command = ["postkick", "-c", str(self.config), "public", "pickup", "W"]
        return subprocess.run(command, capture_output=True, timeout=30).returncode == 0

    def run(self, program: str, *arguments: str, check: bool = True) -> str:
        command = [program, "-c", str(self.config), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=180)
        if check and done.returncode:
            raise RuntimeError(f"{' '.join(command)}: {done.stderr}{done.stdout}\n{self.log[-2000:]}")
        return done.stdout

    def sendmail(self, sender: str, recipients: list[str], message: bytes) -> None:
        """Hand a message in as a local program does, past smtpd."""
        subprocess.run(
            ["sendmail", "-C", str(self.config), "-f", sender, *recipients],
            input=message.replace(b"\r\n", b"\n"),
            check=True,
            timeout=30,
        )

    def queue(self) -> list[dict[str, Any]]:
        """What is in the queue, as ``postqueue -j`` tells it."""
        return [json.loads(line) for line in self.run("postqueue", "-j").splitlines() if line]

    @property
    def queued(self) -> int:
        """How many messages :meth:`queue` would tell of."""
        return waiting_in(self.directory / "spool")

    def wait_for_log(self, pattern: str, seconds: float = 60) -> re.Match[str]:
        """Wait until the log matches *pattern*; fails with the end of the log."""
        found: list[re.Match[str]] = []

        def seen() -> bool:
            match = re.search(pattern, self.log, re.MULTILINE)
            if match:
                found.append(match)
            return bool(match)

        wait_until(seen, seconds, lambda: f"{pattern!r} not in log:\n{self.log[-3000:]}")
        return found[0]


def is_running(queue: Path) -> bool:
    """Whether a master runs on *queue*."""
    lock = queue / "pid/master.pid"
    if not lock.exists():
        return False
    with lock.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def stop_master(queue: Path) -> None:
    """End the master of *queue*, if one runs, and all that it has started, by the signal that `postfix stop` sends.
    That starts eight programs, and looks once a second; what has not ended after five is killed by either. Who takes
    mail holds its port for a moment longer than the master lives."""
    if not is_running(queue):
        return
    master = int((queue / "pid/master.pid").read_text("ascii"))
    started = children_of(master)

    def has_ended() -> bool:
        return not is_running(queue) and not any(map(is_alive, started))

    with contextlib.suppress(ProcessLookupError):
        os.kill(master, signal.SIGTERM)
    try:
        wait_until(has_ended, 5, lambda: "")
    except AssertionError:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(master, signal.SIGKILL)
        wait_until(has_ended, 30, lambda: f"the master of {queue} does not end")


def _program(pid: int) -> str:
    """What runs as *pid*; of one that has ended nothing."""
    try:
        return Path(f"/proc/{pid}/comm").read_text("utf-8").strip()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def waiting_in(queue: Path) -> int:
    """How many messages ``postqueue -j`` would list. Who waits asks twenty times a second, and would start two programs
    each time. Looked at in the order in which mail goes on, as by showq(8): what goes on meanwhile is seen twice rather
    than never. What is still being written is no message yet (``mail_open_ok()``)."""
    files = (
        Path(folder, name)
        for first in ("maildrop", "incoming", "active", "deferred", "hold")
        for folder, _, names in os.walk(queue / first)
        for name in names
    )
    return sum(map(_is_whole, files))


def _is_whole(message: Path) -> bool:
    try:
        return stat.S_IMODE(message.lstat().st_mode) & stat.S_IRWXU == stat.S_IRWXU
    except FileNotFoundError:  # it has gone on
        return False


def quick_start(queue: Path) -> None:
    """Let the next `postfix start` be as after `postfix quick-stop`: without the hundred programs that look at all in
    *queue* and make what is missing. That is made here."""
    make_directories("$queue", queue)
    (queue / "quick-start").touch()


def make_directories(variable: str, place: Path) -> None:
    """Those that an instance must have there, with owner and mode, as Postfix's own list names them."""
    for line in _POSTFIX_FILES.read_text("ascii").splitlines():
        name, kind, owner, group, mode = [*line.split(":"), "", "", "", ""][:5]
        what, _, below = name.partition("_directory")
        folder = place / below.removeprefix("/")
        if (what, kind) == (variable, "d") and not folder.exists():
            folder.mkdir(parents=True)
            shutil.chown(folder, _USERS.get(owner, owner), _USERS.get(group))
            folder.chmod(int(mode, 8))


def wait_until(condition: Callable[[], bool], seconds: float, why: Callable[[], str]) -> None:
    """Wait until *condition* holds; fails with *why* after *seconds*. One that takes its time, as that of a command
    does, is asked less often."""
    asked = time.monotonic()
    deadline = asked + seconds
    while not condition():
        now = time.monotonic()
        if now > deadline:
            raise AssertionError(f"waited {seconds} s: {why()}")
        time.sleep(min(max(0.05, 3 * (now - asked)), 0.5))
        asked = time.monotonic()


def wait_for_port(address: str, port: int, seconds: float = 60) -> None:
    def open_() -> bool:
        with socket.socket() as sock:
            sock.settimeout(1)
            return sock.connect_ex((address, port)) == 0

    wait_until(open_, seconds, lambda: f"nothing listens on {address}:{port}")
