"""Authoritative name servers in a network namespace of their own, with a resolver beside them.

Referrals name addresses and no ports: servers that refer to each other must listen on port 53. So they
get a loopback of their own (unshare(1)), and the resolver among them is handed sockets that were opened outside, as
systemd does it (sd_listen_fds(3)): it answers there and asks here. All of them are in one process namespace, too, of
which the resolver is the first process: when it ends, the kernel ends the rest.

==========  ===========  ===================================================
server      address      serves
==========  ===========  ===================================================
ROOT        127.0.1.1    the root
EXAMPLE     127.0.1.2    ``example``
CHILDREN    127.0.1.3    zones below ``example``
DEEPER      127.0.1.4    zones below those
SILENT      127.0.1.5    nothing: nobody listens there
NOWHERE     192.0.2.1    nothing: no way leads there
SLOW        127.0.1.6    passes on what CHILDREN answers, after a while
==========  ===========  ===================================================
"""

from __future__ import annotations

import os
import shlex
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from pathlib import Path

SLOW_SECONDS = 0.1


class Server(Enum):
    """One address at which zones are, or should be, served."""

    ROOT = "127.0.1.1"
    EXAMPLE = "127.0.1.2"
    CHILDREN = "127.0.1.3"
    DEEPER = "127.0.1.4"
    SILENT = "127.0.1.5"
    NOWHERE = "192.0.2.1"
    SLOW = "127.0.1.6"

    @property
    def host(self) -> str:
        return f"{self.name.lower()}.ns.example"


def inside(
    directory: Path,
    served: Mapping[Server, Mapping[str, Path]],
    resolver: Sequence[str],
    doors: Iterable[socket.socket],
) -> list[str]:
    """The command that starts an nsd for each of *served* (zones by name, with their files) and then
    *resolver* with *doors*, all in namespaces of their own. Settings and logs lie in *directory*."""
    script = [_OWN_LOOPBACK]
    for server, zones in served.items():
        script.append(f"nsd -d -c {shlex.quote(str(_write(directory, server, zones)))} &")
    script.append(f"{shlex.quote(sys.executable)} {shlex.quote(__file__)} &")
    script += [_wait_for(server) for server in (*served, Server.SLOW)]
    # Copies of all doors first, under numbers that bash finds free: any number may be that of a door already.
    numbers = [door.fileno() for door in doors]
    copied = " ".join(f"{{door{to}}}<&{number}" for to, number in enumerate(numbers, 3))
    handed = " ".join(f"{to}<&$door{to}" for to, _ in enumerate(numbers, 3))
    script.append(f"exec {copied}; exec {handed}; export LISTEN_FDS={len(numbers)} LISTEN_PID=$$")
    script.append(f"exec {shlex.join(resolver)}")
    own = ["--net", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child"]
    if os.geteuid() != 0:
        own.append("--map-root-user")
    return ["unshare", *own, "bash", "-ec", "\n".join(script)]


def end(process: subprocess.Popen[bytes]) -> None:
    """End what :func:`inside` started; when this returns, all of it is gone."""
    from world.process import children_of  # not where this file is the server that answers late: see `inside`

    for child in children_of(process.pid):
        os.kill(child, signal.SIGKILL)  # the first process in there: the kernel ends and awaits the rest
        process.wait(30)
    process.kill()
    process.wait(30)


def _write(directory: Path, server: Server, zones: Mapping[str, Path]) -> Path:
    stem = directory / f"nsd-{server.name.lower()}"
    text = [_CONFIG.format(address=server.value, stem=stem, directory=directory)]
    text += [f'zone:\n  name: "{name}"\n  zonefile: "{file}"\n' for name, file in zones.items()]
    config = stem.with_suffix(".conf")
    config.write_text("".join(text), "utf-8")
    return config


def _wait_for(server: Server) -> str:
    """Until its UDP socket is bound: from then on a question waits in it, and is not refused (proc_net_udp(5))."""
    address = socket.inet_aton(server.value)[::-1].hex().upper()
    return f"until grep -q '{address}:0035' /proc/net/udp; do sleep 0.01; done"


def _answer_all_late() -> None:
    """The server SLOW, which is not nsd's."""
    with socket.socket(type=socket.SOCK_DGRAM) as slow:
        slow.bind((Server.SLOW.value, 53))
        while True:
            question, peer = slow.recvfrom(4096)
            threading.Thread(target=_answer_late, args=(slow, question, peer), daemon=True).start()


def _answer_late(slow: socket.socket, question: bytes, peer: tuple[str, int]) -> None:
    time.sleep(SLOW_SECONDS)
    with socket.socket(type=socket.SOCK_DGRAM) as asking:
        asking.settimeout(30)
        asking.sendto(question, (Server.CHILDREN.value, 53))
        slow.sendto(asking.recv(4096), peer)


# sd_booted(3) looks for that folder, and unbound takes sockets only when it is there.
_OWN_LOOPBACK = """\
ip link set lo up
mount -t tmpfs none /run
mkdir -p /run/systemd/system"""
_CONFIG = """\
server:
  ip-address: {address}
  do-ip6: no
  server-count: 1
  username: ""
  zonesdir: "{directory}"
  pidfile: ""
  logfile: "{stem}.log"
  zonelistfile: "{stem}.list"
  xfrdfile: ""
  xfrdir: "{directory}"
  rrl-ratelimit: 0
remote-control:
  control-enable: no
"""

if __name__ == "__main__":
    _answer_all_late()
