"""A host with a stock Debian Postfix in /etc/postfix, for tests of `segl install`.

Postfix starts several instances together only from the configuration directory compiled into it. So this
really is /etc/postfix: bind mounts in the test's own mount namespace put private directories there and on
/var/spool/postfix and /var/lib/postfix, seen by nobody else.

    with Host() as host:
        host.segl("install", "--yes")
        host.run("postfix", "start")
"""

from __future__ import annotations

import os
import pty
import pwd
import shutil
import stat
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Self

from world import namespace, template
from world.postfix import make_directories, quick_start, stop_master, wait_for_port, waiting_in
from world.process import Daemon

FRONT = Path("/etc/postfix")
QUEUE = Path("/var/spool/postfix")
DATA = Path("/var/lib/postfix")
_STOCK = Path("/usr/share/postfix/main.cf.debian")

_SETTINGS = """\
[organisation]
name = "Nordby Vandværk"
domains = ["nordby.example"]

[detection]
model = false

[milter]
socket = "{queue}/segl/milter.sock"
workers = 1
drain_seconds = 5

[routing]
socket = "{run}/map.sock"
socket_mode = "0666"

[delivery]
tunnel_socket = "{run}/tunnel.sock"
certificate_socket = "{run}/certificate.sock"
portal_socket = "{run}/portal.sock"
receipt_socket = "{run}/receipt.sock"
inbound_socket = "{run}/inbound.sock"
socket_mode = "0666"
certificates = "{directory}/tunnel.d"

[portal]
url = "https://sikker.nordby.example"
sealed = "{directory}/state/sealed"

[portal.web]
listen = "{run}/web.sock"
workers = 1

[receipts]
key = "{directory}/state/receipts.key"

[store]
url = "sqlite:///{directory}/state/segl.db"

[postfix]
secure = "{directory}/postfix-segl"
secure_queue = "{directory}/secure-spool"
secure_data = "{directory}/secure-data"

[[domain]]
name = "andre.example"
way = "portal"
"""


class Host:
    """*main_cf* is added to Debian's own. Mail to anna@nordby.example ends in the file :attr:`mailbox`.

    Its daemons are forked from a template, unless they are to be *executed*; what is typed (:meth:`types`) always is.
    Its folder is not pytest's: every start of pytest shuts that one to other users, Postfix's own among them.
    """

    def __init__(self, main_cf: str = "", *, executed: bool = False) -> None:
        directory = Path(tempfile.mkdtemp(prefix="segl-host-"))
        directory.chmod(0o755)
        self.directory = directory
        self.main_cf = main_cf
        self.secure = directory / "postfix-segl"
        self.backup = directory / "backup"
        self.mailbox = directory / "mail" / "anna"
        self.settings_file = directory / "segl.toml"
        run = directory / "run"
        for folder in (run, directory / "state", directory / "mail"):
            folder.mkdir()
        self.mailbox.parent.chmod(0o1777)
        text = _SETTINGS.format(queue=QUEUE, run=run, directory=directory)
        self.settings_file.write_text(text, "utf-8")
        arguments = ("--settings", str(self.settings_file))
        self.daemons = [
            Daemon(name, *arguments, directory=directory, executed=executed)
            for name in ("segl-map", "segl-deliver", "segl-milter", "segl-portal")
        ]

    def __enter__(self) -> Self:
        for target in (FRONT, QUEUE, DATA):
            source = (
                self.directory / target.name
                if target is FRONT
                else self.directory / f"front{target.parent.name}"
            )
            if target is FRONT:
                shutil.copytree(FRONT, source)
            else:
                source.mkdir()
            namespace.bind(source, target)
        make_directories("$queue", QUEUE)
        self.log_file.touch(0o644)  # Postfix would make it for root alone
        owner = pwd.getpwnam("postfix")
        os.chown(DATA, owner.pw_uid, owner.pw_gid)
        shutil.copy(FRONT / "master.cf.proto", FRONT / "master.cf")
        aliases = self.directory / "aliases"
        aliases.write_text(f"postmaster: root\nroot: anna\nanna: {self.mailbox}\n", "ascii")
        (FRONT / "main.cf").write_text(
            f"{_STOCK.read_text('utf-8')}\n"
            f"# this site\nmyhostname = mail.nordby.example\nmaillog_file = {self.log_file}\n"
            f"maillog_file_prefixes = {self.directory}\nsmtp_tls_security_level = may\n"
            f"smtp_dns_support_level = disabled\nsmtp_host_lookup = native\n{self.main_cf}",
            "utf-8",
        )
        self.postconf("-e", "mydestination=$myhostname, nordby.example, localhost", "local_recipient_maps=")
        self.postconf("-e", f"alias_database=hash:{aliases}", f"alias_maps=hash:{aliases}")
        for file in FRONT.glob("*.cf"):
            os.utime(file, (0, 0))  # Postfix waits two seconds before it reads a file written just now
        self.run("postalias", str(aliases))
        return self

    def __exit__(self, *_reason: object) -> None:
        for daemon in self.daemons:
            daemon.kill()
        for queue in (self.directory / "secure-spool", QUEUE):
            stop_master(queue)
        for target in (DATA, QUEUE, FRONT):
            namespace.unbind(target)
        shutil.rmtree(self.directory, ignore_errors=True)

    @property
    def log_file(self) -> Path:
        return self.directory / "mail.log"

    @property
    def log(self) -> str:
        return self.log_file.read_text("utf-8", "replace") if self.log_file.exists() else ""

    def segl(self, command: str, *arguments: str, code: int | None = 0) -> str:
        """Run the command line; fails when it does not end with *code* (``None``: any)."""
        backup = ("--backup", str(self.backup)) if command == "install" else ()
        done = template.run("segl", command, "--settings", str(self.settings_file), *backup, *arguments)
        assert code in (None, done.returncode), (
            f"{command} ended with {done.returncode}\n{done.stdout}{done.stderr}"
        )
        assert "Traceback" not in done.stderr, done.stderr
        return done.stdout + done.stderr

    def types(self, command: str, *, answer: str = "") -> str:
        """Type *command*, all after ``segl``, at a terminal, and *answer* when it asks; fails when it does."""
        words = command.split()
        backup = ["--backup", str(self.backup)] if words[0] == "install" else []
        script = str(Path(sys.executable).parent / "segl")
        ours, theirs = pty.openpty()
        try:
            os.write(ours, answer.encode())
            done = subprocess.run(
                [script, *words, "--settings", str(self.settings_file), *backup],
                capture_output=True,
                text=True,
                timeout=180,
                stdin=theirs,
                check=False,
            )
        finally:
            os.close(ours)
            os.close(theirs)
        assert done.returncode == 0, f"{command} ended with {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout + done.stderr

    def start_all(self, *, portal: bool = True) -> None:
        """What `segl install` prints as the next steps. Without its *portal* a host is well but for the doctor."""
        for daemon in self.daemons if portal else self.daemons[:-1]:
            daemon.start()
        for directory, queue in ((self.secure, self.directory / "secure-spool"), (FRONT, QUEUE)):
            quick_start(queue)
            self.run("postfix", "-c", str(directory), "start")
        for port in (10026, 10027, 10028):
            wait_for_port("127.0.0.1", port)

    def run(self, *command: str, check: bool = True) -> str:
        done = self._run(*command)
        assert not check or done.returncode == 0, f"{command}: {done.stdout}{done.stderr}\n{self.log[-2000:]}"
        return done.stdout

    def postconf(self, *options: str, directory: Path = FRONT) -> None:
        self.run("postconf", "-c", str(directory), *options)

    def queue(self, directory: Path = FRONT) -> int:
        """How many messages wait there."""
        return waiting_in(QUEUE if directory is FRONT else self.directory / "secure-spool")

    def has_sealed_one(self, code: int | None = 0) -> bool:
        """Whether one message is sealed, as `segl status` tells. It is asked, with the dozen programs that it asks
        itself, when there is something to be seen, and must end with *code*."""
        files = (self.directory / "state/sealed").glob("??/*")
        return any(files) and '"sealed": {"good": true, "text": "1 message' in self.segl(
            "status", "--json", code=code
        )

    def snapshot(self) -> dict[str, tuple[int, int, bytes]]:
        """Mode, owner and content of everything under /etc/postfix, and what is beside it."""
        paths = [FRONT, *FRONT.rglob("*")]
        paths += [
            self.secure,
            self.directory / "secure-spool",
            self.directory / "secure-data",
            QUEUE / "segl",
        ]
        return {
            str(path): (
                stat.S_IMODE(path.lstat().st_mode),
                path.lstat().st_uid,
                path.read_bytes() if path.is_file() else b"",
            )
            for path in paths
            if path.exists()
        }

    def _run(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL, check=False
        )
