"""CMS: what encrypting and opening cost in processor time and in memory.

Times are of one thread, the best of several rounds: a message of 1 MB, and small ones (20 KB) one after the other, with
RSA-3072 and AES-256-GCM (``modern``) and the common choice beside it. Memory is the peak of a process that handles one
message of 50 MB, less what it had with everything loaded and no message yet: the message itself counts.

    python tests/bench/bench_cms.py

Bars: 10 ms each way for 1 MB; three times the message's size.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import IO

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from cryptography import x509

from bench.processes import bar, tell_noise
from segl_delivery.cms.choice import COMMON, MODERN, Choice
from segl_delivery.cms.enveloped import EnvelopedData, encrypt
from segl_delivery.cms.keys import DecryptionKey, DecryptionKeys
from segl_delivery.cms.lines import Base64Reader, base64_lines
from segl_delivery.cms.opening import decrypt
from segl_delivery.cms.signed import Signer, sign, verify
from segl_delivery.smime.message import enveloped, split_for_envelope
from world.partners import certificate, ec_key, rsa_key, type_of_key

MEGABYTE = 1_000_000
LARGE = 50 * MEGABYTE
BAR_MS, BAR_FACTOR = 10.0, 3.0
SENT, ENCRYPTED = "mail on its way out", "encrypted in memory"
OPENED_DER, OPENED_LINES = "opened from memory", "opened from lines of base64 on disk"
HEADER = b"From: a@b.example\r\nSubject: x\r\nContent-Type: text/plain\r\n\r\n"


def main() -> int:
    if len(sys.argv) > 1:
        handle_large(sys.argv[1])
        return 0
    tell_noise()
    good = [
        timed(rsa_key(3072), MODERN, "RSA-3072 OAEP, AES-256-GCM"),
        timed(rsa_key(3072), COMMON, "RSA-3072, AES-256-CBC"),
    ]
    good.append(timed(ec_key(), MODERN, "P-256, AES-256-GCM"))
    signatures()
    good += [memory_of(how) for how in (SENT, ENCRYPTED, OPENED_DER, OPENED_LINES)]
    return 0 if all(good) else 1


def timed(key: type_of_key, choice: Choice, what: str) -> bool:
    made = certificate("bench", key)
    ring = DecryptionKeys([DecryptionKey(key, made)])  # type: ignore[arg-type]
    content = os.urandom(MEGABYTE)
    message = encrypt(content, [made], choice)
    into = best(lambda: encrypt(content, [made], choice))
    out = best(lambda: decrypt(message, ring))
    whole = HEADER + content.hex().encode()[:MEGABYTE]
    mail = best(lambda: sent(whole, made, choice))
    good = bar(f"{what}, 1 MB encrypted", f"{into:.1f} ms", into < BAR_MS, f"bar {BAR_MS:.0f} ms")
    good &= bar(f"{what}, 1 MB opened", f"{out:.1f} ms", out < BAR_MS, f"bar {BAR_MS:.0f} ms")
    print(f"     {what}, 1 MB mail to S/MIME with its lines of base64: {mail:.1f} ms")
    small = content[:20_000]
    sealed = encrypt(small, [made], choice)
    print(
        f"     {what}, 20 KB: {rate(lambda: encrypt(small, [made], choice)):.0f} encrypted a second, ", end=""
    )
    print(f"{rate(lambda: decrypt(sealed, ring)):.0f} opened a second")
    return good


def signatures() -> None:
    for key, what in ((rsa_key(3072), "RSA-3072"), (ec_key(), "P-256")):
        signer = Signer(key, certificate("bench", key))
        content = os.urandom(20_000)
        message = sign(content, signer, detached=False)
        made = rate(partial(sign, content, signer, detached=False))
        print(
            f"     {what}, 20 KB: {made:.0f} signed, {rate(partial(verify, message)):.0f} verified a second"
        )


def sent(mail: bytes, made: x509.Certificate, choice: Choice) -> int:
    """How many bytes go out, every one of them asked for."""
    outside, entity = split_for_envelope(mail, "Sikker besked")
    outgoing = enveloped(outside, entity, EnvelopedData(entity.size, [made], choice))
    return sum(map(len, outgoing.stuffed()))


def best(run: Callable[[], object], rounds: int = 15) -> float:
    """Milliseconds of processor time."""
    times = []
    for _ in range(rounds):
        begun = time.process_time()
        run()
        times.append(time.process_time() - begun)
    return min(times) * 1000


def rate(run: Callable[[], object], seconds: float = 1.0) -> float:
    begun, count = time.process_time(), 0
    while time.process_time() - begun < seconds:
        run()
        count += 1
    return count / (time.process_time() - begun)


def memory_of(how: str) -> bool:
    done = subprocess.run([sys.executable, __file__, how], capture_output=True, text=True, check=True)
    factor = float(done.stdout)
    return bar(f"50 MB {how}", f"{factor:.2f} times its size", factor <= BAR_FACTOR, f"bar {BAR_FACTOR:.0f}")


def handle_large(how: str) -> None:
    """In a process of its own: print its peak in sizes of the message."""
    key = ec_key()
    made = certificate("bench", key)
    ring = DecryptionKeys([DecryptionKey(key, made)])
    decrypt(encrypt(HEADER, [made], MODERN), ring)
    with tempfile.TemporaryFile() as file:
        if "opened" in how:
            _write(file, made, in_lines="base64" in how)
        base = _peak(forget=True)
        if how == SENT:
            assert sent(_text(LARGE), made, MODERN) > LARGE
        elif how == ENCRYPTED:
            assert len(encrypt(_text(LARGE), [made], MODERN)) > LARGE
        elif how == OPENED_DER:
            assert len(decrypt(file.read(), ring).content) == LARGE
        else:
            assert len(decrypt(Base64Reader(file), ring).content) == LARGE
        print((_peak() - base) / LARGE)


def _text(size: int) -> bytes:
    return HEADER + bytes(size - len(HEADER))


def _write(file: IO[bytes], made: x509.Certificate, *, in_lines: bool) -> None:
    pieces = EnvelopedData(LARGE, [made], MODERN).pieces(bytes(MEGABYTE) for _ in range(LARGE // MEGABYTE))
    file.writelines(base64_lines(pieces) if in_lines else pieces)
    file.seek(0)


def _peak(*, forget: bool = False) -> int:
    """The most bytes in memory so far, or from now on (proc(5), clear_refs)."""
    if forget:
        Path("/proc/self/clear_refs").write_text("5")
    [line] = [line for line in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in line]
    return int(line.split()[1]) * 1024


if __name__ == "__main__":
    sys.exit(main())
