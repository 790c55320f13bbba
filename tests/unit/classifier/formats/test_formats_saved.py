"""Files saved by LibreOffice in eight formats: a number is found wherever it stands."""

from __future__ import annotations

import random
import time
from functools import cache
from importlib import import_module

import pytest

from corpus import office_files, pdf_files, saved
from corpus.compound import message
from corpus.reading import ALLOWANCE, causes, stands_in, text_of
from segl.vocabulary import Unreadable
from segl_classifier.formats.content import Content, Reader

PLACES = [(name, place) for name in saved.MODULES for place in saved.places_of(name)]


def reader(name: str) -> Reader:
    read: Reader = import_module(f"segl_classifier.formats.{saved.MODULES[name]}").read
    return read


@cache
def content(name: str) -> Content:
    return reader(name)(saved.content_of(name), name, ALLOWANCE)


@pytest.mark.parametrize(("name", "place"), PLACES)
def test_a_number_is_found_wherever_it_stands(name: str, place: str) -> None:
    assert stands_in(content(name), saved.places_of(name)[place]), text_of(content(name))


@pytest.mark.parametrize("name", saved.MODULES)
def test_a_sound_file_lacks_nothing(name: str) -> None:
    assert content(name).lacks == ()
    assert content(name).files == ()


@pytest.mark.parametrize("name", ["text.doc", "text.docx", "text.odt", "text.rtf"])
def test_a_table_of_a_text_keeps_its_columns(name: str) -> None:
    number = saved.places_of(name)["table row 1"]
    flow = next(passage.text for passage in content(name).passages if not passage.place)
    assert f"Navn\tCPR\tNoter\nBo\t{number}" in flow


@pytest.mark.parametrize("name", ["text.doc", "text.docx", "text.odt", "text.rtf"])
def test_a_tracked_change_gives_both_texts(name: str) -> None:
    places = saved.places_of(name)
    assert set(stands_in(content(name), places["tracked deletion"])) == {"before tracked changes"}
    assert "" in stands_in(content(name), places["tracked insertion"])


@pytest.mark.parametrize("name", ["sheets.xls", "sheets.ods"])
def test_a_sheet_keeps_its_columns(name: str) -> None:
    number = saved.places_of(name)["cell"]
    sheet = next(passage.text for passage in content(name).passages if passage.place == "sheet Løn")
    assert sheet.startswith("Navn\tCPR\tDato")
    assert f"\nJens\t{number}\t" in sheet


HOSTILE: dict[str, tuple[str, bytes]] = {
    **{name: (module, saved.content_of(name)) for name, module in saved.MODULES.items()},
    "made.docx": ("ooxml.reader", office_files.word()[0]),
    "made.xlsx": ("ooxml.reader", office_files.workbook()[0]),
    "made.pptx": ("ooxml.reader", office_files.presentation()[0]),
    "made.pdf": ("pdf.reader", pdf_files.document()[0]),
    "mail.msg": (
        "outlook.message",
        message({"0037001F": "Emne".encode("utf-16-le"), "1000001F": b"K\0" * 3000}),
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_file_cut_off_ends_in_time(name: str) -> None:
    module, data = HOSTILE[name]
    read: Reader = import_module(f"segl_classifier.formats.{module}").read
    for part in range(20):
        begin = time.process_time()
        read(data[: len(data) * part // 20], name, ALLOWANCE)
        assert time.process_time() - begin < 2


@pytest.mark.parametrize("name", HOSTILE)
def test_a_file_without_its_second_half_is_damaged(name: str) -> None:
    module, data = HOSTILE[name]
    read: Reader = import_module(f"segl_classifier.formats.{module}").read
    assert Unreadable.DAMAGED in causes(read(data[: len(data) // 2], name, ALLOWANCE))


@pytest.mark.parametrize("name", HOSTILE)
def test_flipped_bytes_end_in_time_and_without_a_traceback(name: str) -> None:
    module, data = HOSTILE[name]
    read: Reader = import_module(f"segl_classifier.formats.{module}").read
    chance = random.Random(name)
    for _ in range(12):
        flipped = bytearray(data)
        for _ in range(chance.randint(1, 40)):
            flipped[chance.randrange(len(flipped))] = chance.choice((0, 255, chance.randrange(256)))
        begin = time.process_time()
        read(bytes(flipped), name, ALLOWANCE)
        assert time.process_time() - begin < 2
