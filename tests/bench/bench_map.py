"""``segl-map``: look-ups from memory, memory for many domains, a domain never seen, a thousand at once.

    python tests/bench/bench_map.py [--domains 100000] [--seconds 3]

Look-ups go over the socketmap protocol to a process of its own. The client sends requests made beforehand, many at
a time, and counts bytes, so that it is not what is measured; the rate is by the server's processor time, which other
programs do not share. Latency is of single requests, one after the other, and feels whoever else uses the machine.
Domains and hosts of the last two parts are on loopback, with every answer of DNS made to take 200 ms.

Bars: 20,000 look-ups a second of one core, p99 below 1 ms, 400 MB for 100,000 domains; a first answer within two
rounds of DNS (where its mail is taken, and by which address) and one talk; never more than three talks at one address.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import dns.rdatatype

from bench.processes import bar, memory, share, tell_noise
from segl.daemons.listening import listen_unix
from segl.events import Events, configure_log
from segl.settings.file import parse_settings
from segl.vocabulary import Known, Proof
from segl_routing.dns.mx import MailDns
from segl_routing.dns.resolver import Answer
from segl_routing.map_replies import MapReplies
from segl_routing.netstring import Decoder, encode
from segl_routing.proofs.archive import NoArchive
from segl_routing.proofs.dane import Dane
from segl_routing.proofs.facts import Checked, judge
from segl_routing.proofs.hosts import HostProbes
from segl_routing.proofs.knowledge import Knowledge
from segl_routing.proofs.live import LiveCheck, promises_of
from segl_routing.proofs.pace import A_MINUTE, MAX_PER_ADDRESS
from segl_routing.proofs.probe import Greeting, trust
from segl_routing.routes import RouteTable
from segl_routing.socketmap import SocketmapServer
from segl_routing.tunnels import Tunnels
from world.ca import TestCA
from world.dns import MX, A, DnsServer
from world.lookups import says
from world.outside import Outside
from world.ports import free_port

LOOKUPS, P99_MS, MEGABYTES = 20_000, 1.0, 400
ASKED = 2_000  # recipients, each asked for again and again, as Postfix does
DNS_SECONDS = 0.2
HOUSES, CUSTOMERS = 40, 25  # machines, and mail hosts on each: a thousand domains

SETTINGS = parse_settings({"organisation": {"name": "Nordby Vandværk", "domains": ["nordby-vand.example"]}})


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--domains", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        asyncio.run(serve(options.serve, options.domains))
        return 0
    tell_noise()
    configure_log("json", "error")
    with tempfile.TemporaryDirectory() as directory:
        good = look_ups(Path(directory), options.domains, options.seconds)
        with ExitStack() as running:
            outside = Outside(Path(directory), TestCA(Path(directory) / "ca"), free_port(), running)
            good &= first_seen(outside)
            good &= a_thousand(outside)
    return 0 if good else 1


# the server


async def serve(path: Path, domains: int) -> None:
    """A map that knows *domains*, until standard input ends."""
    configure_log("json", "error")
    events = Events("segl-map")
    knowledge = Knowledge(_never, NoArchive(), SETTINGS.routing, events)
    for number in range(domains):
        facts = judge(
            f"d{number}.example",
            found(number),
            None,
            routing=SETTINGS.routing,
            now=time.time(),
            jitter=random.uniform,
        )
        knowledge._remember(facts)
    tunnels = Tunnels(SETTINGS, events.certificate_refused, events.tunnel_list_unreadable)
    answers = MapReplies(
        RouteTable(SETTINGS), tunnels, knowledge, events, answer_seconds=SETTINGS.routing.answer_seconds
    )
    listener = listen_unix(path, 0o600)
    await SocketmapServer(answers, events).start(listener.sock)
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.read)


def found(number: int) -> Checked:
    """What a domain like most would be known by: no text is shared with another."""
    mx = f"mx{number}.host{number % 997}.example"
    return Checked(
        (
            says(Proof.DANE, Known.NO, f"the mail hosts of d{number}.example are not signed by DNSSEC"),
            says(Proof.MTA_STS, Known.NO, f"_mta-sts.d{number}.example has no record"),
            says(Proof.PKIX, Known.YES, f"mail host {mx} offers STARTTLS with a certificate that verifies"),
            says(Proof.ENCRYPT, Known.YES, f"mail host {mx} offers STARTTLS; nobody checks its certificate"),
        )
    )


async def _never(_domain: str) -> Checked:
    raise AssertionError("everything asked for is known")


# look-ups and memory


def look_ups(directory: Path, domains: int, seconds: float) -> bool:
    path = directory / "map.sock"
    command = [sys.executable, __file__, "--serve", str(path), "--domains", str(domains)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        server.stdout.readline()
        requests = [encode(b"transport bo%d@d%d.example" % (n, n * 7919 % domains)) for n in range(ASKED)]
        ask(path, requests)  # the first time each is told to the log
        rate, wall = throughput(path, server.pid, requests, seconds)
        slow = latency(path, requests) * 1000
        good = bar(
            "look-ups from memory",
            f"{rate:,.0f} a second of one core ({wall:,.0f} by the clock)",
            rate >= LOOKUPS,
            f"at least {LOOKUPS:,}",
        )
        good &= bar("one look-up, p99", f"{slow:.3f} ms", slow < P99_MS, f"below {P99_MS:g} ms")
        rss = memory(server.pid).rss
        good &= bar(f"{domains:,} domains known", f"{rss:.0f} MB", rss < MEGABYTES, f"below {MEGABYTES} MB")
        server.stdin.close()
    return good


def throughput(path: Path, pid: int, requests: Sequence[bytes], seconds: float) -> tuple[float, float]:
    """Look-ups by second of the server's processor time, and by second."""
    reply_bytes = ask(path, requests)
    blob = b"".join(requests)
    begun, processor, rounds = time.perf_counter(), processor_seconds(pid), 0
    with connected(path) as sock:
        while time.perf_counter() - begun < seconds:
            sender = threading.Thread(target=sock.sendall, args=(blob,))
            sender.start()
            left = reply_bytes
            while left:
                left -= len(sock.recv(min(left, 1 << 20)))
            sender.join()
            rounds += 1
    asked = rounds * len(requests)
    return asked / (processor_seconds(pid) - processor), asked / (time.perf_counter() - begun)


def latency(path: Path, requests: Sequence[bytes]) -> float:
    """The time in seconds that 99 of 100 single requests do not exceed."""
    times = []
    with connected(path) as sock:
        for request in requests:
            begun = time.perf_counter()
            sock.sendall(request)
            sock.recv(4096)
            times.append(time.perf_counter() - begun)
    return share(times, 0.99)


def ask(path: Path, requests: Sequence[bytes]) -> int:
    """Each request once, every reply looked at; the bytes of all replies."""
    decoder, count, total = Decoder(100_000), 0, 0
    with connected(path) as sock:
        for request in requests:
            sock.sendall(request)
        while count < len(requests):
            data = sock.recv(65536)
            total += len(data)
            for reply in decoder.feed(data):
                assert reply.startswith(b"OK segl-tls:"), reply
                count += 1
    return total


def connected(path: Path) -> socket.socket:
    sock = socket.socket(socket.AF_UNIX)
    sock.connect(str(path))
    return sock


def processor_seconds(pid: int) -> float:
    """Of all its threads (proc(5), schedstat: nanoseconds on a processor)."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9


# domains never seen


class SlowDns(MailDns):
    """Every answer takes its time, as it does from far away."""

    async def ask(self, name: str, kind: dns.rdatatype.RdataType, *, prove: bool) -> Answer:
        await asyncio.sleep(DNS_SECONDS)
        return await super().ask(name, kind, prove=prove)


def checker(outside: Outside, names: DnsServer) -> LiveCheck:
    slow = SlowDns([names.nameserver])
    hosts = HostProbes(
        slow,
        trust(outside.ca.file),
        port=outside.port,
        greeting=Greeting("bench.example"),
        seconds=20,
        events=Events("bench"),
    )
    return LiveCheck(slow, hosts, promises_of(Dane(slow, outside.port)))


def first_seen(outside: Outside) -> bool:
    peer = outside.good("mx.ny.example")
    names = outside.dns({"ny.example": [MX(10, "mx.ny.example")], "mx.ny.example": [A(peer.address)]})

    async def run() -> tuple[Checked, float]:
        check = checker(outside, names)
        begun = time.perf_counter()
        return await check("ny.example"), time.perf_counter() - begun

    checked, seconds = asyncio.run(run())
    assert any(one.proof is Proof.PKIX and one.known is Known.YES for one in checked.evidence), checked
    room = 3 * DNS_SECONDS
    return bar(
        "a domain never seen",
        f"{seconds * 1000:.0f} ms, {peer.connections} talk",
        seconds < room and peer.connections == 1,
        f"two rounds of DNS at {DNS_SECONDS * 1000:.0f} ms and one talk: below {room * 1000:.0f} ms",
    )


def a_thousand(outside: Outside) -> bool:
    """A thousand domains, each with a mail host of its own name, on forty machines."""
    now: Counter[str] = Counter()
    most: Counter[str] = Counter()
    talks: Counter[str] = Counter()

    async def counting(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        address = writer.get_extra_info("sockname")[0]
        talks[address] += 1
        now[address] += 1
        most[address] = max(most[address], now[address])
        await asyncio.sleep(0.02)
        now[address] -= 1
        writer.write(b"554 no\r\n")

    houses = [outside.scripted(counting).address for _ in range(HOUSES)]
    domains = {f"kunde{n}.example": houses[n % HOUSES] for n in range(HOUSES * CUSTOMERS)}
    zone: dict[str, list[MX | A]] = {}
    for domain, address in domains.items():
        zone[domain] = [MX(10, f"mx.{domain}")]
        zone[f"mx.{domain}"] = [A(address)]
    names = outside.dns(zone)

    async def run() -> tuple[int, float]:
        knowledge = Knowledge(checker(outside, names), NoArchive(), SETTINGS.routing, Events("bench"))
        begun = time.perf_counter()
        all_of_them = await asyncio.gather(*(knowledge.find(domain, 120) for domain in domains))
        certain = sum(one.known is Known.NO for facts in all_of_them for one in facts.evidence[-1:])
        return certain, time.perf_counter() - begun

    certain, seconds = asyncio.run(run())
    good = bar(
        f"{len(domains):,} domains at once",
        f"{seconds:.1f} s, {certain} found out, {sum(talks.values())} talks",
        certain == len(domains) == sum(talks.values()),
        "each found out by one talk",
    )
    return good & bar(
        "talks at one address",
        f"{max(most.values())} at once, {max(talks.values())} in all",
        max(most.values()) <= MAX_PER_ADDRESS and max(talks.values()) <= A_MINUTE,
        f"at most {MAX_PER_ADDRESS} at once, {A_MINUTE} a minute",
    )


if __name__ == "__main__":
    sys.exit(main())
