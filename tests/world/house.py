"""One organisation with Segl in it: front and secure Postfix, milter, map, deliver, and its mail store.

    house = House(directory, ca_file=…)
    house.start()
    house.submit(message, "anna@nordby-vand.example", ["bo@kommune.example"])

Addresses are fixed, because the whole lives in a network namespace of its own:

====================  ====================================================
127.0.0.1:25          the front, where users hand in mail
127.0.0.1:10026       the secure instance
127.0.0.1:10027       the front's return port
127.0.0.1:10028       the front's port for what Segl writes to own people; 10029: its entrance to the secure instance
127.0.0.10:25         the organisation's mail store (a peer that records)
127.0.0.53:53         DNS
====================  ====================================================
"""

from __future__ import annotations

import contextlib
import json
import secrets
import smtplib
import socket
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

from segl.postfix.conf import (
    OWN,
    REPORT_OPTIONS,
    REPORTERS,
    Site,
    canary_map,
    render,
    render_front_master,
    render_own,
    render_secure_master,
    render_strip,
    render_verdict,
)
from segl.postfix.edit import set_options
from segl.postfix.house_tables import house_tables
from segl.postfix.running import read_instance
from segl.receipts.key import KEY_BYTES
from segl.settings.document import Settings
from segl.settings.file import load_settings
from world.postfix import (
    BASE_SERVICES,
    PostfixInstance,
    base_main_cf,
    wait_for_port,
    wait_until,
    with_parameters,
)
from world.process import Daemon

DOMAIN = "nordby-vand.example"
HOSTNAME = f"mail.{DOMAIN}"
MAIL_STORE = "127.0.0.10"

_SETTINGS = """\
[organisation]
name = "Nordby Vandværk"
domains = ["{domain}"]
forwarded = {forwarded}
copies_to = {copies_to}

[milter]
socket = "{run}/milter.sock"
socket_mode = "0666"
workers = 2
drain_seconds = 5

[routing]
socket = "{run}/map.sock"
socket_mode = "0666"
tls_ca_file = "{ca_file}"

[delivery]
tunnel_socket = "{run}/tunnel.sock"
certificate_socket = "{run}/certificate.sock"
portal_socket = "{run}/portal.sock"
inbound_socket = "{run}/inbound.sock"
receipt_socket = "{run}/receipt.sock"
socket_mode = "0666"
certificates = "{tunnel}"
keys = "{keys}"
tunnel_lists = "{lists}"

[portal]
url = "https://sikker.{domain}"
sealed = "{state}/sealed"

[receipts]
key = "{state}/receipts.key"
{receipts}

[store]
url = "sqlite:///{state}/segl.db"

[postfix]
front = "{front}"
secure = "{secure}"
return_milters = {return_milters}
"""


_PORTS = (10026, 10027, 10028, 25)


def _is_taken(port: int) -> bool:
    with socket.socket() as sock:
        sock.settimeout(1)
        return sock.connect_ex(("127.0.0.1", port)) == 0


@dataclass
class House:
    """The organisation. ``settings`` is TOML added to the settings file (whole tables only)."""

    directory: Path
    ca_file: Path
    settings_text: str = ""
    mode: str = "detect"
    model: bool = False  # words decide alone: to load the model takes longer than to start all the rest
    return_milters: tuple[str, ...] = ()
    receipts: str = ""
    forwarded: tuple[str, ...] = ()  # own addresses that lead outside
    copies_to: tuple[str, ...] = ()  # addresses outside that get copies of what own people write
    more_domains: tuple[str, ...] = ()  # that its Postfix takes mail for, into the same mail store
    front: PostfixInstance = field(init=False)
    secure: PostfixInstance = field(init=False)
    milter: Daemon = field(init=False)
    map: Daemon = field(init=False)
    deliver: Daemon = field(init=False)

    def __post_init__(self) -> None:
        self.run = self.directory / "run"
        self.state = self.directory / "state"
        self.tunnel = self.directory / "tunnel.d"
        self.settings_file = self.directory / "segl.toml"
        self.keys, self.lists = self.directory / "keys", self.directory / "lists"
        for folder in (self.run, self.state, self.tunnel):
            folder.mkdir(parents=True, exist_ok=True)
        self.keys.mkdir(mode=0o700, exist_ok=True)
        key = self.state / "receipts.key"
        if not key.exists():
            key.touch(0o600)
            key.write_bytes(secrets.token_bytes(KEY_BYTES))
        self.write_settings()
        self.front = self._front()
        self.secure = self._secure()
        arguments = ("--settings", str(self.settings_file))
        self.milter = Daemon("segl-milter", *arguments, directory=self.directory)
        self.map = Daemon("segl-map", *arguments, directory=self.directory)
        self.deliver = Daemon("segl-deliver", *arguments, directory=self.directory)

    @property
    def settings(self) -> Settings:
        return load_settings(self.settings_file)

    @property
    def daemons(self) -> tuple[Daemon, ...]:
        return (self.map, self.deliver, self.milter)

    def write_settings(self, extra: str | None = None) -> None:
        """Write the settings file anew, with *extra* tables instead of those given at first."""
        base = _SETTINGS.format(
            domain=DOMAIN,
            run=self.run,
            state=self.state,
            tunnel=self.tunnel,
            keys=self.keys,
            ca_file=self.ca_file,
            front=self.directory / "front/etc",
            secure=self.directory / "secure/etc",
            return_milters=json.dumps(self.return_milters),
            lists=self.lists,
            receipts=self.receipts,
            forwarded=json.dumps(self.forwarded),
            copies_to=json.dumps(self.copies_to),
        )
        tables = self.settings_text if extra is None else extra
        detection = f'[detection]\nmode = "{self.mode}"\nmodel = {str(self.model).lower()}\n'
        self.settings_file.write_text(f"{base}\n{detection}\n{tables}\n", "utf-8")

    def start(self) -> None:
        """Start everything at once; returns when all of it runs.

        Its ports must be free: where another house stands, this one's Postfix could not have them, and whoever
        submits would speak with the other. One that is being taken down is waited for.
        """
        wait_until(
            lambda: not any(map(_is_taken, _PORTS)), 30, lambda: f"another house stands here: {_PORTS}"
        )
        with ThreadPoolExecutor() as pool:
            starts = [pool.submit(daemon.start) for daemon in self.daemons]
            starts += [pool.submit(instance.start) for instance in (self.secure, self.front)]
        for start in starts:
            start.result()
        for port in _PORTS:
            wait_for_port("127.0.0.1", port)

    def ask_tables(self) -> None:
        """Give the return port the tables that the front's written configuration has, as `segl install` does."""
        now, tables = self._site(), house_tables(read_instance(self.front.config))
        wanted = render_front_master(replace(now, house_tables=tables))
        self.front.master_cf = self.front.master_cf.replace(render_front_master(now), wanted)

    def stop(self) -> None:
        """Stop everything at once. What does not stop in time is killed."""
        with ThreadPoolExecutor() as pool:
            for instance in (self.front, self.secure):
                pool.submit(instance.stop)
            for daemon in self.daemons:
                pool.submit(daemon.stop)

    def submit(
        self, message: bytes, sender: str, recipients: Sequence[str], *, options: Sequence[str] = ()
    ) -> None:
        """Hand a message to the front as a mail program does. Raises smtplib's exceptions."""
        with self.session() as smtp:
            smtp.sendmail(sender, list(recipients), message, mail_options=list(options))

    @contextlib.contextmanager
    def session(self, timeout: float = 60) -> Iterator[smtplib.SMTP]:
        smtp = smtplib.SMTP("127.0.0.1", 25, local_hostname="desk.example", timeout=timeout)
        try:
            yield smtp
        finally:
            with contextlib.suppress(smtplib.SMTPException, OSError):
                smtp.quit()

    @property
    def queued(self) -> int:
        """Messages waiting in either instance."""
        return self.front.queued + self.secure.queued

    @property
    def log(self) -> str:
        """All logs of the house, for a test that fails and for the one that looks for leaks."""
        parts = [(d.name, d.log) for d in self.daemons]
        parts += [("front", self.front.log), ("secure", self.secure.log)]
        return "\n".join(f"── {name}\n{text}" for name, text in parts)

    def _site(self) -> Site:
        return replace(
            Site.of(self.settings, HOSTNAME),
            secure_queue=self.directory / "secure/spool",
            secure_data=self.directory / "secure/data",
            milter_socket=str(self.run / "milter.sock"),
        )

    def _front(self) -> PostfixInstance:
        site = self._site()
        directory = self.directory / "front"
        domains = (DOMAIN, *self.more_domains)
        stores = ", ".join(f"{{ {domain} = smtp:[{MAIL_STORE}]:25 }}" for domain in domains)
        main_cf = (
            base_main_cf(directory, HOSTNAME)
            + f"""
relay_domains = {", ".join(domains)}
transport_maps = {canary_map(site)}, inline:{{ {stores} }}
smtp_tls_security_level = may
smtp_tls_CAfile = {self.ca_file}
smtp_tls_loglevel = 1
message_size_limit = 120000000
minimal_backoff_time = 2s
maximal_backoff_time = 5s
queue_run_delay = 2s
"""
            + render("front.main.cf", site)
        )
        services = set_options(BASE_SERVICES, REPORTERS, REPORT_OPTIONS)
        master_cf = "127.0.0.1:25 inet n - n - - smtpd\n" + services + render_front_master(site)
        files = {
            "segl-verdict": render_verdict(site),
            "segl-strip": render_strip(site),
            OWN: render_own(self.settings),
        }
        return PostfixInstance(directory, main_cf, master_cf, files)

    def _secure(self) -> PostfixInstance:
        directory = self.directory / "secure"
        # a log file of its own and quick retries; nothing else differs from what is shipped
        main_cf = with_parameters(
            render("secure.main.cf", self._site()),
            maillog_file=f"{directory}/mail.log",
            maillog_file_prefixes=str(directory),
            inet_protocols="ipv4",
            minimal_backoff_time="2s",
            maximal_backoff_time="5s",
            queue_run_delay="2s",
            in_flow_delay="0",
        )
        return PostfixInstance(directory, main_cf, render_secure_master(self._site()))
