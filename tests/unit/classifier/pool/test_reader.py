"""The attachments of one message share a budget of time; pictures have one of their own."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator

import pytest
import zxingcpp
from PIL import Image, ImageDraw

from corpus import pdf_files
from corpus.extracted import extract
from segl.mime.transfer import Encoding
from segl.settings.detection import Detection, Limits
from segl.vocabulary import Finding
from segl_classifier.deadline import Deadline
from segl_classifier.extract import NO_OCR, Pictures
from segl_classifier.extracted import Extracted
from segl_classifier.message import Message, Part
from segl_classifier.pool import reader
from segl_classifier.pool.client import Pool
from segl_classifier.pool.reader import PoolReader
from segl_classifier.pool.wire import Job
from world.needs import TESSERACT


@pytest.fixture(autouse=True)
def shared(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    pools: dict[tuple[int, bool], Pool] = {}
    monkeypatch.setattr(reader, "_shared", pools)
    yield
    for pool in pools.values():
        pool.stop()


def zipped() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a.txt", "hej")
    return file.getvalue()


def attachment(data: bytes, kind: str = "application/zip", number: int = 2) -> Part:
    return Part(f"part {number}", kind, "", "a", True, data, Encoding.NONE, "", 1)


def slow_pool(
    monkeypatch: pytest.MonkeyPatch, allowed: Callable[[Job], float], takes: float
) -> tuple[list[float], list[float]]:
    """A clock, and what each job of a pool was *allowed*; each *takes* so many seconds of that clock."""
    clock, asked = [1000.0], list[float]()

    def slow(self: Pool, job: Job, data: bytes) -> Extracted:
        asked.append(allowed(job))
        clock[0] += takes
        return Extracted()

    monkeypatch.setattr(Pool, "read", slow)
    monkeypatch.setattr("time.monotonic", lambda: clock[0])
    return clock, asked


def gaps(found: Extracted) -> list[str]:
    return [f"{finding.rule} {finding.excerpt}" for finding in found.unread]


def test_all_attachments_together_have_so_much_time(monkeypatch: pytest.MonkeyPatch) -> None:
    _, asked = slow_pool(monkeypatch, lambda job: job.seconds, takes=15.0)
    reader = PoolReader(Limits(attachment_seconds=20.0, attachments_seconds=40.0), NO_OCR)
    found = [reader.read(attachment(b"x"), Limits()) for _ in range(4)]
    assert asked == [20.0, 20.0, 10.0]
    assert [gaps(each) for each in found] == [
        [], [], [], ["unreadable.timed-out more than 40 s for all attachments"]
    ]  # fmt: skip


def test_they_leave_a_fifth_of_the_messages_time_to_what_comes_after_reading(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock, asked = slow_pool(monkeypatch, lambda job: job.seconds, takes=15.0)
    limits = Limits(message_seconds=50.0, attachments_seconds=50.0)
    deadline = Deadline.after(50.0)
    clock[0] += 12.0  # what came before them
    reader = PoolReader(limits, NO_OCR, deadline)
    found = [reader.read(attachment(b"x"), Limits()) for _ in range(3)]
    assert asked == [20.0, 13.0]
    assert gaps(found[2]) == ["unreadable.timed-out no time was left for attachments"]


def test_pictures_have_a_budget_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    _, asked = slow_pool(monkeypatch, lambda job: job.ocr_seconds, takes=4.0)
    reader = PoolReader(Limits(ocr_seconds=10.0), Pictures(ocr=True))
    for _ in range(4):
        reader.read(attachment(b"x", "image/png"), Limits())
    assert asked == [10.0, 6.0, 2.0, 0.001], "too late is not the same as unasked"
    PoolReader(Limits(ocr_seconds=10.0), NO_OCR).read(attachment(b"x"), Limits())
    assert asked[-1] == 0.0


def test_settings_say_what_is_done_with_pictures() -> None:
    assert Pictures.of(Detection()) == NO_OCR
    assert Pictures.of(Detection(ocr=True)) == Pictures(ocr=True)
    assert Pictures.of(Detection(pictures="ignore")) == Pictures(ignore=True)


def test_one_pool_is_shared_until_limits_change() -> None:
    usual = reader.shared(Limits(), NO_OCR)
    assert reader.shared(Limits(text_chars=5), NO_OCR) is usual
    assert reader.shared(Limits(), Pictures(ocr=True)) is not usual
    assert reader.shared(Limits(reader_bytes=1 << 28), NO_OCR) is not usual
    reader.prepare(Limits(), NO_OCR)
    assert list(reader._shared.values()) == [usual]
    assert reader.tend() is None


def picture() -> bytes:
    image = Image.new("RGB", (900, 200), "white")
    draw = ImageDraw.Draw(image)
    draw.text((40, 60), "Nummer 010190-1234", fill="black", font_size=64)
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


@pytest.mark.slow
@TESSERACT
def test_a_picture_is_laid_straight_and_words_and_codes_on_it_are_read_by_who_is_shut_in() -> None:
    page = Image.open(io.BytesIO(picture())).convert("L").rotate(8, expand=True, fillcolor=255)
    code = memoryview(zxingcpp.create_barcode("Sag 47-11", zxingcpp.BarcodeFormat.QRCode).to_image(scale=3))
    height, width = code.shape or (0, 0)
    page.paste(Image.frombytes("L", (width, height), bytes(code)), (20, 20))
    out = io.BytesIO()
    page.save(out, "WEBP", lossless=True)
    message = Message((attachment(out.getvalue(), "image/webp"),), ())
    found, unread = extract(message, Limits(), pictures=Pictures(ocr=True))
    said = {text.where: text.text for text in found}
    assert "010190-1234" in said["part 2, read by OCR"]
    assert said["part 2, read from a code"] == "Sag 47-11"
    assert unread == []


def test_a_picture_is_told_of_or_passed_over() -> None:
    data = picture().ljust(40_000, b"\0")
    message = Message((attachment(data, "image/png"),), ())
    _, unread = extract(message, Limits())
    assert [finding.rule for finding in unread] == ["unreadable.unknown-type"]
    assert extract(message, Limits(), pictures=Pictures(ignore=True)) == ([], [])
    lying = Message((attachment(b"\x00\x01\x02" * 99, "image/png"),), ())
    assert extract(lying, Limits(), pictures=Pictures(ignore=True))[1] != []


@pytest.mark.slow
def test_pages_that_are_pictures_are_passed_over_too_but_letters_that_no_font_says_are_not() -> None:
    def unread(data: bytes) -> list[Finding]:
        message = Message((attachment(data, "application/pdf"),), ())
        return extract(message, Limits(), pictures=Pictures(ignore=True))[1]

    letter = "Vandet var godt. " * 50
    assert unread(pdf_files.scanned()) == []
    assert unread(pdf_files.pictured([(0, 0, 1, 0.6)], letter)) == []
    assert unread(pdf_files.without_letters(["CPR 010190-1234"], [])) != []
