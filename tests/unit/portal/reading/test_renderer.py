"""What is made of strangers' files in processes that are shut in: harmless HTML, previews, PDF files."""

from __future__ import annotations

import io
import os
import re
import signal
import socket
import struct
import threading
import time
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pypdfium2
import pytest
from PIL import Image
from reportlab.pdfgen.canvas import Canvas

from corpus.letters import PNG, file, message, multipart, text
from segl.confined.frames import Broken
from segl_portal.reader import Reader
from segl_portal.reading import jobs
from segl_portal.reading.jobs import Job, Kind
from segl_portal.reading.making import message_pdf, preview, preview_pages
from segl_portal.reading.paper import print_document
from segl_portal.reading.renderer import SANITISE_SECONDS, Renderer
from segl_portal.reading.sanitise import sanitise
from segl_portal.reading.source import BytesSource
from segl_portal.reading.view import Note, read_message
from segl_portal.reading.worker import JOBS
from segl_portal.texts_da import DANISH

if TYPE_CHECKING:
    from segl.sealed.content import SealedContent


@pytest.fixture(scope="module")
def workshop() -> Iterator[Renderer]:
    made = Renderer()
    made.start()
    yield made
    made.stop()


def pdf(*pages: str) -> bytes:
    out = io.BytesIO()
    canvas = Canvas(out)
    for words in pages:
        canvas.drawString(100, 700, words)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def picture(size: tuple[int, int], form: str, mode: str = "RGB", colour: str = "red") -> bytes:
    out = io.BytesIO()
    Image.new(mode, size, colour).save(out, form)
    return out.getvalue()


def words_of_pdf(data: bytes) -> str:
    with pypdfium2.PdfDocument(data) as document:
        return "\n".join(page.get_textpage().get_text_range() for page in document)


# HTML


def test_html_is_made_harmless_as_in_the_same_process(workshop: Renderer) -> None:
    html = '<p onclick=x>Kære <b>Anna</b> æøå</p><img src="cid:a"><img src="http://x.example/y"><script>x</script>'
    assert workshop.sanitise(html, {"a": "picture/2"}) == sanitise(html, {"a": "picture/2"})


@pytest.mark.parametrize(
    "bomb",
    ["<div>" * 1_000_000, "&amp;" * 1_000_000, "<p " + " ".join(f"a{n}" for n in range(500_000)) + ">",
     "<table>" * 700_000, "<b><p>" * 800_000, "<svg>" * 1_000_000, "<" * 5_000_000],
    ids=["nested", "characters", "attributes", "tables", "misnested", "drawings", "brackets"],
)  # fmt: skip
def test_five_megabytes_of_hostile_html_are_done_or_ended_in_two_seconds(
    workshop: Renderer, bomb: str
) -> None:
    workshop.sanitise("x", {})  # a worker is there
    start = time.monotonic()
    workshop.sanitise(bomb, {})
    assert time.monotonic() - start < SANITISE_SECONDS + 3  # of a busy machine


def test_a_bomb_is_shown_as_its_words_and_the_next_message_as_ever(workshop: Renderer) -> None:
    bomb = message(text("<div>" * 300_000 + "Kære Anna", "html"))
    seen = read_message(BytesSource(bomb), workshop.sanitise)
    assert seen.notes == {Note.SIMPLIFIED}
    assert "Kære Anna" in seen.html
    seen = read_message(BytesSource(message(text("<b>Hej</b>", "html"))), workshop.sanitise)
    assert "<b>Hej</b>" in seen.html


def test_other_threads_go_on_while_a_bomb_is_worked_on(workshop: Renderer) -> None:
    bomb = threading.Thread(target=workshop.sanitise, args=("<div>" * 1_000_000, {}))
    bomb.start()
    done = 0
    while bomb.is_alive() and done < 5:
        assert workshop.sanitise("<p>x", {}) is not None
        done += 1
    bomb.join()
    assert done == 5


# Previews


def test_a_page_of_a_pdf_becomes_a_picture(workshop: Renderer) -> None:
    data = pdf("Kaere Anna", "Side to")
    assert workshop.count_pages(data) == 2
    one, two = (workshop.preview(data, page) for page in (1, 2))
    assert one is not None
    assert two is not None
    assert one != two
    assert min(Image.open(io.BytesIO(one)).size) > 1000
    for page in (0, -1, 3, 10**6):
        assert workshop.preview(data, page) is None


@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF"])
def test_a_picture_is_drawn_anew_at_a_size_for_the_page(workshop: Renderer, form: str) -> None:
    drawn = workshop.preview(picture((3000, 1500), form), 1)
    assert drawn is not None
    image = Image.open(io.BytesIO(drawn))
    assert (image.format, image.size) == ("PNG", (1200, 600))
    red, green, blue = image.convert("RGB").getpixel((600, 300))  # type: ignore[misc]
    assert red > 200 > 50 > max(green, blue)


def test_nothing_but_pixels_comes_out(workshop: Renderer) -> None:
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "Hemmelig beskrivelse"
    exif[0x0112] = 6  # turned by a quarter
    Image.new("RGB", (100, 50)).save(out, "JPEG", exif=exif, comment=b"Hemmelig")
    drawn = workshop.preview(out.getvalue(), 1)
    assert drawn is not None
    assert b"Hemmelig" not in drawn
    assert Image.open(io.BytesIO(drawn)).size == (50, 100)


def png_of_size(width: int, height: int) -> bytes:
    """A PNG that says it is so large, and holds nothing."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
        + chunk(b"IEND", b"")
    )


def looping_pdf() -> bytes:
    """Pages that are their own parents."""
    return (
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
        b"2 0 obj<</Type/Pages/Kids[2 0 R 2 0 R]/Count 99999>>endobj\ntrailer<</Root 1 0 R>>\n"
    )


@pytest.mark.parametrize(
    "data",
    [b"", b"%PDF-1.7", b"%PDF-1.7\n" + b"1 0 obj<<" * 100_000, pdf("x")[:-200], looping_pdf(), PNG[:30],
     png_of_size(1_000_000, 1_000_000), png_of_size(60_000, 60_000), b"GIF89a" + b"\xff" * 1000, b"<svg onload=x>",
     b"<html>", b"MZ" + b"\0" * 100, os.urandom(10_000), b"\xff\xd8\xff" + b"\0" * 100_000, b"II*\0" + b"\xff" * 100],
)  # fmt: skip
def test_what_is_no_picture_gives_none_or_a_picture_in_bounded_time(workshop: Renderer, data: bytes) -> None:
    start = time.monotonic()
    drawn = workshop.preview(data, 1)
    assert drawn is None or drawn.startswith(b"\x89PNG")
    workshop.count_pages(data)
    assert time.monotonic() - start < 30
    assert workshop.count_pages(pdf("x")) == 1, "the next file is read as ever"


def test_a_page_of_odd_size_is_bounded(workshop: Renderer) -> None:
    for size in ((20_000.0, 10.0), (1.0, 14_000.0)):
        out = io.BytesIO()
        canvas = Canvas(out, pagesize=size)
        canvas.showPage()
        canvas.save()
        drawn = workshop.preview(out.getvalue(), 1)
        if drawn is not None:
            width, height = Image.open(io.BytesIO(drawn)).size
            assert width <= 1201
            assert height <= 1701


LETTER = message(
    multipart("mixed", multipart("related", text('<h2>Kære Anna</h2><img src="cid:logo@x">', "html"),
                                 file(PNG, "image/png", more="Content-ID: <logo@x>\r\n"), boundary="r"),
              file(pdf("x", "y", "z"), "application/pdf", "brev.pdf"), file(PNG, "image/png", "foto.png"),
              file(b"PK\3\4", "application/zip", "x.zip"))
)  # fmt: skip


def test_files_of_a_message_are_previewed_by_their_numbers(workshop: Renderer) -> None:
    source = BytesSource(LETTER)
    seen = read_message(source, workshop.sanitise)
    assert [(part.number, part.name) for part in seen.files] == [
        (4, "brev.pdf"),
        (5, "foto.png"),
        (6, "x.zip"),
    ]
    assert preview_pages(source, seen.files, workshop) == {4: 3, 5: 1}
    assert preview(source, 4, 3, workshop) is not None
    assert preview(source, 5, 1, workshop) is not None
    for number, page in ((4, 4), (6, 1), (1, 1), (0, 1), (99, 1)):
        assert preview(source, number, page, workshop) is None


# PDF


def test_a_message_is_printed_with_its_pictures(workshop: Renderer) -> None:
    source = BytesSource(LETTER)
    seen = read_message(source, workshop.sanitise)
    made = message_pdf(
        source, seen, workshop, rows=[("Fra", "Søren <s@vand.example>"), ("Dato", "25. november 2026")],
        title=seen.subject, language="da",
    )  # fmt: skip
    assert made is not None
    words = words_of_pdf(made)
    for expected in ("Svar på sagen", "Fra", "Søren <s@vand.example>", "Kære Anna", "1 / 1"):
        assert expected in words
    with pypdfium2.PdfDocument(made) as document:
        assert any(item.type == pypdfium2.raw.FPDF_PAGEOBJ_IMAGE for item in document[0].get_objects())


def test_a_picture_that_is_mentioned_many_times_does_not_grow_the_print_without_bound() -> None:
    """Five megabytes of HTML name a picture 290,000 times; the document is made before a worker has its limits."""
    logo = PNG + bytes(200_000)
    html = text('<img src="cid:a" alt="logo">' * 400 + '<img src="cid:b">', "html")
    pictures = [
        file(data, "image/png", more=f"Content-ID: <{name}>\r\n") for name, data in (("a", logo), ("b", PNG))
    ]
    source = BytesSource(message(multipart("related", html, *pictures)))
    printed: list[str] = []

    class Printer:
        def as_pdf(self, document: str, seconds: float) -> bytes:
            printed.append(document)
            return b"%PDF-"

    seen = read_message(source, sanitise)
    message_pdf(source, seen, cast("Renderer", Printer()), rows=[], title="x", language="da")
    [document] = printed
    assert 20_000_000 < len(document) < 30_000_000
    assert document.count("<img") == 401
    assert document.count('<img alt="logo">') == 400 - 20 * 1024 * 1024 // len(logo)
    assert document.rstrip().endswith('"></div></body></html>')


def test_printing_fetches_nothing(workshop: Renderer, tmp_path: object) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        url = f"http://127.0.0.1:{server.getsockname()[1]}/x"
        body = (
            f'<img src="{url}"><link rel=stylesheet href="{url}">'
            f'<style>@import "{url}";p{{background:url({url})}}</style>'
            f'<p>Hej</p><img src="file:///etc/passwd"><object data="{url}"></object><iframe src="{url}"></iframe>'
        )
        made = workshop.as_pdf(print_document("x", [], body, "da"))
        assert made is not None
        assert "Hej" in words_of_pdf(made)
        with pytest.raises(TimeoutError):
            server.accept()


@pytest.mark.parametrize(
    "around",
    [
        '<div style="width:3000px;text-align:right">{}</div>',
        '<div style="width:2900px;text-indent:2800px;max-width:none">{}</div>',
    ],
)
def test_where_a_link_leads_stands_on_the_printed_page(workshop: Renderer, around: str) -> None:
    link = '<a href="https://ond.example/x" style="float:left">www.bank.example</a>'
    body = sanitise(around.format(link), {}).html
    made = workshop.as_pdf(print_document("x", [], body, "da"))
    assert made is not None
    with pypdfium2.PdfDocument(made) as document:
        text = document[0].get_textpage()
        found = text.search("[ond.example]").get_next()
        assert found is not None
        left, _, _, _ = text.get_charbox(found[0])
        _, _, right, _ = text.get_charbox(found[0] + found[1] - 1)
        assert 0 < left < right < document[0].get_width()


def test_what_stands_in_a_field_is_no_markup(workshop: Renderer) -> None:
    made = workshop.as_pdf(print_document("<b>x</b>", [("<i>", "</dl><script>")], "<p>Hej</p>", "da"))
    assert made is not None
    assert "</dl><script>" in words_of_pdf(made)


def test_a_layout_beyond_measure_is_printed_as_words(
    workshop: Renderer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("segl_portal.reading.renderer.PRINT_SECONDS", 2.0)
    monkeypatch.setattr(Renderer.as_pdf, "__defaults__", (2.0,))
    source = BytesSource(message(text("<table><tr>" + "<td><b>Kære</b> Anna <br>" * 2_000, "html")))
    seen = read_message(source, sanitise)
    made = message_pdf(source, seen, workshop, rows=[], title="x", language="da", seconds=0.5)
    assert made is not None
    assert "Kære Anna" in words_of_pdf(made)


def test_a_message_of_thousands_of_files_is_printed_with_the_first_of_them(workshop: Renderer) -> None:
    files = "".join(
        f"--x\r\nContent-Type: application/pdf; name=bilag-{number}.pdf\r\n\r\nx\r\n"
        for number in range(3_000)
    )
    letter = f"Subject: Bilag\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n{files}--x--\r\n"
    content = cast("SealedContent", BytesSource(letter.encode()))
    made = Reader(workshop).pdf(content, DANISH, "Vandværket")
    assert made is not None
    words = words_of_pdf(made)
    assert "bilag-99.pdf (+ " in words.replace("\r\n", " ").replace("\n", " ")
    assert "bilag-100.pdf" not in words


# The processes


def test_pages_are_shown_while_others_print(workshop: Renderer) -> None:
    """However much is printed, and however long it takes."""
    document = print_document("x", [], "<p>Kære Anna</p>" * 20_000, "da")
    printers = [threading.Thread(target=workshop.as_pdf, args=(document, 1.5)) for _ in range(2)]
    for printer in printers:
        printer.start()
    shown = 0
    while any(printer.is_alive() for printer in printers) and shown < 10:
        assert workshop.sanitise("<p>x", {}) is not None
        shown += 1
    assert shown == 10
    for printer in printers:
        printer.join()


def test_many_at_once_are_all_served(workshop: Renderer) -> None:
    with ThreadPoolExecutor(12) as threads:
        made = list(threads.map(lambda n: workshop.sanitise(f"<p>{n}</p>", {}), range(60)))
    assert [clean.html if clean else None for clean in made] == [f"<p>{n}</p>" for n in range(60)]


def test_a_worker_that_has_grown_old_is_replaced_between_two_jobs(workshop: Renderer) -> None:
    """Its last answer says so; else the next job would meet it while it ends."""
    assert all(workshop.sanitise("<p>x", {}) is not None for _ in range(3 * JOBS))


def test_a_worker_that_read_a_file_reads_no_other(workshop: Renderer) -> None:
    idle = len(workshop._workers._idle)
    workshop.preview(PNG, 1)
    assert len(workshop._workers._idle) <= idle


def test_a_killed_template_costs_nothing_but_time() -> None:
    made = Renderer()
    try:
        assert made.sanitise("<p>x", {}) is not None
        template = made._workers._template
        assert template is not None
        os.kill(template.pid, signal.SIGKILL)
        time.sleep(0.1)
        for _ in range(20):
            if made.preview(PNG, 1) is not None:
                break
        else:
            pytest.fail("never again")
    finally:
        made.stop()


def test_an_answer_that_breaks_the_form_is_none() -> None:
    job = Job(Kind.SANITISE, b"x", 1.0, 100)
    head = struct.Struct(">BIQ")
    for said in (
        head.pack(0, 10**6, 0), head.pack(0, 2, 101), head.pack(9, 2, 0) + b"{}", head.pack(0, 2, 0) + b"[]",
        head.pack(0, 2, 0) + b"{x", head.pack(0, 2, 0) + b"\xff\xff", b"", b"\0",
    ):  # fmt: skip
        ours, theirs = socket.socketpair()
        with ours, theirs:
            theirs.sendall(said)
            theirs.shutdown(socket.SHUT_WR)
            with pytest.raises(Broken):
                jobs.receive_answer(ours, job, time.monotonic() + 5)


def test_content_ids_that_a_worker_invents_are_not_believed(
    workshop: Renderer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lie(*_: object) -> jobs.Answer:
        return jobs.Answer(jobs.Outcome.DONE, {"blocked": -5, "shown": ["a", "zz", 3]}, b"x")

    monkeypatch.setattr(workshop, "_ask", lie)
    clean = workshop.sanitise("x", {"a": "picture/1"})
    assert clean is not None
    assert (clean.blocked, clean.shown) == (0, frozenset({"a"}))


def test_the_sandbox_of_a_worker_holds(workshop: Renderer) -> None:
    """A worker has neither a socket of its own nor a file it could write."""
    workshop.sanitise("x", {})
    (worker, *_) = workshop._workers._idle
    info = Path(f"/proc/self/fdinfo/{worker.pidfd}").read_text("ascii")
    found = re.search(r"^Pid:\s+(\d+)", info, re.MULTILINE)
    assert found is not None
    status = Path(f"/proc/{found[1]}/status").read_text("ascii")
    assert re.search(r"^Seccomp:\s+2", status, re.MULTILINE)
    assert re.search(r"^NoNewPrivs:\s+1", status, re.MULTILINE)
