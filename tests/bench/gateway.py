"""What milters are measured behind: a private Postfix, what it hands mail to, and the clients that fill it.

**The next hop.** A front hands every message on by SMTP: to the secure instance, or to its own return port. Here
Postfix's ``smtp-sink`` stands for them, and throws away. All variants of a bench hand to the same one.
"""

from __future__ import annotations

import os
import queue
import socket
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench.mix import Sample
from bench.processes import Meter, family
from world.postfix import (
    BASE_SERVICES,
    PostfixInstance,
    base_main_cf,
    wait_for_port,
    wait_until,
    with_parameters,
)

NEXT_HOP = 26128
_QUEUES = ("maildrop", "incoming", "active", "deferred", "hold")
_LEFT_SECONDS = 60.0


@dataclass
class Round:
    """What one variant did in one round.

    ``seconds`` is the time until the last message was answered, ``left`` until the last had left Postfix too.
    """

    seconds: float
    left: float = 0.0
    latencies: list[float] = field(default_factory=list)
    refused: int = 0
    cpu: float = 0.0  # seconds of the milter's processes


def postfix(directory: Path, sockets: dict[int, str]) -> PostfixInstance:
    """A Postfix with a port for each milter socket ("": none), all of whose mail goes to :func:`next_hop`."""
    main_cf = with_parameters(
        base_main_cf(directory, "gw.nordby-vand.example"),
        smtp_host_lookup="native",
        message_size_limit="20000000",
        milter_default_action="tempfail",
        smtpd_client_connection_count_limit="0",
        relayhost=f"[127.0.0.1]:{NEXT_HOP}",
    )
    ports = "".join(
        f"127.0.0.1:{port} inet n - n - - smtpd\n  -o smtpd_milters={socket}\n"
        for port, socket in sockets.items()
    )
    return PostfixInstance(directory, main_cf, ports + BASE_SERVICES)


@contextmanager
def next_hop() -> Iterator[None]:
    """Postfix's smtp-sink, which takes all mail and throws it away."""
    sink = subprocess.Popen(
        ["smtp-sink", "-u", "nobody", f"127.0.0.1:{NEXT_HOP}", "1000"], stdin=subprocess.DEVNULL
    )
    try:
        wait_for_port("127.0.0.1", NEXT_HOP)
        yield
    finally:
        sink.terminate()
        sink.wait(10)


def send(
    gateway: PostfixInstance,
    port: int,
    samples: Sequence[Sample],
    sessions: int,
    milter: int | None = None,
) -> Round:
    """All *samples* by *sessions* clients at once, one message a connection, until they have left *gateway*.
    *milter* is the process whose processor time is counted, with that of all who descend from it."""
    todo: queue.SimpleQueue[Sample] = queue.SimpleQueue()
    for sample in samples:
        todo.put(sample)
    result = Round(0.0)

    def client() -> None:
        while True:
            try:
                sample = todo.get_nowait()
            except queue.Empty:
                return
            begun = time.perf_counter()
            try:
                accepted = _deliver(port, sample)
            except (OSError, AssertionError):
                # Dropped: counted, or the client would end and the rest look fast.
                accepted = False
            result.latencies.append(time.perf_counter() - begun)
            result.refused += not accepted

    threads = [threading.Thread(target=client) for _ in range(sessions)]
    meter = Meter()
    used = meter.seconds(family(milter) if milter else ())
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        while thread.is_alive():
            thread.join(0.2)
            meter.seconds(family(milter) if milter else ())  # readers end after some jobs
    result.seconds = time.perf_counter() - begun
    wait_until(lambda: not _waiting(gateway), _LEFT_SECONDS, lambda: f"in the queue: {gateway.queue()[:3]}")
    result.left = time.perf_counter() - begun
    result.cpu = meter.seconds(family(milter) if milter else ()) - used
    return result


def _waiting(gateway: PostfixInstance) -> bool:
    """Whether a message is left in any queue. (Asking postqueue would cost the next round its time.)"""
    spool = gateway.directory / "spool"
    return any(files for name in _QUEUES for _, _, files in os.walk(spool / name))


def _deliver(port: int, sample: Sample) -> bool:
    """One connection, one message, by hand: smtplib would take more of the machine than the milter."""
    envelope = [f"MAIL FROM:<{sample.sender}>", *(f"RCPT TO:<{r}>" for r in sample.recipients), "DATA"]
    with socket.create_connection(("127.0.0.1", port), 60) as sock, sock.makefile("rb") as replies:
        _expect(replies, b"220")
        sock.sendall(b"EHLO bench.example\r\n")
        _expect(replies, b"250")
        sock.sendall("".join(line + "\r\n" for line in envelope).encode())
        for _ in envelope[:-1]:
            _expect(replies, b"250")
        _expect(replies, b"354")
        sock.sendall(sample.raw.replace(b"\r\n.", b"\r\n..") + b".\r\n")
        accepted = _reply(replies)
        sock.sendall(b"QUIT\r\n")
        return accepted.startswith(b"250")


def _expect(replies: object, code: bytes) -> None:
    if not (got := _reply(replies)).startswith(code):
        raise AssertionError(f"expected {code!r}, got {got!r}")


def _reply(replies: object) -> bytes:
    while (line := replies.readline())[3:4] == b"-":  # type: ignore[attr-defined]
        pass
    return bytes(line)
