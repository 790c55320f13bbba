"""A Postfix configuration in directories of its own, before and after `segl install`; nothing runs.

site = Installation(tmp_path)
site.install()
site.front("-e", "content_filter=")     # postconf's own options
site.checks()                           # what the doctor says of the configuration
"""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from segl.postfix.check import Check, Setup
from segl.postfix.check_demands import demand_checks
from segl.postfix.check_front import front_checks
from segl.postfix.check_secure import secure_checks
from segl.postfix.check_tables import table_checks
from segl.postfix.plan import Plan, make_plan
from segl.postfix.running import Instance, read_instance
from segl.settings.document import Settings
from segl.settings.file import parse_settings

_STOCK = Path("/usr/share/postfix/main.cf.debian")
_STOCK_SERVICES = Path("/etc/postfix/master.cf.proto")

# Debian's own, for systems where Postfix comes from elsewhere.
_MAIN = """\
# See /usr/share/postfix/main.cf.dist for a commented, more complete version
compatibility_level = 3.6
smtpd_banner = $myhostname ESMTP $mail_name (Debian)
mynetworks = 127.0.0.0/8
"""
_MASTER = """\
# service type private unpriv chroot wakeup maxproc command
smtp      inet  n       -       y       -       -       smtpd
#submission inet n       -       y       -       -       smtpd
#  -o syslog_name=postfix/submission
pickup    unix  n       -       y       60      1       pickup
cleanup   unix  n       -       y       -       0       cleanup
qmgr      unix  n       -       n       300     1       qmgr
rewrite   unix  -       -       y       -       -       trivial-rewrite
smtp      unix  -       -       y       -       -       smtp
local     unix  -       n       n       -       -       local
"""


@dataclass
class Installation:
    """One organisation's configuration. ``tables`` are settings tables that differ from the usual ones."""

    directory: Path
    tables: dict[str, dict[str, object]] = field(default_factory=dict)
    _known: dict[Path, tuple[bytes, Instance]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.front_directory = self.directory / "front"
        self.secure_directory = self.directory / "secure"
        self.queue = self.directory / "spool"
        for folder in (self.front_directory, self.queue):
            folder.mkdir(parents=True)
        main = _STOCK.read_text("utf-8") if _STOCK.exists() else _MAIN
        (self.front_directory / "main.cf").write_text(
            f"{main}\n"
            "myhostname = mail.nordby.example\n"
            f"queue_directory = {self.queue}\n"
            f"data_directory = {self.directory}/data\n"
            "alias_maps =\n"
            "alias_database =\n"
            "smtp_tls_security_level = may\n",
            "utf-8",
        )
        self.front(
            "-e", "mydestination=$myhostname, nordby.example, localhost", "alias_maps=", "alias_database="
        )
        master = self.front_directory / "master.cf"
        if _STOCK_SERVICES.exists():
            shutil.copy(_STOCK_SERVICES, master)
        else:
            master.write_text(_MASTER, "utf-8")

    @property
    def settings(self) -> Settings:
        return parse_settings(self.raw)

    @property
    def raw(self) -> dict[str, dict[str, object]]:
        """The settings as they stand in the file."""
        usual: dict[str, dict[str, object]] = {
            "organisation": {"name": "Nordby Vandværk", "domains": ["nordby.example"]},
            "milter": {"socket": f"{self.queue}/segl/milter.sock"},
            "portal": {"url": "https://sikker.nordby.example"},
            "postfix": {
                "front": str(self.front_directory),
                "secure": str(self.secure_directory),
                "secure_queue": f"{self.directory}/secure-spool",
                "secure_data": f"{self.directory}/secure-data",
            },
        }
        return {name: {**usual.get(name, {}), **self.tables.get(name, {})} for name in {*usual, *self.tables}}

    @property
    def plan(self) -> Plan:
        self.settle()
        return make_plan(self.settings)

    def install(self) -> None:
        """Write what `segl install` would, without Postfix's own check, which needs root."""
        plan = self.plan
        assert not plan.refusals, plan.refusals
        self.secure_directory.mkdir(exist_ok=True)
        for change in plan.changes:
            change.path.write_bytes(change.after)
        for new in plan.directories:
            new.path.mkdir(exist_ok=True)

    def front(self, *options: str) -> None:
        self._postconf(self.front_directory, *options)

    def secure(self, *options: str) -> None:
        self._postconf(self.secure_directory, *options)

    def append(self, name: str, text: str) -> None:
        """Add *text* to a file of the front: ``main.cf``, ``master.cf``, a table."""
        file = self.front_directory / name
        before = file.read_text("utf-8") if file.exists() else ""
        file.write_text(before + text, "utf-8")

    def read(self, name: str) -> str:
        return (self.front_directory / name).read_text("utf-8")

    @property
    def setup(self) -> Setup:
        return Setup(
            self.settings, self._instance(self.front_directory), self._instance(self.secure_directory)
        )

    def checks(self, prefix: str = "") -> list[Check]:
        """What the doctor says of the configuration; only the groups that have ids with *prefix*."""
        setup = self.setup
        groups = {
            "front": (front_checks, secure_checks, demand_checks, table_checks),
            "secure": (secure_checks, demand_checks),
        }
        chosen = groups.get(prefix.partition(".")[0], groups["front"])
        return [check for checks in chosen for check in checks(setup)]

    def _instance(self, directory: Path) -> Instance:
        """Read once for the same text."""
        text = b"".join((directory / name).read_bytes() for name in ("main.cf", "master.cf"))
        known = self._known.get(directory)
        self.settle()
        if known is None or known[0] != text:
            known = self._known[directory] = (text, read_instance(directory))
        return known[1]

    def _postconf(self, directory: Path, *options: str) -> None:
        command = ["postconf", "-c", str(directory), *options]
        self.settle()
        subprocess.run(command, check=True, capture_output=True, env={"PATH": "/usr/sbin:/usr/bin:/bin"})

    def settle(self) -> None:
        """Postfix waits up to two seconds before it reads a file that was changed just now; look older."""
        for file in (*self.directory.glob("*/*.cf"), *self.directory.glob("*/segl-*")):
            os.utime(file, (0, 0))
