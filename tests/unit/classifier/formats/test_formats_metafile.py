"""Metafiles: their words are read, in whatever file they stand; what in them is no words is told of."""

from __future__ import annotations

import gzip
import struct
import time
import zlib
from collections.abc import Callable

import pytest

from corpus.reading import ALLOWANCE, WITH_OCR, causes, stands_in, text_of
from corpus.unfolded import Read, Whole
from segl.vocabulary import Unreadable
from segl_classifier.formats.content import Content
from segl_classifier.formats.harvest import Harvest
from segl_classifier.formats.ole import art
from segl_classifier.formats.pictures import picture as pictures
from segl_classifier.formats.pictures.metafile import read_metafile
from segl_classifier.formats.rtf.reader import read as read_rtf

CPR = "010190-1234"


def record(kind: int, content: bytes) -> bytes:
    content += bytes(-len(content) % 4)
    return struct.pack("<II", kind, 8 + len(content)) + content


def emf(*records: bytes) -> bytes:
    return record(1, bytes(32) + b" EMF" + bytes(64)) + b"".join(records) + record(14, bytes(12))


def written(text: str, x: int, y: int, *, options: int = 0, step: int = 10) -> bytes:
    """The command that writes *text* (EMR_EXTTEXTOUTW)."""
    letters = text.encode("utf-16-le")
    letters += bytes(-len(letters) % 4)
    head = struct.pack("<iiIII16xI", x, y, len(text), 76, options, 76 + len(letters))
    return record(84, bytes(28) + head + letters + struct.pack("<i", step) * len(text))


def small(text: str, x: int, y: int) -> bytes:
    return record(108, struct.pack("<iiII12x", x, y, len(text), 0x300) + text.encode("cp1252"))


def wmf(*records: tuple[int, bytes]) -> bytes:
    head = struct.pack("<HHHIHIH", 1, 9, 0x300, 0, 0, 0, 0)
    return head + b"".join(struct.pack("<IH", 3 + len(c) // 2, kind) + c for kind, c in records)


def plus(text: str) -> bytes:
    """A text of GDI+ in a comment."""
    content = struct.pack("<IIIffff", 0, 0, len(text), 5.0, 5.0, 0.0, 0.0) + text.encode("utf-16-le")
    inner = b"EMF+" + struct.pack("<HHII", 0x401C, 0, 12 + len(content), len(content)) + content
    return record(70, struct.pack("<I", len(inner)) + inner)


def taken(data: bytes) -> Content:
    harvest = Harvest(ALLOWANCE)
    assert pictures.picture("a", data, harvest)
    return harvest.content()


@pytest.mark.parametrize(
    "data",
    [
        emf(written(f"CPR {CPR}", 0, 0)),
        emf(written("CPR 010190", 0, 0), written("-1234", 100, 0)),  # halves in two fonts
        emf(small(f"CPR {CPR}", 5, 5)),
        emf(plus(f"CPR {CPR}")),
        wmf((0x0521, struct.pack("<H", 15) + f"CPR {CPR}\0".encode() + struct.pack("<hh", 0, 0))),
        wmf((0x0A32, struct.pack("<hhHH", 0, 0, 15, 0) + f"CPR {CPR}\0".encode())),
    ],
    ids=["emf", "halves", "small", "plus", "wmf", "wmf with widths"],
)
def test_the_words_are_read_however_small_the_file(data: bytes) -> None:
    content = taken(data)
    assert text_of(content) == f"CPR {CPR}"
    assert content.lacks == ()


def test_rows_are_lines_and_cells_stand_apart() -> None:
    rows = [
        written(word, x, 20 * y) for y in range(400) for x, word in ((0, f"{y:06}-1234"), (300, "diagnose"))
    ]
    content = taken(emf(*rows))
    assert text_of(content).split("\n")[7] == "000007-1234\tdiagnose"
    assert content.lacks == ()  # over 30 kB, but all of it is words


@pytest.mark.parametrize(
    "inside",
    [
        record(59, bytes(40_000)),  # outlines
        written("Hej", 0, 0) + record(81, bytes(40_000)),  # a bitmap
        written("Hej", 0, 0) + written("Hej", 0, 20, options=0x10) + record(59, bytes(40_000)),  # glyphs
        written("Hej", 0, 0) + struct.pack("<II", 84, 0) + bytes(40_000),
    ],
    ids=["outlines", "bitmap", "glyphs", "damaged"],
)
def test_what_is_no_words_is_told_of(inside: bytes) -> None:
    assert causes(taken(emf(inside))) == {Unreadable.UNKNOWN_TYPE}


def of_glyphs(count: int) -> bytes:
    """A text of GDI+ as numbers of glyphs."""
    content = struct.pack("<IIII", 0, 0, 0, count) + bytes(2 * count)
    inner = b"EMF+" + struct.pack("<HHII", 0x4036, 0, 12 + len(content), len(content)) + content
    return record(70, struct.pack("<I", len(inner)) + inner)


TWICE = record(70, struct.pack("<I", 16) + b"EMF+" + struct.pack("<HHII", 0x4001, 1, 12, 0))


@pytest.mark.parametrize(
    "data",
    [
        emf(written(CPR, 0, 0, options=0x10)),
        emf(written("CPR", 0, 0), written(CPR, 0, 20, options=0x10)),
        emf(*[written("1", 9 * place, 0, options=0x10) for place in range(10)]),
        emf(of_glyphs(11)),
        emf(TWICE, written(CPR, 0, 0, options=0x10), of_glyphs(11)),
        wmf((0x0A32, struct.pack("<hhHH", 0, 0, 12, 0x10) + f"{CPR} ".encode())),
    ],
    ids=["emf", "beside a word", "one by one", "plus", "both", "wmf"],
)
def test_words_as_numbers_of_glyphs_are_told_of_however_small_the_file(data: bytes) -> None:
    assert causes(taken(data)) == {Unreadable.UNKNOWN_TYPE}


@pytest.mark.parametrize(
    "data",
    [
        emf(written("Hej", 0, 0), written("*", 0, 20, options=0x10)),
        emf(TWICE, written("Hej Bo", 0, 0), of_glyphs(6)),
    ],
    ids=["a bullet", "the words once more"],
)
def test_glyphs_that_say_nothing_more_raise_no_alarm(data: bytes) -> None:
    assert taken(data).lacks == ()


def test_a_logo_raises_no_alarm() -> None:
    assert taken(emf(record(59, bytes(20_000)))) == Content()


def blip(kind: int, number: int, body: bytes) -> bytes:
    return struct.pack("<HHI", number << 4, kind, len(body)) + body


def packed(data: bytes) -> bytes:
    small = zlib.compress(data)
    return bytes(16) + struct.pack("<I24xIBB", len(data), len(small), 0, 0xFE) + small


def dib(width: int, height: int) -> bytes:
    return struct.pack("<IiiHHIIiiII", 40, width, height, 1, 1, 0, 0, 0, 0, 0, 0) + bytes(
        8 + width * height // 8
    )


def test_pictures_of_old_office_files() -> None:
    harvest = Harvest(WITH_OCR)
    drawing = blip(0xF01A, 0x3D4, packed(emf(written(f"CPR {CPR}", 0, 0))))
    art.take_pictures(bytes(9) + drawing + blip(0xF01F, 0x7A8, bytes(17) + dib(1240, 1754)), harvest)
    content = harvest.content()
    assert stands_in(content, CPR) == ["drawing"]
    assert [(file.content_type, file.data[:2]) for file in content.files] == [("image/bmp", b"BM")]
    for bad in (packed(b"")[:40], bytes(16) + struct.pack("<I24xIBB", 9, 9, 0, 0xFE) + bytes(4_000)):
        harvest = Harvest(ALLOWANCE)
        art.take_pictures(blip(0xF01B, 0x216, bad), harvest)
        assert bool(harvest.content().lacks) is (len(bad) > 3_000)


def test_pictures_in_rich_text() -> None:
    def rich(data: bytes) -> Content:
        return read_rtf(b"{\\rtf1{\\pict\\dibitmap0 " + data.hex().encode() + b"}}", "", ALLOWANCE)

    assert causes(rich(dib(1240, 1754))) == {Unreadable.UNKNOWN_TYPE}
    assert causes(rich(b"\x07" * 9_000)) == {Unreadable.UNKNOWN_TYPE}
    assert rich(dib(64, 64)).lacks == ()
    assert stands_in(rich(emf(written(CPR, 0, 0))), CPR) == ["drawing"]


@pytest.mark.parametrize(
    "made",
    [
        lambda: emf(
            record(
                97,
                bytes(28) + struct.pack("<I", 50_000) + struct.pack("<iiII24x", 0, 0, 1_000_000, 8) * 50_000,
            )
        ),
        lambda: emf(
            record(70, bytes(4) + b"EMF+" + struct.pack("<HHII", 0x401C, 0, 12, 2_000_000) * 100_000)
        ),
        lambda: emf(*[written("a", 0, 0)] * 30_000),
        lambda: wmf(*[(0x0A32, struct.pack("<hhHH", 0, 0, 65_000, 0))] * 50_000),
    ],
)
def test_hostile_drawings_end_in_time(made: Callable[[], bytes]) -> None:
    data = made()
    begin = time.process_time()
    drawing = read_metafile(data, pictures.kind_of(data))
    assert sum(map(len, drawing.lines)) <= 2 * len(data)
    assert time.process_time() - begin < 4


def test_a_drawing_cut_off_anywhere_is_read_so_far() -> None:
    data = emf(written("Hej", 0, 0), written(CPR, 0, 20), plus("Bo"))
    for end in range(len(data)):
        read_metafile(data[:end], "image/emf")
        read_metafile(data[:end], "image/wmf")


WORDS = {
    "emf": emf(written(f"CPR {CPR}", 0, 0)),
    "wmf": wmf((0x0521, b"\x0f\0" + f"CPR {CPR}\0".encode() + bytes(4))),
}


@pytest.mark.parametrize("ending", WORDS)
@pytest.mark.parametrize("content_type", ["application/octet-stream", "image/{}", "image/x-{}"])
@pytest.mark.parametrize("packed", [False, True])
def test_one_that_is_sent_as_a_file_is_read(ending: str, content_type: str, *, packed: bool) -> None:
    """Outlook sends a drawing that was pasted as image001.emz or .wmz, packed with gzip."""
    if packed:
        content_type, name, data = (
            "application/octet-stream",
            f"image001.{ending[0]}mz",
            gzip.compress(WORDS[ending]),
        )
    else:
        name, data = f"tegning.{ending}", WORDS[ending]
    assert Whole(name, data, content_type.format(ending)).numbers == 1


@pytest.mark.parametrize("data", [emf(), emf(record(59, bytes(400))), emf(written(CPR, 0, 0, options=0x10))])
def test_one_without_words_that_is_sent_as_a_file_is_told_of_however_small(data: bytes) -> None:
    assert Read("tegning.emf", data, "image/emf").causes == ["unreadable.unknown-type"]
