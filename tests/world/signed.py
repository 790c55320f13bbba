"""A signed DNS for tests: zones with keys and signatures from the root down, and resolvers over them.

    tree = SignedTree(directory, [
        SignedZone("kommune.example", {"kommune.example": [MX(10, "mx.kommune.example")], …}),
        SignedZone("gap.example", {…}, denial=Denies.NSEC3),
        SignedZone("gammel.example", {…}, flaw=Flaw.EXPIRED),
    ])
    with SignedDns(directory, tree, port=5353) as validating, SignedDns(…, validates=False) as plain: …

``dnssec-signzone`` signs; unbound holds the zones and validates them by a trust anchor of ours
(``tree.anchors``). The root and ``example`` are made around what is given. With ``validates=False`` the same
unbound passes signatures on and judges nothing, as a plain forwarder does.
"""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from world.dns import SERIAL, TTL, DnsServer, Fault, Record

ROOT, TLD = ".", "example"


class Denies(Enum):
    """How a zone proves what is not there; the words are dnssec-signzone's."""

    NSEC = ()
    NSEC3 = ("-3", "abcd", "-H", "0")
    OPT_OUT = ("-3", "-", "-H", "0", "-A")


class Flaw(Enum):
    """What is wrong with a zone."""

    UNSIGNED = "its parent knows no keys of it"
    EXPIRED = "its signatures ended yesterday"
    WRONG_KEY = "its parent names another key"
    TAMPERED = "its addresses were changed after they were signed"
    MUTE = "its parent names keys, and its servers do not answer"


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

    def is_below(self, other: SignedZone) -> bool:
        return other.name == ROOT != self.name or self.name.endswith("." + other.name)


class SignedTree:
    """Zones and the delegations between them, signed once, as files in *directory*."""

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
        text = [_HEAD.format(apex=apex, ttl=TTL)]
        text += [f"{name}. IN {record}\n" for name, records in zone.records.items() for record in records]
        for child in self.zones:
            if child.is_below(zone) and not any(
                child.is_below(between) and between.is_below(zone) for between in self.zones
            ):
                text.append(f"{child.name}. IN NS ns.dns.invalid.\n{keys.get(child.name, '')}")
        plain.write_text("".join(text), "utf-8")
        if zone.flaw is Flaw.UNSIGNED:
            plain.rename(self.file(zone))
            return
        dates = ("-s", "now-5d", "-e", "now-1d") if zone.flaw is Flaw.EXPIRED else ()
        _run(
            "dnssec-signzone", "-q", "-S", "-z", "-P", "-K", self._keys, "-d", self.directory, "-o", apex,
            "-f", self.file(zone), *dates, *zone.denial.value, plain,
        )  # fmt: skip
        if zone.flaw is Flaw.TAMPERED:
            signed = self.file(zone).read_text("utf-8")
            self.file(zone).write_text(signed.replace("127.0.0.", "127.9.9."), "utf-8")


class SignedDns(DnsServer):
    """One unbound over a tree. *faults* are names whose servers fail, besides the tree's own flaws."""

    def __init__(
        self,
        directory: Path,
        tree: SignedTree,
        *,
        address: str = "127.0.0.53",
        port: int = 53,
        validates: bool = True,
        faults: Mapping[str, Fault] | None = None,
    ) -> None:
        super().__init__(directory, dict(faults or {}), address=address, port=port)
        self.tree = tree
        self.validates = validates

    def _write(self, serial: int) -> Path:
        mute = [zone.name for zone in self.tree.zones if zone.flaw is Flaw.MUTE]
        mute += [name for name, fault in self.zone.items() if fault is Fault.SERVFAIL]
        text = [
            _CONFIG.format(
                address=self.address,
                port=self.port,
                directory=self.directory,
                modules="validator iterator" if self.validates else "iterator",
                anchors=f'trust-anchor-file: "{self.tree.anchors}"' if self.validates else "",
                serial_name=SERIAL,
                serial=serial,
            )
        ]
        text += [
            f'  local-zone: "{name}" always_deny\n'
            for name, fault in self.zone.items()
            if fault is Fault.SILENT
        ]
        text += [f'stub-zone:\n  name: "{name}"\n  stub-addr: 127.0.0.1@9\n' for name in mute]
        text += [
            _AUTH_ZONE.format(name=zone.name, file=self.tree.file(zone))
            for zone in self.tree.zones
            if zone.name not in mute
        ]
        config = self.directory / "unbound.conf"
        config.write_text("".join(text), "utf-8")
        return config


def _run(program: str, *arguments: str | Path) -> str:
    done = subprocess.run([program, *map(str, arguments)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{program} (apt-get install bind9-utils): {done.stderr[-2000:]}"
    return done.stdout


_HEAD = """\
$TTL {ttl}
{apex} IN SOA ns.dns.invalid. hostmaster.dns.invalid. 1 3600 600 86400 {ttl}
{apex} IN NS ns.dns.invalid.
"""
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
  module-config: "{modules}"
  {anchors}
  ede: yes
  val-log-level: 2
  do-not-query-localhost: no
  outbound-msg-retry: 1
  msg-cache-size: 1m
  rrset-cache-size: 1m
  local-zone: "invalid" transparent
  local-data: '{serial_name}. 0 IN TXT "{serial}"'
"""
_AUTH_ZONE = """\
auth-zone:
  name: "{name}"
  zonefile: "{file}"
  for-downstream: no
  for-upstream: yes
"""
