"""A DNS server for tests: a real unbound that knows the names it is given, and no others.

    zone: Zone = {
        "kommune.example": [MX(10, "mx1.kommune.example"), MX(20, "mx2.kommune.example")],
        "mx1.kommune.example": [A("127.0.0.20")],
        "mx2.kommune.example": [A("127.0.0.21")],
        "nomail.example": [NULL_MX],
        "ill.example": Fault.SERVFAIL,
        "mute.example": Fault.SILENT,
    }
    with DnsServer(directory, zone, address="127.0.0.1", port=5353): …

A name that is not in the zone does not exist (NXDOMAIN, with certainty); a name that is there without the
type asked for has no such data. Answers are not signed.
"""

from __future__ import annotations

import itertools
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Self

import dns.exception
import dns.message
import dns.query
import dns.rdatatype

from world import needs
from world.process import end, ends_with_us

TTL = 60


@dataclass(frozen=True, slots=True)
class MX:
    """A mail exchanger (RFC 5321 §5)."""

    preference: int
    host: str

    def __str__(self) -> str:
        return f"MX {self.preference} {self.host.rstrip('.')}."


@dataclass(frozen=True, slots=True)
class A:
    address: str

    def __str__(self) -> str:
        return f"A {self.address}"


@dataclass(frozen=True, slots=True)
class AAAA:
    address: str

    def __str__(self) -> str:
        return f"AAAA {self.address}"


@dataclass(frozen=True, slots=True)
class CNAME:
    target: str

    def __str__(self) -> str:
        return f"CNAME {self.target.rstrip('.')}."


@dataclass(frozen=True, slots=True)
class TLSA:
    """What a certificate of this host is (RFC 6698); *data* in hexadecimal."""

    usage: int
    selector: int
    matching: int
    data: str

    def __str__(self) -> str:
        return f"TLSA {self.usage} {self.selector} {self.matching} {self.data}"


@dataclass(frozen=True, slots=True)
class TXT:
    text: str

    def __str__(self) -> str:
        return f'TXT "{self.text}"'


class Fault(Enum):
    """What is wrong with the servers of a name and of everything below it."""

    SERVFAIL = "servfail"
    SILENT = "silent"  # no answer ever comes


Record = MX | A | AAAA | CNAME | TLSA | TXT
Zone = Mapping[str, Sequence[Record] | Fault]

NULL_MX = MX(0, ".")  # RFC 7505: this domain takes no mail

_CONFIG = """\
server:
  interface: {address}@{port}
  access-control: 0.0.0.0/0 allow
  do-ip6: no
  directory: "{directory}"
  chroot: ""
  username: ""
  pidfile: ""
  logfile: "{directory}/unbound.log"
  use-syslog: no
  do-daemonize: no
  num-threads: 1
  module-config: "iterator"
  do-not-query-localhost: no
  outbound-msg-retry: 1
  msg-cache-size: 1m
  rrset-cache-size: 1m
  local-zone: "invalid" transparent
auth-zone:
  name: "."
  zonefile: "{directory}/zone"
  for-downstream: no
  for-upstream: yes
"""
# Its server is the discard port of this machine, which refuses a connection at once; by UDP it would be waited for.
_REFUSES = """\
stub-zone:
  name: "{name}"
  stub-addr: 127.0.0.1@9
  stub-tcp-upstream: yes
"""
_ZONE_HEAD = """\
$TTL {ttl}
. IN SOA ns.dns.invalid. hostmaster.dns.invalid. {serial} 3600 600 86400 {ttl}
. IN NS ns.dns.invalid.
serial.dns.invalid. IN TXT "{serial}"
"""
SERIAL = "serial.dns.invalid"
_numbers = itertools.count(1)


class DnsServer:
    """One unbound. Its own files live in *directory*; it listens on UDP and TCP."""

    def __init__(self, directory: Path, zone: Zone, *, address: str = "127.0.0.53", port: int = 53) -> None:
        self.directory = directory
        self.zone = zone
        self.address = address
        self.port = port
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def nameserver(self) -> str:
        """As the setting ``routing.nameservers`` wants it."""
        return f"{self.address}:{self.port}"

    def start(self) -> None:
        """Start; returns when it answers from this zone."""
        program = needs.program("unbound")
        self.directory.mkdir(parents=True, exist_ok=True)
        serial = next(_numbers)
        config = self._write(serial)
        self._process = self._launch(program, config)
        self._wait_for(serial)

    def stop(self) -> None:
        if self._process is not None:
            end(self._process)
            self._process = None

    def change(self, zone: Zone) -> None:
        """Serve *zone* from now on, with nothing remembered of the old one."""
        self.zone = zone
        self.stop()
        self.start()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_reason: object) -> None:
        self.stop()

    def _launch(self, program: str, config: Path) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            ends_with_us(program, "-d", "-c", str(config)),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def _write(self, serial: int) -> Path:
        """The zone as a zone file for the root, and faults as unbound's own settings."""
        zone = [_ZONE_HEAD.format(ttl=TTL, serial=serial)]
        faults = []
        for name, records in self.zone.items():
            match records:
                case Fault.SILENT:
                    faults.append(f'server:\n  local-zone: "{name}" always_deny\n')
                case Fault.SERVFAIL:
                    faults.append(_REFUSES.format(name=name))
                case _:
                    zone += [f"{name}. IN {record}\n" for record in records]
        (self.directory / "zone").write_text("".join(zone), "utf-8")
        config = self.directory / "unbound.conf"
        head = _CONFIG.format(address=self.address, port=self.port, directory=self.directory)
        config.write_text(head + "".join(faults), "utf-8")
        return config

    def _wait_for(self, serial: int, seconds: float = 60) -> None:
        question = dns.message.make_query(SERIAL, dns.rdatatype.TXT)
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self._process is None or self._process.poll() is not None:
                break
            try:
                reply = dns.query.udp(question, self.address, port=self.port, timeout=0.2)
            except (OSError, dns.exception.DNSException):
                time.sleep(0.02)
                continue
            if any(f'"{serial}"' in rrset.to_text() for rrset in reply.answer):
                return
            time.sleep(0.02)
        log = self.directory / "unbound.log"
        self.stop()
        told = log.read_text("utf-8", "replace")[-2000:] if log.exists() else ""
        raise AssertionError(f"unbound does not answer on {self.nameserver}:\n{told}")
