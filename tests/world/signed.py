"""A signed DNS for tests: zones with keys and signatures from the root down, and resolvers over them.

    tree = SignedTree(directory, [
        SignedZone("kommune.example", {"kommune.example": [MX(10, "mx.kommune.example")], …}),
        SignedZone("gap.example", {…}, denial=Denies.NSEC3),
        SignedZone("gammel.example", {…}, flaw=Flaw.EXPIRED),
    ])
    with SignedDns(directory, tree, port=5353) as validating, SignedDns(…, validates=False) as plain: …

``dnssec-signzone`` signs, a name server for each level serves what is its own and refers to the next
(:mod:`world.name_servers`), and unbound finds its way from the root and validates by a trust anchor of ours
(``tree.anchors``). The root and ``example`` are made around what is given. With ``validates=False`` the same
unbound passes signatures on and judges nothing, as a plain forwarder does.
"""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from world import namespace, needs
from world.dns import SERIAL, TTL, DnsServer, Record
from world.name_servers import Server, end, inside
from world.process import ends_with_us

ROOT, TLD = ".", "example"


class Denies(Enum):
    """How a zone proves what is not there; the words are dnssec-signzone's."""

    NSEC = ""
    NSEC3 = "-3 abcd -H 0"
    OPT_OUT = "-3 - -H 0 -A"


class Flaw(Enum):
    """What is wrong with a zone."""

    UNSIGNED = "its parent knows no keys of it"
    EXPIRED = "its signatures ended yesterday"
    WRONG_KEY = "its parent names another key"
    TAMPERED = "its addresses were changed after they were signed"
    MUTE = "its parent names keys, and its servers cannot be reached"
    SILENT = "its servers never answer"
    LAME = "the server that its parent names knows nothing of it"
    SERVFAIL = "its server cannot load it"
    SLOW = "its server takes its time"


@dataclass(frozen=True, slots=True)
class SignedZone:
    """One zone; *records* by full name, as in :class:`world.dns.DnsServer`."""

    name: str
    records: Mapping[str, Sequence[Record]] = field(default_factory=dict)
    denial: Denies = Denies.NSEC
    flaw: Flaw | None = None

    @property
    def stem(self) -> str:
        return "root" if self.name == ROOT else self.name

    @property
    def server(self) -> Server:
        """Where its parent says it is served."""
        if self.flaw in _ELSEWHERE:
            return _ELSEWHERE[self.flaw]
        if self.name in (ROOT, TLD):
            return Server.ROOT if self.name == ROOT else Server.EXAMPLE
        return Server.CHILDREN if self.name.count(".") == 1 else Server.DEEPER

    def is_below(self, other: SignedZone) -> bool:
        return other.name == ROOT != self.name or self.name.endswith("." + other.name)


_ELSEWHERE = {Flaw.MUTE: Server.NOWHERE, Flaw.SILENT: Server.SILENT, Flaw.SLOW: Server.SLOW}


class SignedTree:
    """Zones and the delegations between them, signed once, as files in *directory*; those that are there stay."""

    def __init__(self, directory: Path, zones: Sequence[SignedZone]) -> None:
        self.directory = directory
        self.anchors = directory / "anchors"
        names = {zone.name for zone in zones}
        above = [SignedZone(name) for name in (ROOT, TLD) if name not in names]
        self.zones = tuple(
            sorted([*above, *zones], key=lambda z: 0 if z.name == ROOT else z.name.count(".") + 1)
        )
        self._keys = directory / "keys"
        self._keys.mkdir(parents=True, exist_ok=True)
        if not self.anchors.exists():
            self._sign()

    def file(self, zone: SignedZone) -> Path:
        return self.directory / f"{zone.stem}.signed"

    def _sign(self) -> None:
        """Keys first, because each parent tells of its children's; then all zones at once."""
        with ThreadPoolExecutor() as pool:
            keyed = [zone for zone in self.zones if zone.flaw is not Flaw.UNSIGNED]
            keys = dict(zip((zone.name for zone in keyed), pool.map(self._make_key, keyed), strict=True))
            list(pool.map(lambda zone: self._sign_zone(zone, keys), self.zones))
        self.anchors.write_text(keys[ROOT], "ascii")

    def _make_key(self, zone: SignedZone) -> str:
        """Makes the zone's one key; returns the DS record its parent shows."""
        stem = _run("dnssec-keygen", "-q", "-K", self._keys, "-a", "ECDSAP256SHA256", "-f", "KSK", zone.name)
        record = _run("dnssec-dsfromkey", "-2", self._keys / f"{stem.strip()}.key").strip()
        if zone.flaw is Flaw.WRONG_KEY:
            digest = record.split()[-1]
            record = record.replace(digest, digest[:-4] + ("0000" if digest[-4:] != "0000" else "1111"))
        return record + "\n"

    def _sign_zone(self, zone: SignedZone, keys: Mapping[str, str]) -> None:
        plain = self.directory / f"{zone.stem}.zone"
        apex = zone.name if zone.name == ROOT else f"{zone.name}."
        text = [_HEAD.format(apex=apex, ttl=TTL, server=zone.server.host)]
        text += [f"{server.host}. IN A {server.value}\n" for server in Server if zone.name in (ROOT, TLD)]
        text += [f"{name}. IN {record}\n" for name, records in zone.records.items() for record in records]
        for child in self.zones:
            if child.is_below(zone) and not any(
                child.is_below(between) and between.is_below(zone) for between in self.zones
            ):
                text.append(f"{child.name}. IN NS {child.server.host}.\n{keys.get(child.name, '')}")
        plain.write_text("".join(text), "utf-8")
        if zone.flaw is Flaw.UNSIGNED:
            plain.rename(self.file(zone))
            return
        dates = ("-s", "now-5d", "-e", "now-1d") if zone.flaw is Flaw.EXPIRED else ()
        _run(
            "dnssec-signzone", "-q", "-S", "-z", "-P", "-K", self._keys, "-d", self.directory, "-o", apex,
            "-f", self.file(zone), *dates, *zone.denial.value.split(), plain,
        )  # fmt: skip
        if zone.flaw is Flaw.TAMPERED:
            signed = self.file(zone).read_text("utf-8")
            self.file(zone).write_text(signed.replace("127.0.0.", "127.9.9."), "utf-8")


class SignedDns(DnsServer):
    """One unbound over a tree, with name servers of its own for it."""

    def __init__(
        self,
        directory: Path,
        tree: SignedTree,
        *,
        address: str = "127.0.0.53",
        port: int = 53,
        validates: bool = True,
    ) -> None:
        super().__init__(directory, {}, address=address, port=port)
        self.tree = tree
        self.validates = validates

    def become_the_hosts(self, directory: Path) -> AbstractContextManager[None]:
        """Inside, ``/etc/resolv.conf`` of this mount namespace names this resolver; the file lies in *directory*."""
        return namespace.resolv_conf(f"nameserver {self.address}\noptions timeout:2 attempts:2\n", directory)

    def _write(self, serial: int) -> Path:
        (self.directory / "hints").write_text(_HINTS.format(server=Server.ROOT), "ascii")
        config = self.directory / "unbound.conf"
        config.write_text(
            _CONFIG.format(
                address=self.address,
                port=self.port,
                directory=self.directory,
                modules="validator iterator" if self.validates else "iterator",
                anchors=f'trust-anchor-file: "{self.tree.anchors}"' if self.validates else "",
                serial_name=SERIAL,
                serial=serial,
            ),
            "utf-8",
        )
        return config

    def _launch(self, program: str, config: Path) -> subprocess.Popen[bytes]:
        """In a network of its own, together with the name servers; only its door is in ours."""
        with (
            socket.socket(type=socket.SOCK_DGRAM) as udp,
            socket.socket() as tcp,
            (self.directory / "servers.log").open("wb") as log,
        ):
            tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            for door in (udp, tcp):
                door.bind((self.address, self.port))
            tcp.listen(64)
            resolver = [program, "-d", "-c", str(config)]
            return subprocess.Popen(
                ends_with_us(*inside(self.directory, self._served(), resolver, (udp, tcp))),
                stdout=log,
                stderr=log,
                pass_fds=(udp.fileno(), tcp.fileno()),
            )

    def _served(self) -> dict[Server, dict[str, Path]]:
        real = (Server.ROOT, Server.EXAMPLE, Server.CHILDREN, Server.DEEPER)
        served: dict[Server, dict[str, Path]] = {server: {} for server in real}
        for zone in self.tree.zones:
            server = Server.CHILDREN if zone.server is Server.SLOW else zone.server
            if server in served and zone.flaw is not Flaw.LAME:
                missing = zone.flaw is Flaw.SERVFAIL
                served[server][zone.name] = self.directory / "none" if missing else self.tree.file(zone)
        return served

    def stop(self) -> None:
        if self._process is not None:
            end(self._process)
            self._process = None


def _run(program: str, *arguments: str | Path) -> str:
    needs.program(program)
    done = subprocess.run([program, *map(str, arguments)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{program}: {done.stderr[-2000:]}"
    return done.stdout


_HEAD = """\
$TTL {ttl}
{apex} IN SOA ns.dns.invalid. hostmaster.dns.invalid. 1 3600 600 86400 {ttl}
{apex} IN NS {server}.
"""
_CONFIG = """\
server:
  interface: {address}@{port}
  use-systemd: yes
  root-hints: "{directory}/hints"
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
  module-config: "{modules}"
  {anchors}
  ede: yes
  val-log-level: 2
  do-not-query-localhost: no
  msg-cache-size: 1m
  rrset-cache-size: 1m
  local-zone: "invalid" transparent
  local-data: '{serial_name}. 0 IN TXT "{serial}"'
"""
_HINTS = """\
. 3600 IN NS {server.host}.
{server.host}. 3600 IN A {server.value}
"""
