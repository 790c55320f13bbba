"""Whose a TCP port of this host is: the user whose socket listens there, as the kernel tells it.

What a server says of itself proves nothing: any user of the host may take a port above 1023 that nobody has. Postfix's
ports are opened by its master(8), which is root's, and no other user can make a socket root's (fchown(2)).

``/proc/…/net/tcp`` and ``tcp6`` (Documentation/networking/proc_net_tcp.rst) name the user of each socket in the network
namespace of whoever reads them, those that listen first. Of the thread that asks they are there, too, where all else of
/proc is hidden (``ProcSubset=pid`` in systemd.exec(5)). A user of another user namespace who has no number in ours
bears the overflow id (user_namespaces(7)): that may be the host's root, or anybody.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from typing import Final

from segl.vocabulary import Known

OUR_NET: Final = Path("/proc/thread-self/net")
_LISTENS: Final = "0A"
_ROOT: Final = 0
_OVERFLOW: Final = 65534
_ANY_4: Final = IPv4Address("0.0.0.0")  # noqa: S104 - compared with, not listened on
_ANY_6: Final = IPv6Address("::")


@dataclass(frozen=True, slots=True)
class Listener:
    """A socket that listens at a port. ``inode`` names it as long as it is open."""

    address: IPv4Address | IPv6Address
    uid: int
    inode: int


@dataclass(frozen=True, slots=True)
class Owned:
    """Whether a port is root's, or of our own user, who needs no port to read what we have; and if that is not sure,
    why."""

    known: Known
    reason: str = ""


def listeners(port: int, net: Path = OUR_NET) -> frozenset[Listener]:
    """Who listens at *port*, whatever the address. None where that is not told."""
    found: set[Listener] = set()
    for name in ("tcp", "tcp6"):
        try:
            with (net / name).open(encoding="ascii") as lines:
                next(lines, "")
                for line in lines:
                    _, local, _, state, _, _, _, uid, _, inode, *_ = line.split()
                    if state != _LISTENS:
                        break
                    address, _, number = local.rpartition(":")
                    if int(number, 16) == port:
                        found.add(Listener(_address(address), int(uid), int(inode)))
        except (OSError, ValueError):
            continue
    return frozenset(found)


def owner_of(host: str, before: frozenset[Listener], after: frozenset[Listener]) -> Owned:
    """Whose the port is that a connection to *host*, an address, was made to between *before* and *after*
    (:func:`listeners`). The same socket in both is the one that took it."""
    there = _at(host, after)
    if not there:
        return Owned(Known.UNKNOWN, "nobody of this host is seen to listen there")
    if there != _at(host, before):
        return Owned(Known.UNKNOWN, "it has just changed hands")
    for uid in sorted({one.uid for one in there} - {_ROOT, os.geteuid()}):
        if uid == _OVERFLOW:
            return Owned(Known.UNKNOWN, f"it belongs to uid {uid}, which may be anybody's")
        return Owned(Known.NO, f"it belongs to uid {uid}, not to root")
    return Owned(Known.YES)


def _at(host: str, found: frozenset[Listener]) -> frozenset[Listener]:
    """Those that may be given a connection to *host*: the kernel takes the closest address."""
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return frozenset()
    closest: tuple[tuple[object, ...], ...] = ((address,), (_ANY_6,))
    if isinstance(address, IPv4Address):
        closest = ((address, IPv6Address(f"::ffff:{address}")), (_ANY_4,), (_ANY_6,))
    for some in closest:
        if there := frozenset(one for one in found if one.address in some):
            return there
    return frozenset()


def _address(written: str) -> IPv4Address | IPv6Address:
    """Words of four bytes, each as the machine has it in memory."""
    words = [int(written[at : at + 8], 16) for at in range(0, len(written), 8)]
    packed = b"".join(word.to_bytes(4, sys.byteorder) for word in words)
    return IPv4Address(packed) if len(packed) == 4 else IPv6Address(packed)
