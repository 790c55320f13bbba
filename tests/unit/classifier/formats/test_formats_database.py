"""Databases of SQLite, of which GeoPackage is one: each row is read, and what a row that was deleted left."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing

import pytest

from corpus import pdf_files
from corpus.reading import ALLOWANCE, causes, stands_in, text_of
from segl.vocabulary import Unreadable
from segl_classifier.formats.content import Allowance, Content
from segl_classifier.formats.database import read
from segl_classifier.formats.kind import kind_of

CPR = "010190-1234"
PIPES = "CREATE TABLE pipes (id INTEGER PRIMARY KEY, geom BLOB, made TEXT, x REAL);"


def base(script: str = "", *rows: tuple[object, ...], pages: int = 4096) -> bytes:
    with closing(sqlite3.connect(":memory:")) as made:
        made.executescript(f"PRAGMA page_size={pages}; PRAGMA secure_delete=OFF; {PIPES} {script}")
        made.executemany("INSERT INTO pipes (geom, made, x) VALUES (?, ?, ?)", rows)
        made.commit()
        return made.serialize()


def content(script: str = "", *rows: tuple[object, ...]) -> Content:
    data = base(script, *rows)
    assert kind_of(data, "") == "application/vnd.sqlite3"
    return read(data, "net.gpkg", ALLOWANCE)


def test_rows_are_read_below_the_names_of_their_columns() -> None:
    made = "CREATE TABLE 'Ejer \"1\"' (Navn, CPR); INSERT INTO 'Ejer \"1\"' VALUES ('Bo Holm', 'NUMBER')"
    found = content(made.replace("NUMBER", CPR))
    assert "Navn\tCPR\nBo Holm\t010190-1234" in text_of(found)
    assert found.lacks == ()


def test_a_zero_that_a_number_lost_is_there() -> None:
    found = content(
        "CREATE TABLE ejer (Navn, CPR); INSERT INTO ejer VALUES ('Bo', 101901234), ('Ib', 202901235)"
    )
    assert "0101901234" in text_of(found)


def test_places_on_a_map_are_no_gap() -> None:
    rows = [(b"GP\0\1" + random.Random(n).randbytes(90), "PE", 694213.5) for n in range(50)]
    found = content("", *rows)
    assert (found.lacks, found.files) == ((), ())


def test_other_bytes_are_files() -> None:
    found = content("", (pdf_files.letter_picture(), "photo", 1.0), (f"Cpr {CPR}".encode(), "note", 2.0))
    assert [file.content_type for file in found.files] == ["image/png"]
    assert stands_in(found, CPR) == ["table pipes"]


def test_settings_that_are_xml_are_read_as_that() -> None:
    (file,) = content("", (b"", f"<qgis>{' ' * 200}<a>{CPR}</a></qgis>", 1.0)).files
    assert file.content_type == "application/xml"


def test_what_a_deleted_row_left_is_read() -> None:
    script = "INSERT INTO pipes (made) VALUES ('PE'), ('Bo Holm, cpr NUMBER'), ('PE'); DELETE FROM pipes WHERE id = 2"
    script = script.replace("NUMBER", CPR)
    assert stands_in(content(script), CPR) == ["deleted rows"]


def test_nothing_that_a_database_does_is_done() -> None:
    script = (
        "CREATE VIEW endless AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n;"
        "CREATE TABLE made (a, b AS (hex(zeroblob(100000000)))); INSERT INTO made (a) VALUES (1)"
    )
    assert causes(content(script)) == {Unreadable.DAMAGED}


def test_one_that_is_cut_off_or_changed_is_damaged_or_read() -> None:
    whole = base("", *[(b"GP\0", f"Ejer {n}: {CPR}", 1.5) for n in range(200)], pages=512)
    for end in range(100, len(whole), 700):
        assert causes(read(whole[:end], "", ALLOWANCE)) == {Unreadable.DAMAGED}
    chance = random.Random(3)
    for _ in range(60):
        changed = bytearray(whole)
        for _ in range(5):
            changed[chance.randrange(16, 3_000)] = chance.randrange(256)
        read(bytes(changed), "", ALLOWANCE)


def test_more_than_may_be_read_is_told_of() -> None:
    rows = [(b"", "Ejer " * 20, 1.0)] * 100
    assert causes(read(base("", *rows), "", Allowance(chars=500, files=1, bytes=1))) == {Unreadable.TOO_LARGE}


@pytest.mark.parametrize("data", [b"SQLite format 3\0", b"SQLite format 3\0" + bytes(200)])
def test_one_without_pages_is_damaged(data: bytes) -> None:
    assert causes(read(data, "", ALLOWANCE)) == {Unreadable.DAMAGED}
