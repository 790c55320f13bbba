"""Whether the resolvers that segl-map asks give any answer: one question each, for the root's SOA, which every resolver
has at hand (RFC 1035 §4.1). With the standard library alone: `segl status` answers at once.
"""

from __future__ import annotations

import secrets
import socket
import struct
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Final

from segl.settings.values import server_address

RESOLV_CONF: Final = Path("/etc/resolv.conf")
SECONDS: Final = 1.5  # for one resolver
SAFE: Final = "mail to domains that are not known yet waits, and none goes a weaker way"
_TRIES: Final = 2
_PORT: Final = 53
# Recursion desired, one question; the root's name, type SOA, class IN.
_FLAGS, _QUESTION = 0x0100, b"\0\0\x06\0\x01"

Server = tuple[str, int]


def resolvers(nameservers: Iterable[str], resolv_conf: Path = RESOLV_CONF) -> list[Server]:
    """Address and port of each: *nameservers* (`routing.nameservers`), else those of *resolv_conf* (resolv.conf(5))."""
    given = [server_address(text) for text in nameservers]
    if given:
        return given
    try:
        lines = resolv_conf.read_text("utf-8", "replace").splitlines()
    except OSError:
        return []
    words = [line.split() for line in lines]
    return [(line[1], _PORT) for line in words if len(line) > 1 and line[0] == "nameserver"]


def place_of(server: Server) -> str:
    """As the settings write it; without the port where it is DNS's own."""
    host, port = server
    if port == _PORT:
        return host
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def silent(servers: list[Server]) -> list[Server]:
    """Those that give no answer, whatever it says; all are asked at the same time. Blocking, for :data:`SECONDS`."""
    if not servers:
        return []
    with ThreadPoolExecutor(len(servers)) as pool:
        answers = list(pool.map(_answers, servers))
    return [server for server, answers_ in zip(servers, answers, strict=True) if not answers_]


def told_of(servers: list[Server], dead: list[Server]) -> str:
    """What is wrong when *dead* of *servers* do not answer; ``""``: nothing."""
    if not servers:
        return f"no resolver is named: {SAFE}"
    if not dead:
        return ""
    places = ", ".join(map(place_of, dead))
    text = f"no answer from the resolver{'s' * (len(dead) > 1)} {places}"
    others = [place_of(server) for server in servers if server not in dead]
    return f"{text}; {', '.join(others)} answers" if others else f"{text}: {SAFE}"


def hint_of(server: Server) -> str:
    """What to look at when *server* does not answer."""
    host, _ = server
    if host.startswith("127.") or host == "::1":
        return "Is it running, and may it ask other servers (port 53, udp and tcp)? systemctl status unbound"
    return f"Is it there, and does a firewall let us ask? dig @{host} . SOA"


def _answers(server: Server) -> bool:
    host, port = server
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    number = secrets.token_bytes(2)
    query = number + struct.pack(">HHHHH", _FLAGS, 1, 0, 0, 0) + _QUESTION
    try:
        with closing(socket.socket(family, socket.SOCK_DGRAM)) as asked:
            asked.connect((host, port))
            for _ in range(_TRIES):
                asked.send(query)
                if _is_answered(asked, number, time.monotonic() + SECONDS / _TRIES):
                    return True
    except OSError:  # nobody listens there, or there is no way to it
        return False
    return False


def _is_answered(asked: socket.socket, number: bytes, until: float) -> bool:
    while (left := until - time.monotonic()) > 0:
        asked.settimeout(left)
        try:
            if asked.recv(4096)[:2] == number:
                return True
        except TimeoutError:
            return False
    return False
