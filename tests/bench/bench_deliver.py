"""The tunnel agent: messages of 20 KB a second, from the LMTP client's first byte to the return port's 250.

A real segl-deliver; before it as many LMTP sessions as Postfix opens (20), each with the next message once the last
was answered; behind it ``smtp-sink``, Postfix's own, which takes everything and keeps nothing: the disk of the
front is not what is measured. Each message is encrypted to one certificate (RSA-3072) and handed over by a connection
of its own; with a key of ours it is signed before (RSA-3072).

    python tests/bench/bench_deliver.py [messages]

The client runs on the same cores. So beside the rate stands the agent's processor time for one message: one Python
process gets little more than one core, and the bar of 200 a second is 5 ms.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import threading
import time
from itertools import count
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from bench.processes import bar, cpu_seconds, tell_noise
from world.desk import DOMAIN, SENDER, Desk
from world.partners import certificate, pem, rsa_key
from world.postfix import wait_for_port

SESSIONS, BAR_RATE = 20, 200.0
LINE = b"0123456789" * 7 + b"\r\n"
MESSAGE = b"From: <%s>\r\nTo: bo@kommune.example\r\nSubject: x\r\n\r\n" % SENDER.encode() + LINE * 285


def main() -> int:
    messages = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    tell_noise()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        desk = Desk(Path(folder))
        sink = subprocess.Popen(["smtp-sink", "-u", "postfix", f"127.0.0.1:{desk.port}", "1000"])
        try:
            wait_for_port("127.0.0.1", desk.port)
            desk.partner("kommune.example", rsa_key(3072))
            desk.daemon.start()
            good = measured(desk, messages, "encrypted")
            lay_key(desk.keys)
            good = measured(desk, messages, "signed and encrypted") and good
        finally:
            desk.daemon.kill()
            sink.terminate()
            sink.wait()
    return 0 if good else 1


def lay_key(keys: Path) -> None:
    key = rsa_key(3072, 1)
    (keys / "ours.key.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    (keys / "ours.key.pem").chmod(0o600)
    (keys / "ours.json").write_text(f'{{"domains": ["{DOMAIN}"]}}')
    (keys / "ours.crt.pem").write_bytes(pem(certificate(SENDER, key)))


def measured(desk: Desk, messages: int, what: str) -> bool:
    send(desk, SESSIONS * 2, what)  # threads and code are there before it counts
    begun, before = time.perf_counter(), cpu_seconds(desk.daemon.pid)
    send(desk, messages, what)
    rate = messages / (time.perf_counter() - begun)
    cost = (cpu_seconds(desk.daemon.pid) - before) * 1000 / messages
    good = bar(
        f"{what}, rate", f"{rate:.0f}/s", rate >= BAR_RATE, f"at least {BAR_RATE:.0f}/s, machine to itself"
    )
    bar(f"{what}, processor time", f"{cost:.2f} ms a message", cost <= 1000 / BAR_RATE, "at most 5 ms")
    return good


def send(desk: Desk, messages: int, what: str) -> None:
    """*messages* over :data:`SESSIONS` sessions; fails unless each was answered 250, as *what* it should be."""
    numbers, faults = count(), []

    def session() -> None:
        with desk.client("tunnel") as client:
            while next(numbers) < messages:
                [reply] = client.deliver(SENDER, ["bo@kommune.example"], MESSAGE)
                if not reply.startswith("250") or ("signed by" in reply) is not what.startswith("signed"):
                    faults.append(reply)

    threads = [threading.Thread(target=session) for _ in range(SESSIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if faults:
        raise SystemExit(f"{len(faults)} faults, the first: {faults[0]}")


if __name__ == "__main__":
    sys.exit(main())
