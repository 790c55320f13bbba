"""``[delivery]`` and ``[postfix]``: the process ``segl-deliver``, and where the two instances of Postfix meet.

Part of :mod:`segl.settings.document`; the comments are the manual here as there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from pydantic import ConfigDict

from segl.demand_tag import entrances
from segl.places import CONFIG
from segl.settings.gateway import Gateway
from segl.settings.values import (
    FORBID,
    RUN,
    TUNNEL_LISTS,
    Count,
    Domain,
    FileMode,
    FirstOfFive,
    FirstOfTwo,
    HostPort,
    MilterEndpoint,
    Seconds,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """``[delivery]``: the process ``segl-deliver``."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    # Where Postfix hands over what goes by tunnel.
    tunnel_socket: Path = RUN / "tunnel.sock"
    # What goes to a recipient's own certificate.
    certificate_socket: Path = RUN / "certificate.sock"
    # What is sealed.
    portal_socket: Path = RUN / "portal.sock"
    # What came in encrypted or signed.
    inbound_socket: Path = RUN / "inbound.sock"
    # Postfix's delivery reports.
    receipt_socket: Path = RUN / "receipt.sock"
    # Who may connect: Postfix's user must be in the group that owns the sockets.
    socket_mode: FileMode = "0660"
    # `<domain>.pem`: the tunnel certificates of partners, one or several per file.
    certificates: Path = CONFIG / "tunnel.d"
    # Where `segl tunnel update` keeps what it accepted of each [[tunnel_list]].
    tunnel_lists: Path = TUNNEL_LISTS
    # Our own keys (`segl key`): what is encrypted to us is opened with them. NAME.key.pem, NAME.crt.pem, NAME.json.
    keys: Path = CONFIG / "keys"
    # The file with the passphrase of encrypted keys. Without a word here: the systemd credential "segl-keys", if any.
    keys_passphrase: Path | None = None
    # Own domain = the name of the key that signs for it; without a word the newest that is for that domain.
    sign_keys: Mapping[Domain, str] = field(default_factory=dict, hash=False)
    # The front's return port: takes what is safe now (ciphertext, notices, mail to own domains). Not set:
    # `postfix.return_port`, and nothing else is right where `segl install` writes Postfix's files.
    reinject: HostPort | None = None
    # How long it may take for one answer; for all of a message four times that, at most 240 seconds. The last answer is
    # waited for until then: when none comes the message is sent again, and arrives twice.
    reinject_seconds: Seconds = 60.0
    # The largest message that is taken.
    message_bytes: Count = 150 * 1024 * 1024
    # Mail in hand at one time, over all connections, and as much again to the portal; what is more waits. Memory is up
    # to nine times this, and three times for the portal.
    bytes_in_flight: Count = 64 * 1024 * 1024
    # At a stop: how long deliveries in hand may take.
    drain_seconds: Seconds = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Postfix:
    """``[postfix]``: where the two instances meet; ``segl install`` writes these into Postfix."""

    __pydantic_config__: ClassVar[ConfigDict] = FORBID
    # Configuration directory of the front: the Postfix that was there.
    front: Path = Path("/etc/postfix")
    # Configuration directory of the secure instance, which `segl install` makes.
    secure: Path = Path("/etc/postfix-segl")
    # Its queue: what waits for a secure way.
    secure_queue: Path = Path("/var/spool/postfix-segl")
    # Its data directory.
    secure_data: Path = Path("/var/lib/postfix-segl")
    # Where the front hands over to the secure instance; on loopback.
    secure_port: HostPort = "127.0.0.1:10026"
    # Messages that demand more than usual (`[[demand]]`) come in by an entrance for each least proof: five
    # ports one after the other, from this one on.
    demand_ports: FirstOfFive = "127.0.0.1:10031"
    # Where what is safe now comes back to the front; on loopback. segl-deliver and segl-portal hand on to it.
    return_port: HostPort = "127.0.0.1:10027"
    # Where what Segl itself writes to own people comes in, so that their aliases count: the first of two ports, one
    # after the other; the second is the secure instance's. Not set: the next two above `return_port` that no other
    # setting of this table names, which are 10028 and 10029.
    own_ports: FirstOfTwo | None = None
    # Milters of the return port, "unix:…" or "inet:host:port": what signs mail with DKIM belongs here, since a message
    # sent encrypted has another body than the one that came in. Never Segl's own.
    return_milters: tuple[MilterEndpoint, ...] = ()
    # When the front is a relay before another mail server.
    gateway: Gateway = field(default_factory=Gateway)

    @property
    def own_port(self) -> str:
        """The front's port (``host:port``) for what Segl itself writes to own people."""
        return self._own_pair[0]

    @property
    def own_entrance(self) -> str:
        """The secure instance's, where the front hands that over with its aliases followed."""
        return self._own_pair[1]

    @property
    def taken_ports(self) -> dict[str, str]:
        """The other ports of this table, each with the name of its setting."""
        demands = {f"{host}:{port}": "demand_ports" for _, host, port in entrances(self.demand_ports)}
        return {self.secure_port: "secure_port", self.return_port: "return_port", **demands}

    @property
    def _own_pair(self) -> tuple[str, str]:
        host, _, first = (self.own_ports or self.return_port).rpartition(":")
        if self.own_ports:
            return f"{host}:{first}", f"{host}:{int(first) + 1}"
        above = range(int(first) + 1, 65535)
        for port in (*above[:20], *range(10028, 10048)):  # the second where there is no room above
            pair = f"{host}:{port}", f"{host}:{port + 1}"
            if not self.taken_ports.keys() & set(pair):
                return pair
        raise AssertionError("seven ports cannot take twenty pairs")


def own_port_faults(postfix: Postfix) -> Iterator[tuple[str, str, str]]:
    """Key, fault and hint of each port that *postfix* gives away twice."""
    for port in (postfix.own_port, postfix.own_entrance):
        if name := postfix.taken_ports.get(port):
            problem = f"{port} is postfix.{name} already"
            yield "postfix.own_ports", problem, "name the first of two ports that nobody uses"
