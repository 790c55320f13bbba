"""Pictures: read by OCR when that is allowed, told of when it is not."""

from __future__ import annotations

import io
import random
import shutil
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageDraw, ImageOps

from corpus import pdf_files
from corpus.reading import ALLOWANCE, WITH_OCR, causes, stands_in, text_of
from segl.mime import sniff
from segl.vocabulary import Unreadable
from segl_classifier.formats.content import Allowance
from segl_classifier.formats.harvest import Harvest
from segl_classifier.formats.pdf.reader import read as read_pdf
from segl_classifier.formats.pictures import ocr as image
from segl_classifier.formats.pictures import picture as pictures
from segl_classifier.formats.pictures import straight
from segl_classifier.formats.pictures.raster import grey_png
from world.needs import TESSERACT

CPR = "010190-1234"


def saved_as(form: str) -> bytes:
    return stored(Image.open(io.BytesIO(pdf_files.letter_picture())).convert("RGB"), form)


needs_tesseract = TESSERACT


@needs_tesseract
def test_a_number_in_a_picture_is_read_and_nothing_touches_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("TMPDIR", "TEMP", "TMP", "HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.chdir(tmp_path)
    content = image.read(saved_as("JPEG"), "", WITH_OCR)
    assert stands_in(content, CPR) == ["read by OCR"], text_of(content)
    assert content.lacks == ()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF", "WEBP", "AVIF"])
def test_the_program_sees_a_picture_of_every_form(
    form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = tmp_path / "first"
    a_program(
        tmp_path, monkeypatch, f"[ -e {first} ] && exec cat > /dev/null; cat > {first}; printf '{UNSURE}'"
    )
    image.read(saved_as(form), "", WITH_OCR)
    drawn = Image.open(io.BytesIO(pdf_files.letter_picture())).convert("L")
    with Image.open(first) as seen:
        apart = ImageChops.difference(seen, drawn).histogram()
    assert sum(apart[60:]) == 0  # in no place by more than what JPEG loses


# Two, the first taken with the telephone on its side.
TELEPHONE = Path(__file__).parents[3] / "corpus" / "formats" / "telephone.heic"


@needs_tesseract
def test_photographs_of_a_telephone_are_read() -> None:
    content = image.read(TELEPHONE.read_bytes(), "", WITH_OCR)
    assert stands_in(content, CPR) == ["read by OCR"]
    assert stands_in(content, "020280-4321") == ["page 2, read by OCR"]
    assert content.lacks == ()


@pytest.mark.parametrize("brand", [b"heic", b"heix", b"hevc", b"mif1", b"avif", b"avis"])
def test_a_picture_in_the_container_of_films_is_a_picture(brand: bytes) -> None:
    data = b"\0\0\0\x1cftyp" + brand + bytes(40)
    assert pictures.kind_of(data) == sniff.signature(data) == "image/heic"


@pytest.mark.parametrize("file", [TELEPHONE, TELEPHONE.with_name("tiles.heic")])
def test_a_photograph_that_is_cut_off_is_broken(file: Path) -> None:
    whole = file.read_bytes()
    assert list(straight.pages_of(whole + b"SEFH\1\0\0\0SEFT"))  # as telephones write it behind the picture
    for end in range(0, len(whole), 250):
        with pytest.raises(straight.BROKEN):
            list(straight.pages_of(whole[:end]))


@pytest.mark.parametrize("form", ["GIF", "PNG", "WEBP", "AVIF"])
def test_what_else_is_written_in_a_moving_picture_is_read(form: str) -> None:
    first, second = (ImageOps.expand(noted(text), 60, 255) for text in ("Step one of three", "Your number"))
    photograph = Image.effect_noise(first.size, 80)
    moves = stored(first, form, save_all=True, append_images=[first, photograph, second, first], duration=900)
    assert len(list(straight.pages_of(moves))) == 2


def noted(text: str) -> Image.Image:
    note = Image.new("L", (600, 240), 255)
    for row in range(4):
        ImageDraw.Draw(note).text((20, 20 + 50 * row), text, fill=0, font_size=32)
    return note


def typed() -> Image.Image:
    """A letter, at 150 dots an inch."""
    page = Image.new("L", (1200, 320), 255)
    lines = (
        "Dear Jens Hansen",
        "",
        "We have received your application for help with the rent of your flat,",
        f"and it will be looked into next week. Your number is {CPR}",
        "and nothing else. Please call.",
    )
    for row, line in enumerate(lines):
        ImageDraw.Draw(page).text((50, 50 + 50 * row), line, fill=0, font_size=30)
    return page


@needs_tesseract
def test_each_page_of_a_fax_is_read_however_it_lies() -> None:
    turned = [typed().rotate(turn, expand=True) for turn in (0, 90, 180, 270)]
    content = image.read(stored(turned[0], "TIFF", save_all=True, append_images=turned[1:]), "", WITH_OCR)
    assert stands_in(content, CPR) == ["read by OCR", *(f"page {page}, read by OCR" for page in (2, 3, 4))]
    assert content.lacks == ()
    for passage in content.passages:
        assert passage.text.startswith("Dear Jens Hansen\n\nWe have received")
        assert "of your flat,\nand it will be" in passage.text


@needs_tesseract
def test_pages_behind_one_that_does_not_open_are_left_to_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    data = stored(typed(), "TIFF", save_all=True, append_images=[typed()])

    def one_opens(data: bytes) -> Iterator[Image.Image]:
        yield next(straight.pages_of(data))
        raise OSError

    monkeypatch.setattr(image, "pages_of", one_opens)
    content = image.read(data, "", WITH_OCR)
    assert [passage.place for passage in content.passages] == ["read by OCR", "page 2, read by OCR"]
    assert content.lacks == ()


@needs_tesseract
def test_what_ocr_is_not_sure_of_is_told_of() -> None:
    content = image.read(stored(ImageOps.mirror(typed()).crop((0, 130, 1200, 320)), "PNG"), "", WITH_OCR)
    assert causes(content) == {Unreadable.UNKNOWN_TYPE}


def by_hand(strokes: int) -> Image.Image:
    page = Image.new("L", (1240, 700), 255)
    chance = random.Random(2)
    for stroke in range(strokes):
        left, top = 100 + 60 * (stroke % 16), 100 + 120 * (stroke // 16)
        points = [(left + chance.randint(0, 90), top + chance.randint(0, 90)) for _ in range(6)]
        ImageDraw.Draw(page).line(points, fill=0, width=4, joint="curve")
    return page


@needs_tesseract
@pytest.mark.parametrize(("strokes", "told"), [(0, False), (1, False), (60, True)])
def test_paper_with_ink_and_no_words_is_told_of(strokes: int, *, told: bool) -> None:
    page = by_hand(strokes)
    content = image.read(grey_png(page.tobytes(), *page.size, page.width), "page 1.png", WITH_OCR)
    assert causes(content) == ({Unreadable.UNKNOWN_TYPE} if told else set())


@needs_tesseract
def test_a_photograph_without_words_is_no_gap() -> None:
    photo = Image.effect_noise((40, 30), 80).resize((400, 300))
    assert image.read(grey_png(photo.tobytes(), 400, 300, 400), "page 1.png", WITH_OCR).lacks == ()


@needs_tesseract
def test_a_page_with_the_strokes_of_a_pen_and_no_letter_is_told_of() -> None:
    page = Image.new("L", (900, 600), 255)
    for k in range(12):
        around = (60 + 60 * k, 200 + 13 * (k % 3), 140 + 60 * k, 330 - 9 * (k % 4))
        ImageDraw.Draw(page).arc(around, 30 * k, 30 * k + 250, fill=0, width=5)
    content = image.read(grey_png(page.tobytes(), *page.size, page.width), "page 1.png", WITH_OCR)
    assert content.passages == ()
    assert causes(content) == {Unreadable.UNKNOWN_TYPE}


def test_without_leave_a_picture_is_told_of() -> None:
    assert causes(image.read(saved_as("PNG"), "", ALLOWANCE)) == {Unreadable.UNKNOWN_TYPE}


def test_without_the_program_a_picture_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert causes(image.read(saved_as("PNG"), "", WITH_OCR)) == {Unreadable.UNKNOWN_TYPE}


UNSURE = r"head\n5\t1\t1\t1\t1\t1\t0\t0\t9\t9\t40\tsomethingthatnobodyissureof\n"


def a_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, does: str) -> None:
    """In the place of Tesseract; ``$6`` is how the page is taken to lie."""
    program = tmp_path / "tesseract"
    program.write_text(f"#!/bin/sh\n{does}\n")
    program.chmod(0o755)
    monkeypatch.setattr(shutil, "which", lambda name: str(program))


def for_seconds(seconds: float) -> Allowance:
    return replace(WITH_OCR, ocr_until=time.monotonic() + seconds)


def test_a_picture_that_takes_too_long_is_told_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    a_program(tmp_path, monkeypatch, "exec sleep 300")
    started = time.monotonic()
    assert causes(image.read(saved_as("PNG"), "", for_seconds(0.3))) == {Unreadable.TIMED_OUT}
    assert time.monotonic() - started < 30


def test_of_a_page_for_whose_turning_there_is_no_time_is_kept_what_was_read_as_it_lies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_program(tmp_path, monkeypatch, f"[ $6 = 1 ] && exec sleep 300\ncat > /dev/null\nprintf '{UNSURE}'")
    content = image.read(saved_as("PNG"), "", for_seconds(3))
    assert text_of(content) == "somethingthatnobodyissureof"
    assert Unreadable.TIMED_OUT in causes(content)


def test_when_the_time_is_over_none_is_begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    a_program(tmp_path, monkeypatch, "exit 1")  # which would be told of as damage
    assert causes(image.read(saved_as("PNG"), "", for_seconds(-1))) == {Unreadable.TIMED_OUT}


def test_a_scanned_page_for_which_it_is_too_late_is_told_of_and_not_drawn() -> None:
    content = read_pdf(pdf_files.scanned(), "", for_seconds(-1))
    assert causes(content) == {Unreadable.TIMED_OUT}
    assert content.files == ()


def test_a_page_on_which_the_program_fails_is_told_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_program(tmp_path, monkeypatch, "cat > /dev/null\nexit 1")  # as it does without its data for Danish
    assert causes(image.read(saved_as("JPEG"), "", WITH_OCR)) == {Unreadable.FAILED}


def test_what_was_read_is_kept_where_a_further_try_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_program(tmp_path, monkeypatch, f"cat > /dev/null\n[ $6 = 1 ] && exit 1\nprintf '{UNSURE}'")
    content = image.read(saved_as("JPEG"), "", WITH_OCR)
    assert text_of(content) == "somethingthatnobodyissureof"
    assert causes(content) == {Unreadable.FAILED}


@needs_tesseract
def test_a_page_wider_than_the_program_takes_is_told_of() -> None:
    strip = stored(Image.new("L", (33_000, 40), 255), "PNG")
    assert causes(image.read(strip, "", WITH_OCR)) == {Unreadable.FAILED}


def test_the_pages_of_a_fax_beyond_those_that_are_read_are_told_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_program(tmp_path, monkeypatch, "cat > /dev/null\necho head")
    monkeypatch.setattr(straight, "_MOST_PAGES", 2)
    blank = Image.new("1", (60, 40), 1)
    for more, told in ((1, set()), (2, {Unreadable.TOO_MANY})):
        fax = stored(blank, "TIFF", save_all=True, append_images=[blank] * more)
        assert causes(image.read(fax, "", WITH_OCR)) == told


@needs_tesseract
def test_a_broken_picture_is_damaged() -> None:
    assert causes(image.read(saved_as("PNG")[:200] + bytes(5_000), "", WITH_OCR)) == {Unreadable.DAMAGED}


def test_a_picture_with_more_pixels_than_are_read_is_too_large() -> None:
    data = saved_as("PNG")
    huge = data[:16] + (60_000).to_bytes(4, "big") * 2 + data[24:]
    assert causes(image.read(huge, "", WITH_OCR)) == {Unreadable.TOO_LARGE}


@pytest.mark.parametrize("data", [b"", b"hello", b"\0" * 5_000, b"ftypheic"])
def test_what_is_no_known_picture_is_told_of(data: bytes) -> None:
    assert causes(image.read(data, "", WITH_OCR)) == {Unreadable.UNKNOWN_TYPE}


@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP"])
def test_the_size_of_a_picture(form: str) -> None:
    data = saved_as(form)
    assert pictures.pixels(data, pictures.kind_of(data)) == (1400, 420)
    for end in range(40):
        pictures.pixels(data[:end], pictures.kind_of(data))


def scanned_page() -> Image.Image:
    """A page of A4 with little on it, at 150 dots an inch in black and white."""
    page = Image.new("1", (1240, 1754), 1)
    ImageDraw.Draw(page).text((100, 300), f"Cpr {CPR}: depression", fill=0, font_size=40)
    return page


def stored(page: Image.Image, form: str, **options: object) -> bytes:
    out = io.BytesIO()
    # AVIF is else packed so tightly that it takes half a second.
    page.save(out, form, speed=10, **options)
    return out.getvalue()


def test_the_size_of_other_forms() -> None:
    small, page = Image.new("1", (100, 80), 1), scanned_page()
    fax = stored(small, "TIFF", compression="group4", save_all=True, append_images=[page, small])
    assert pictures.pixels(fax, "image/tiff") == (1240, 1754)  # the largest page counts
    assert pictures.pixels(stored(page.convert("RGBA"), "WEBP", lossless=True), "image/webp") == (1240, 1754)
    assert pictures.pixels(b"RIFF....WEBPVP8X" + bytes(8) + b"\xd7\x04\0\xd9\x06\0", "image/webp") == (
        1240,
        1754,
    )
    assert pictures.pixels(stored(page.convert("RGB"), "AVIF"), "image/heic") == (1240, 1754)
    endless = b"II*\0\x08\0\0\0\0\0\x08\0\0\0"  # a directory that names itself as the next one
    for data in (endless, b"MM\0*\xff\xff\xff\xff", fax[:8], b"RIFF....WEBPVP8?" + bytes(20)):
        assert pictures.pixels(data, pictures.kind_of(data)) is None


@pytest.mark.parametrize(
    "data",
    [
        stored(scanned_page(), "PNG"),
        stored(scanned_page(), "TIFF", compression="group4"),
        stored(scanned_page(), "GIF"),
    ],
    ids=["PNG", "fax", "GIF"],
)
def test_a_page_of_few_bytes_is_told_of(data: bytes) -> None:
    assert len(data) < pictures.UNREAD_BYTES
    harvest = Harvest(ALLOWANCE)
    assert pictures.picture("a", data, harvest)
    assert causes(harvest.content()) == {Unreadable.UNKNOWN_TYPE}


@pytest.mark.parametrize("size", [(32, 32), (400, 150), (800, 800), (945, 354), (2480, 330)])
def test_a_logo_raises_no_alarm(size: tuple[int, int]) -> None:
    harvest = Harvest(ALLOWANCE)
    assert pictures.picture("logo", stored(Image.new("RGB", size, "navy"), "PNG"), harvest)
    assert harvest.content().lacks == ()


@needs_tesseract
def test_a_small_picture_is_read_too() -> None:
    line = Image.new("RGB", (620, 70), "white")
    ImageDraw.Draw(line).text((10, 10), f"Cpr {CPR}", fill="black", font_size=40)
    data = stored(line.quantize(2), "PNG")
    assert len(data) < pictures.UNMEASURED_DECORATION_BYTES
    assert stands_in(image.read(data, "cpr.png", WITH_OCR), CPR) == ["read by OCR"]
    harvest = Harvest(WITH_OCR)
    pictures.picture("cpr.png", data, harvest)
    assert [file.data for file in harvest.content().files] == [data]


def test_no_picture_is_passed_over_without_leave() -> None:
    icon = stored(Image.new("RGB", (16, 16), "navy"), "PNG")
    assert causes(image.read(icon, "", ALLOWANCE)) == {Unreadable.UNKNOWN_TYPE}


def test_what_is_decoration() -> None:
    def picture(width: int, height: int, size: int) -> bytes:
        return (
            b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"
            + width.to_bytes(4, "big")
            + height.to_bytes(4, "big")
            + bytes(size)
        )

    assert not pictures.is_decoration(picture(1000, 1000, 500), "image/png")
    assert pictures.is_decoration(bytes(500), "image/emf")
    assert pictures.is_decoration(picture(120, 90, 9_000), "image/png")
    assert pictures.is_decoration(picture(1200, 4, 9_000), "image/png")
    assert not pictures.is_decoration(picture(800, 200, 9_000), "image/png")
    for size in ((300, 20), (190, 60), (64, 13)):  # a number cut out of a letter, which OCR can read
        assert pictures.is_decoration(picture(*size, 900), "image/png")
        assert not pictures.is_decoration(picture(*size, 900), "image/png", ocr=True)
    for size in ((32, 32), (48, 48), (600, 4)):
        assert pictures.is_decoration(picture(*size, 900), "image/png", ocr=True)
