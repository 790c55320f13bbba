"""The portal's reading: how fast a sealed message is decrypted, shown and handed out, and what memory that takes.

A message of 50 MB (a file in base64) is sealed on disk as segl-deliver seals it. Measured are decryption
alone, the file decoded on its way out, and the size told beforehand; the memory is the peak of a process that
does this, less what it had before. Then messages of 20 KB are shown one after the other: decrypted, indexed,
their HTML made harmless in a worker.

    python tests/bench/bench_reading.py

Bars: decryption 100 MB a second, 64 MB a stream, 50 views a second.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.processes import bar, tell_noise
from corpus.letters import PNG, file, message, multipart, text
from segl.sealed.content import SealedContent
from segl.sealed.directory import SealedDirectory, new_id
from segl.sealed.keys import Secret, new_content_key
from segl_portal.reading.files import open_file
from segl_portal.reading.frame import frame_document
from segl_portal.reading.index import index
from segl_portal.reading.making import message_pdf
from segl_portal.reading.renderer import Renderer
from segl_portal.reading.view import read_message

MEGABYTE = 1_000_000
LARGE = 50 * MEGABYTE
BAR_DECRYPT, BAR_MEMORY, BAR_VIEWS = 100.0, 64.0, 50.0
ROUNDS, VIEWS = 5, 200


class Sealed:
    """A message sealed in a folder of its own."""

    def __init__(self, root: Path, raw: bytes) -> None:
        self.directory = SealedDirectory(root)
        self.id, self.key, self.size = new_id(), new_content_key(), len(raw)
        self.directory.write(self.id, self.key, [raw])

    def open(self) -> SealedContent:
        return SealedContent(self.directory.open(self.id), self.key, self.id, self.size)


def main() -> int:
    if len(sys.argv) > 1:
        stream(*sys.argv[1:])
        return 0
    tell_noise()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        body = multipart("mixed", text("Hej"), file(os.urandom(LARGE), "application/x", "stor.bin"))
        good = large(Sealed(root, message(body)))
        good += small(Sealed(root, letter()))
    return 0 if all(good) else 1


def large(sealed: Sealed) -> list[bool]:
    with sealed.open() as content:
        raw = best(lambda: drain(content.chunks()))
        print(
            f"index of {sealed.size / MEGABYTE:.0f} MB: {best(lambda: drain(index(content).parts)) * 1000:.0f} ms"
        )
        out = best(lambda: drain(opened(content)))
    decrypted = sealed.size / MEGABYTE / raw
    good = [
        bar("decryption", f"{decrypted:.0f} MB/s", decrypted >= BAR_DECRYPT, f">= {BAR_DECRYPT:.0f} MB/s")
    ]
    print(f"a file of 50 MB, found, its size told, decoded on its way out: {LARGE / MEGABYTE / out:.0f} MB/s")
    arguments = [str(sealed.directory.root), sealed.id, sealed.key.reveal().hex(), str(sealed.size)]
    process = subprocess.run(
        [sys.executable, __file__, *arguments], capture_output=True, text=True, check=True
    )
    memory = float(process.stdout)
    good.append(bar("memory of a stream", f"{memory:.1f} MB", memory < BAR_MEMORY, f"< {BAR_MEMORY:.0f} MB"))
    return good


def small(sealed: Sealed) -> list[bool]:
    workshop = Renderer()
    workshop.start()
    try:
        show(sealed, workshop)
        time.sleep(3)  # the libraries of the template are loaded
        start = time.perf_counter()
        for _ in range(VIEWS):
            show(sealed, workshop)
        each = VIEWS / (time.perf_counter() - start)
        what = f"views of {sealed.size / 1000:.0f} KB"
        good = [bar(what, f"{each:.0f} a second", each >= BAR_VIEWS, f">= {BAR_VIEWS:.0f}")]
        start = time.perf_counter()
        with sealed.open() as content:
            seen = read_message(content, workshop.sanitise)
            made = message_pdf(
                content, seen, workshop, rows=[("Fra", "x")], title=seen.subject, language="da", notes={}
            )
        print(
            f"the same as PDF: {(time.perf_counter() - start) * 1000:.0f} ms, {len(made or b'') / 1000:.0f} KB"
        )
    finally:
        workshop.stop()
    return good


def show(sealed: Sealed, workshop: Renderer) -> None:
    with sealed.open() as content:
        seen = read_message(content, workshop.sanitise)
    if not seen.pictures or "Kære" not in frame_document(seen.html, title=seen.subject, language="da"):
        raise SystemExit("the message was not shown")


def letter() -> bytes:
    """20 KB as a mail program writes it: text and HTML, a logo, a small file."""
    words = "<p style='margin:0cm;font-size:11pt'>Kære Anna, vi skriver om <b>sagen</b> fra i går.</p>\r\n"
    html = text(words * 110 + '<img src="cid:logo@x">', "html")
    plain = text("Kære Anna, vi skriver om sagen fra i går.\r\n" * 60)
    logo = file(PNG, "image/png", more="Content-ID: <logo@x>\r\n")
    body = multipart("alternative", plain, multipart("related", html, logo, boundary="r"), boundary="a")
    return message(
        multipart("mixed", body, file(b"%PDF-1.7\n" + bytes(3_000), "application/pdf", "brev.pdf"))
    )


def opened(content: SealedContent) -> Iterator[bytes]:
    found = open_file(content, 2)
    if found is None or found.file.size != LARGE:
        raise SystemExit("the file was not found")
    return found.chunks()


def stream(root: str, message_id: str, key: str, size: str) -> None:
    """In a process of its own: one file out, and how much memory it took beyond what was there before, in MB."""
    file = SealedDirectory(Path(root)).open(message_id)
    with SealedContent(file, Secret(bytes.fromhex(key)), message_id, int(size)) as content:
        before = told("VmRSS")
        if sum(map(len, opened(content))) != LARGE:
            raise SystemExit("not all came out")
        print(told("VmHWM") - before)


def told(what: str) -> float:
    """What the kernel tells of this process's memory (proc(5)), in MB."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(what):
            return int(line.split()[1]) / 1000
    raise SystemExit(f"no {what} told")


def drain(pieces: Iterator[object] | tuple[object, ...]) -> int:
    return sum(1 for _ in pieces)


def best(work: Callable[[], object]) -> float:
    """Seconds of the best of some rounds."""
    taken = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return min(taken)


if __name__ == "__main__":
    sys.exit(main())
