"""A running ``segl-map`` with settings, store and sockets of its own, asked as Postfix asks it."""

from __future__ import annotations

import json
import re
import signal
import sqlite3
import subprocess
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from world.dns import DnsServer
from world.outside import Outside
from world.postfix import base_main_cf, wait_until
from world.process import Daemon

SETTINGS = """\
[organisation]
name = "Nordby Vandværk"
domains = ["nordby-vand.example"]

[routing]
socket = "{directory}/map.sock"
socket_mode = "0600"
nameservers = ["{nameserver}"]
smtp_port = {port}
tls_ca_file = "{ca_file}"
answer_seconds = 1.0
probe_seconds = 1.0
{routing}

[delivery]
tunnel_socket = "/run/segl/tunnel.sock"
portal_socket = "/run/segl/portal.sock"
certificates = "{directory}/tunnel.d"
tunnel_lists = "{directory}/lists"

[store]
url = "sqlite:///{directory}/segl.db"

[log]
level = "debug"

{more}
"""


@dataclass
class MapProcess:
    """The process, its settings file, and Postfix's client to ask it."""

    directory: Path
    outside: Outside
    dns: DnsServer

    def __post_init__(self) -> None:
        (self.directory / "tunnel.d").mkdir()
        (self.directory / "main.cf").write_text(base_main_cf(self.directory, "mail.nordby-vand.example"))
        self.file = self.directory / "segl.toml"
        self.socket = self.directory / "map.sock"
        self.daemon = Daemon("segl-map", "--settings", str(self.file), directory=self.directory)
        self.write()

    def write(self, more: str = "", routing: str = "", ca_file: Path | None = None) -> None:
        text = SETTINGS.format(
            directory=self.directory,
            nameserver=self.dns.nameserver,
            port=self.outside.port,
            ca_file=ca_file or self.outside.ca.file,
            routing=routing,
            more=more,
        )
        self.file.write_text(text, "utf-8")

    def ask(self, key: str, table: str = "transport") -> str:
        """What Postfix is told; ``""`` for NOTFOUND, ``TEMP …`` or ``PERM …`` as it stands in its log."""
        done = subprocess.run(
            ["postmap", "-c", str(self.directory), "-q", key, f"socketmap:unix:{self.socket}:{table}"],
            capture_output=True,
            text=True,
            timeout=30,
        )
        trouble = re.search(r"server (temporary|permanent) error: (.*)", done.stderr)
        if trouble:
            return f"{trouble[1][:4].upper()} {trouble[2]}"
        assert not done.stderr, done.stderr
        return done.stdout.strip()

    def aged(self, domain: str, seconds: float) -> bool:
        """Make what is stored of *domain* older; whether something is."""
        with closing(sqlite3.connect(self.directory / "segl.db")) as store, store:
            row = store.execute(
                "SELECT evidence FROM domain_knowledge WHERE domain = ?", (domain,)
            ).fetchone()
            if row is None:
                return False
            evidence = [
                {
                    key: value - seconds if key in ("checked_at", "ends", "unknown_since") else value
                    for key, value in proof.items()
                }
                for proof in json.loads(row[0])
            ]
            store.execute(
                "UPDATE domain_knowledge SET checked_at = checked_at - :s, expires_at = expires_at - :s, "
                "evidence = :e WHERE domain = :d",
                {"s": seconds, "d": domain, "e": json.dumps(evidence)},
            )
        return True

    def reload(self) -> dict[str, Any]:
        """Gives what it said of it."""
        before = len(self._reloads())
        self.daemon.signal(signal.SIGHUP)
        wait_until(lambda: len(self._reloads()) > before, 30, lambda: self.daemon.log)
        return self._reloads()[before]

    def _reloads(self) -> list[dict[str, Any]]:
        return [told for told in self.daemon.events if told["event"].startswith("reload")]
