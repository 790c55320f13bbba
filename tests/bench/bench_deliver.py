"""segl-deliver between two Postfixes: messages of 20 KB a second, from the LMTP client's first byte to the 250 it gets.

A real segl-deliver; before it as many LMTP sessions as Postfix opens (20), each with the next message once the last
was answered; behind it the return port of a real front Postfix with the configuration that is shipped, whose 250 means
that the message is in its queue, on disk, and which then throws it away (``discard``).

* out: to one tunnel certificate (RSA-3072, AES-256-CBC); with a key of ours signed before (RSA-3072).
* in: encrypted to our key (RSA-3072): the common choice; AES-256-GCM; and signed inside by a partner's gateway, judged.

* memory: what a message of 50 MB (68 MB as it stands in the mail) takes beside what the process had.

    python tests/bench/bench_deliver.py [messages] [--sink]

``--sink`` puts Postfix's ``smtp-sink`` in the front's place, which keeps nothing: what is left is segl-deliver alone.
The client runs on the same cores. So beside the rate stands the processor time for one message, of segl-deliver and of
the front: two cores that do nothing else have 10 ms for each of 200 a second. Needs root.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import count
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from bench.processes import bar, family_cpu_seconds, memory, peak_megabytes, tell_noise
from segl_delivery.cms.choice import COMMON, MODERN, Choice
from segl_delivery.cms.enveloped import EnvelopedData
from segl_delivery.cms.signed import Signer
from segl_delivery.smime.message import enveloped, signed_entity, split_for_envelope
from world import namespace
from world.ca import TestCA
from world.desk import LmtpClient
from world.house import DOMAIN, House
from world.partners import certificate, pem, rsa_key
from world.postfix import wait_for_port, with_parameters

SESSIONS, BAR_RATE, BAR_MS, BAR_TIMES = 20, 200.0, 10.0, 3.0
LARGE = 50_000_000
SENDER, PARTNER, COLLEAGUE = f"anna@{DOMAIN}", "bo@kommune.example", f"eva@{DOMAIN}"
LINE = b"0123456789" * 7 + b"\r\n"
TEXT = b"Subject: x\r\nContent-Type: text/plain\r\n\r\n" + LINE * 285
OUT = b"From: <%s>\r\nTo: <%s>\r\n" % (SENDER.encode(), PARTNER.encode()) + TEXT
IN = b"From: <%s>\r\nTo: <%s>\r\n" % (PARTNER.encode(), COLLEAGUE.encode()) + TEXT


def main() -> int:
    words = sys.argv[1:]
    messages = next((int(word) for word in words if word.isdigit()), 2000)
    tell_noise()
    namespace.enter()
    with ExitStack() as running:
        folder = Path(running.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        folder.chmod(0o755)
        house = House(folder, TestCA(folder / "ca").file, settings_text="[inbound]\non = true\n")
        bench = Bench(house, messages, *behind(house, running, sink="--sink" in words))
        partner = rsa_key(3072)
        theirs = certificate("post@kommune.example", partner)
        (house.tunnel / "kommune.example.pem").write_bytes(pem(theirs))
        running.callback(house.deliver.kill)
        house.deliver.start()
        good = [bench.run("out, encrypted", "tunnel", OUT, PARTNER, b"tunnel: encrypted")]
        own, signing = lay_key(house.keys), Signer(partner, theirs)
        good.append(bench.run("out, signed and encrypted", "tunnel", OUT, PARTNER, b"signed by"))
        for what, choice, signer in (
            ("in, AES-256-CBC", COMMON, None),
            ("in, AES-256-GCM and OAEP", MODERN, None),
            ("in, AES-256-CBC, signed inside", COMMON, signing),
        ):
            message = encrypted(IN, own, choice, signer)
            good.append(bench.run(what, "inbound", message, COLLEAGUE, b"internal"))
        opened = house.deliver.log.count('"opened": "opened"')
        if opened < 3 * messages or house.deliver.log.count('"signature": "pass"') < messages:
            raise SystemExit(f"only {opened} of {3 * messages} were opened")
        for what, choice, signer in (("AES-256-GCM", MODERN, None), ("signed inside", COMMON, signing)):
            message = encrypted(IN + LINE * (LARGE // len(LINE)), own, choice, signer)
            good.append(bench.peak(f"in, 50 MB, {what}", "inbound", message, COLLEAGUE))
        good.append(bench.peak("out, 50 MB, signed", "tunnel", OUT + LINE * (LARGE // len(LINE)), PARTNER))
    return 0 if all(good) else 1


def behind(house: House, running: ExitStack, *, sink: bool) -> tuple[str, int]:
    """What stands at the return port, and its process."""
    if sink:
        process = subprocess.Popen(["smtp-sink", "-u", "postfix", "127.0.0.1:10027", "1000"])
        running.callback(process.wait)
        running.callback(process.terminate)
        wait_for_port("127.0.0.1", 10027)
        return "smtp-sink", process.pid
    front = house.front
    away = f"inline:{{ {{ {DOMAIN} = discard: }} }}"
    front.main_cf = with_parameters(front.main_cf, transport_maps=away, default_transport="discard:")
    running.callback(front.stop)
    front.start()
    wait_for_port("127.0.0.1", 10027)
    return "front", int((front.directory / "spool/pid/master.pid").read_text())


@dataclass(frozen=True)
class Bench:
    """*other* is the process of what stands *behind* segl-deliver."""

    house: House
    messages: int
    behind: str
    other: int

    def run(self, what: str, socket: str, message: bytes, recipient: str, told: bytes) -> bool:
        # Threads and code are there before it counts.
        self._send(SESSIONS * 2, socket, message, recipient, told)
        before = self._used()
        begun = time.perf_counter()
        self._send(self.messages, socket, message, recipient, told)
        rate = self.messages / (time.perf_counter() - begun)
        own, other = (
            (late - early) * 1000 / self.messages for early, late in zip(before, self._used(), strict=True)
        )
        good = bar(f"{what}, rate", f"{rate:.0f}/s", rate >= BAR_RATE, f"at least {BAR_RATE:.0f}/s")
        cost = f"{own:.2f} ms a message, {self.behind} {other:.2f} ms"
        return (
            bar(f"{what}, processor time", cost, own + other <= BAR_MS, f"together {BAR_MS:.0f} ms") and good
        )

    def peak(self, what: str, socket: str, message: bytes, recipient: str) -> bool:
        """Of a process that has handled one small message before."""
        self.house.deliver.kill()
        self.house.deliver.start()
        self._send(1, socket, IN, recipient, b"250")
        before = memory(self.house.deliver.pid).rss
        self._send(1, socket, message, recipient, b"250")
        times = (peak_megabytes(self.house.deliver.pid) - before) * 2**20 / len(message)
        size = f"{times:.1f} times its {len(message) / 1e6:.0f} MB"
        return bar(f"{what}, peak memory", size, times <= BAR_TIMES, f"{BAR_TIMES:.0f} times")

    def _used(self) -> tuple[float, float]:
        return family_cpu_seconds(self.house.deliver.pid), family_cpu_seconds(self.other)

    def _send(self, messages: int, socket: str, message: bytes, recipient: str, told: bytes) -> None:
        """*messages* over :data:`SESSIONS` sessions; fails unless each was answered 250, with *told* in it."""
        numbers, faults = count(), []
        path = self.house.run / f"{socket}.sock"

        def session() -> None:
            with LmtpClient(path, seconds=120) as client:
                while next(numbers) < messages:
                    [reply] = client.deliver(SENDER, [recipient], message)
                    if not reply.startswith("250") or told.decode() not in reply:
                        faults.append(reply)

        threads = [threading.Thread(target=session) for _ in range(SESSIONS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if faults:
            raise SystemExit(f"{len(faults)} faults, the first: {faults[0]}")


def encrypted(message: bytes, own: x509.Certificate, choice: Choice, signer: Signer | None) -> bytes:
    """As a partner's gateway makes it."""
    outside, entity = split_for_envelope(message, "Sikker besked")
    if signer is not None:
        entity = signed_entity(entity, signer)
    return b"".join(enveloped(outside, entity, EnvelopedData(entity.size, [own], choice)).pieces)


def lay_key(keys: Path) -> x509.Certificate:
    key = rsa_key(3072, 1)
    own = certificate(SENDER, key)
    (keys / "ours.key.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    (keys / "ours.key.pem").chmod(0o600)
    (keys / "ours.json").write_text(f'{{"domains": ["{DOMAIN}"]}}')
    (keys / "ours.crt.pem").write_bytes(pem(own))
    return own


if __name__ == "__main__":
    sys.exit(main())
