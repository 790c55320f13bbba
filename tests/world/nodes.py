"""A node: a house on a loopback address of its own, with a portal, on a store and a place for sealed messages that it
shares with others; and HAProxy before the portals.

=====================  =====================================================
127.0.1.N:25           node N's front; its other ports as in a house
127.0.1.N:8443         its portal, which HAProxy asks
127.0.0.1:443          HAProxy: https, to whichever portal answers
127.0.0.1:8440 + N     the same, to node N's alone
=====================  =====================================================
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import smtplib
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from world.ca import Certificate
from world.house import DOMAIN, House
from world.postfix import PostfixInstance, wait_for_port
from world.process import Daemon, end, ends_with_us

PORTAL = f"sikker.{DOMAIN}"

_DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "scaling.md"


@dataclass
class Node(House):
    """Node *number*. ``shared`` is what all nodes' settings say the same: tables, and the store's URL."""

    number: int = 1
    store_url: str = ""
    key: bytes = b""
    certificate: Certificate | None = None  # the portal's

    def __post_init__(self) -> None:
        self.address = f"127.0.1.{self.number}"
        state = self.directory / "state"
        state.mkdir(parents=True, exist_ok=True)
        (state / "receipts.key").touch(0o600)
        (state / "receipts.key").write_bytes(self.key)
        super().__post_init__()
        self.portal = Daemon("segl-portal", "--settings", str(self.settings_file), directory=self.directory)

    @property
    def daemons(self) -> tuple[Daemon, ...]:
        return (*super().daemons, self.portal) if hasattr(self, "portal") else super().daemons

    def write_settings(self, extra: str | None = None) -> None:
        super().write_settings(extra)
        text = self.settings_file.read_text("utf-8")
        own = {
            "workers = 2\n": "workers = 1\n",
            f'url = "sqlite:///{self.state}/segl.db"': f'url = "{self.store_url}"\nnode = "node{self.number}"',
            "[postfix]\n": f'[postfix]\nsecure_port = "{self.address}:10026"\nreturn_port = "{self.address}:10027"\n'
            f'demand_ports = "{self.address}:10031"\n',
            "[delivery]\n": f'[delivery]\nreinject = "{self.address}:10027"\n',
        }
        for before, after in own.items():
            assert before in text, before
            text = text.replace(before, after, 1)
        assert self.certificate is not None
        web = (
            f'\n[portal.web]\nlisten = "{self.address}:8443"\nworkers = 1\n'
            f'certificate = "{self.certificate.cert}"\nkey = "{self.certificate.key}"\n'
        )
        self.settings_file.write_text(text + web, "utf-8")

    def start(self) -> None:
        with ThreadPoolExecutor() as pool:
            starts = [pool.submit(daemon.start, 90) for daemon in self.daemons]
            starts += [pool.submit(instance.start) for instance in (self.secure, self.front)]
        for start in starts:
            start.result()
        for port in (10026, 10027, 10028, 25, 8443):
            wait_for_port(self.address, port)

    def kill(self) -> None:
        """The host has lost its power: nothing is told, nothing is finished, no queue is flushed."""
        pids = [daemon.pid for daemon in self.daemons if daemon.running()]
        pids += [_master(instance) for instance in (self.front, self.secure)]
        for pid in _trees(pids):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        for daemon in self.daemons:
            daemon.kill()

    @contextlib.contextmanager
    def session(self, timeout: float = 60) -> Iterator[smtplib.SMTP]:
        smtp = smtplib.SMTP(self.address, 25, local_hostname="desk.example", timeout=timeout)
        try:
            yield smtp
        finally:
            with contextlib.suppress(smtplib.SMTPException, OSError):
                smtp.quit()

    def _front(self) -> PostfixInstance:
        made = super()._front()
        return replace(
            made, master_cf=made.master_cf.replace("127.0.0.1:25 inet", f"{self.address}:25 inet", 1)
        )


@contextlib.contextmanager
def balancer(directory: Path, ca_file: Path, certificate: Certificate) -> Iterator[None]:
    """HAProxy before nodes 1 and 2, as docs/scaling.md has it, with our addresses and certificates; besides, a port
    that leads to each alone."""
    both = directory / "haproxy.pem"
    both.write_bytes(certificate.cert.read_bytes() + certificate.key.read_bytes())
    text = _DOCUMENT.read_text("utf-8").partition("```haproxy\n")[2].partition("```")[0]
    ours = {
        "bind :443": "bind 127.0.0.1:443",
        "/etc/haproxy/sikker.pem": str(both),
        "/etc/ssl/certs/ca-certificates.crt": str(ca_file),
        "sikker.x.dk": PORTAL,
        "192.0.2.1": "127.0.1.",
        "inter 2s": "inter 1s",
        # A busy machine is not a dead node: without this a check fails that takes longer than the next is away.
        "timeout connect 5s": "timeout connect 5s\n  timeout check 20s",
    }
    for theirs, here in ours.items():
        assert theirs in text, theirs
        text = text.replace(theirs, here)
    tls = f"ssl verify required ca-file {ca_file} verifyhost {PORTAL} sni str({PORTAL})"
    for number in (1, 2):
        text += f"listen only{number}\n  bind 127.0.0.1:{8440 + number} ssl crt {both}\n"
        text += f"  server node{number} 127.0.1.{number}:8443 {tls}\n"
    file = directory / "haproxy.cfg"
    file.write_text(text)
    program = shutil.which("haproxy", path="/usr/sbin:/usr/bin")
    assert program is not None, "scripts/setup installs haproxy"
    with (directory / "haproxy.log").open("wb") as log:
        command = ends_with_us(program, "-db", "-f", str(file))
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        wait_for_port("127.0.0.1", 443)
        yield
    finally:
        end(process)


def _master(instance: PostfixInstance) -> int:
    return int((instance.directory / "spool/pid/master.pid").read_text())


def _trees(roots: list[int]) -> list[int]:
    """*roots* and all that came from them, the roots first."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError, ValueError, IndexError):
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(int(entry.name))
    found = list(roots)
    for pid in found:
        found += children.get(pid, [])
    return found
