"""What the virus scanner says of a file, from a real clamd; and that whatever else it does is not taken for a no."""

from __future__ import annotations

import asyncio
import gzip
import io
import socket
import struct
import tempfile
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from segl_portal.answering import AnswerRefused, AnswerService, Taken, Why
from segl_portal.answering.scanner import Clamd, Scan, ScanResult
from world.clamd import EICAR, MARKER, STREAM_BYTES, ScannerDaemon
from world.counter import Counter
from world.forms import Form


@pytest.fixture(scope="module")
def clamd() -> Iterator[ScannerDaemon]:
    with tempfile.TemporaryDirectory(prefix="clamd-") as folder, ScannerDaemon(Path(folder)) as started:
        yield started


@pytest.fixture(params=["address", "tcp"])
def scanner(clamd: ScannerDaemon, request: pytest.FixtureRequest) -> Clamd:
    return Clamd(getattr(clamd, request.param), 30)


def zipped(content: bytes, depth: int = 1) -> bytes:
    for _ in range(depth):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("inde", content)
        content = buffer.getvalue()
    return content


def test_clean_and_found(scanner: Clamd) -> None:
    assert scanner.scan([b"Hej Anna"]) == Scan(ScanResult.CLEAN)
    assert scanner.scan([]) == Scan(ScanResult.CLEAN)
    found = scanner.scan([EICAR])
    assert found.result is ScanResult.FOUND
    assert "Segl-Test-Eicar" in found.detail


def test_however_it_is_cut(scanner: Clamd) -> None:
    data = b"x" * 1000 + MARKER + b"y" * 1000
    for size in (1, 7, 1001, 5000):
        pieces = [data[at : at + size] for at in range(0, len(data), size)]
        assert scanner.scan([b"", *pieces, b""]).result is ScanResult.FOUND


def test_the_scanner_looks_into_archives(scanner: Clamd) -> None:
    assert scanner.scan([zipped(MARKER, depth=3)]).result is ScanResult.FOUND


def test_a_bomb_is_no_clean_file(scanner: Clamd) -> None:
    """64 MB of zeros in 64 KB: more than it may unpack. Debian's default would say nothing (AlertExceedsMax)."""
    bomb = zipped(gzip.compress(bytes(64 * 1024 * 1024)))
    assert scanner.scan([bomb]).result is not ScanResult.CLEAN


def test_more_than_it_takes_is_unknown(scanner: Clamd) -> None:
    blocks = [bytes(65536)] * (2 * STREAM_BYTES // 65536)
    assert scanner.scan(blocks).result is ScanResult.UNKNOWN


Behaviour = Callable[[socket.socket], None]


@contextmanager
def peer(behave: Behaviour) -> Iterator[str]:
    """Something else at the scanner's address."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            client, _ = server.accept()
            with client:
                behave(client)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"127.0.0.1:{server.getsockname()[1]}"
        thread.join(30)


def whole_stream(client: socket.socket) -> None:
    file = client.makefile("rb")
    assert file.read(10) == b"zINSTREAM\x00"
    while length := struct.unpack(">I", file.read(4))[0]:
        file.read(length)


def says(reply: bytes) -> Behaviour:
    def behave(client: socket.socket) -> None:
        whole_stream(client)
        client.sendall(reply)

    return behave


def hangs_up(client: socket.socket) -> None:
    client.close()


def resets(client: socket.socket) -> None:
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def says_nothing(client: socket.socket) -> None:
    client.recv(10)
    threading.Event().wait(1.5)


@pytest.mark.parametrize(
    "behave",
    [
        hangs_up,
        resets,
        says_nothing,
        says(b""),
        says(b"stream: OK"),  # cut: the end is missing
        says(b"stream: OK\n"),
        says(b"INSTREAM size limit exceeded. ERROR\x00"),
        says(b"UNKNOWN COMMAND\x00"),
        says(b"stream: OK ERROR\x00"),
        says(b"OK\x00"),
        says(b"x" * 100_000),
        says(b"\xff\xfe\x00"),
    ],
)
def test_whatever_else_it_does_is_unknown(behave: Behaviour) -> None:
    with peer(behave) as address:
        assert Clamd(address, 0.5).scan([b"x" * 100_000]).result is ScanResult.UNKNOWN


def test_nobody_there_is_unknown(tmp_path: Path) -> None:
    assert Clamd(str(tmp_path / "none.sock"), 1).scan([b"x"]).result is ScanResult.UNKNOWN
    assert Clamd("127.0.0.1:1", 1).scan([b"x"]).result is ScanResult.UNKNOWN


def test_what_was_found_is_told_to_the_log_without_tricks() -> None:
    with peer(says(b"stream: Win.Test\x1b[31m\nEVIL FOUND\x00")) as address:
        said = Clamd(address, 5).scan([b"x"])
    assert said.result is ScanResult.FOUND
    assert said.detail == "Win.Test__31m_EVIL"


# An answer with files


def answered(directory: Path, form: Form, **answers: Any) -> tuple[Taken | AnswerRefused, list[bytes]]:
    """How taking *form* ends, and the mails that went."""
    directory.mkdir(exist_ok=True)
    with Counter(directory, answers=answers) as counter:
        _, opened = counter.open(counter.seal())
        counter.return_port.forget()
        desk = AnswerService(counter.settings, counter.engine, counter.events)
        outcome = asyncio.run(
            desk.take_answer(opened, form.stream(), form.content_type, lambda text: text == "right")
        )
        desk.close()
        left = {path.name for path in counter.directory.root.glob("*/*")} - {f"{opened.message_id}.sealed"}
        assert bool(left) == isinstance(outcome, Taken), "what is not taken leaves nothing"
        return outcome, [mail.content for mail in counter.return_port.received]


def test_every_file_of_an_answer_is_looked_at(clamd: ScannerDaemon, tmp_path: Path) -> None:
    good = Form().with_file("a.txt", b"x" * 200_001).with_file("b.txt", b"y")
    outcome, mails = answered(tmp_path / "good", good, clamd=clamd.address)
    assert isinstance(outcome, Taken)
    assert len(mails) == 1
    bad = good.with_file("virus.txt", b"z" * 100_000, MARKER, b"z" * 100_000).with_file("c.txt", b"c")
    outcome, mails = answered(tmp_path / "bad", bad, clamd=clamd.address)
    assert outcome == AnswerRefused(Why.FILE_INFECTED, "virus.txt", "Tak for brevet.")
    assert mails == []


@pytest.mark.parametrize("down", ["refuse", "take"])
def test_a_scanner_that_does_not_answer(tmp_path: Path, down: str) -> None:
    """The settings say what follows; as installed the answer waits."""
    form = Form().with_file("a.txt", b"x")
    outcome, mails = answered(tmp_path, form, clamd=str(tmp_path / "none.sock"), clamd_down=down)
    if down == "take":
        assert isinstance(outcome, Taken)
    else:
        assert outcome == AnswerRefused(Why.NOT_SCANNED, "a.txt", "Tak for brevet.")
    assert len(mails) == (down == "take")


def test_without_files_nobody_is_asked(tmp_path: Path) -> None:
    outcome, _ = answered(tmp_path, Form(), clamd=str(tmp_path / "none.sock"))
    assert isinstance(outcome, Taken)
