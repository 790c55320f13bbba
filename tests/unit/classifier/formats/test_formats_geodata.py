"""Maps that geographical programs hand on (Shapefile): the table is read, and the coordinates are no alarm."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Sequence

import pytest

from corpus.unfolded import Read, Whole

CPR = "010190-1234"
Field = tuple[str, str, int]
NAMED: Sequence[Field] = (("ID", "N", 6), ("EJER", "C", 40), ("DATO", "D", 8))


def table(
    *rows: Sequence[bytes],
    fields: Sequence[Field] = NAMED,
    version: int = 3,
    page: int = 0,
    behind: bytes = b"\x1a",
) -> bytes:
    """A table of dBASE (ESRI Shapefile, July 1998, p. 25; and dBASE's own head)."""
    backlink = bytes(263 if version == 0x30 else 0)
    heads = b"".join(
        struct.pack("<11sc4xBB14x", n.encode(), k.encode(), s & 255, s >> 8) for n, k, s in fields
    )
    length = 1 + sum(size for _, _, size in fields)
    begin = 32 + len(heads) + 1 + len(backlink)
    head = struct.pack("<BBBBIHH16xxB2x", version, 126, 11, 29, len(rows), begin, length, page)
    cells = b"".join(
        b" " + b"".join(cell.ljust(size)[:size] for cell, (_, _, size) in zip(row, fields, strict=True))
        for row in rows
    )
    return head + heads + b"\r" + backlink + cells + behind


def coordinates(size: int = 200, *, told: int | None = None, code: int = 0) -> bytes:
    """A file of coordinates or of an index (p. 4); *code* -400 is the index of places."""
    head = struct.pack(">ii16xi", 9994, code, (size if told is None else told) // 2)
    return (head + struct.pack("<ii", 1000, 3)).ljust(size, b"\0")


def zipped(**files: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for ending, data in files.items():
            archive.writestr(f"ledninger.{ending}", data)
    return out.getvalue()


ROW = (b"17", b"Bo Holm", b"20240131")


@pytest.mark.parametrize("version", [0x03, 0x30, 0x83, 0xF5])
def test_rows_keep_the_names_of_their_fields(version: int) -> None:
    read = Whole("a.dbf", table(ROW, (b"18", b"", b""), version=version))
    assert str(read) == "ID\tEJER\tDATO\n17\tBo Holm\t20240131\n18\t\t"


@pytest.mark.parametrize(
    ("written", "page"),
    [
        (f"Åse Sørensen, CPR {CPR}".encode(), 0),
        (f"Åse Sørensen, CPR {CPR}".encode("cp1252"), 0x57),
        (f"Åse Sørensen, CPR {CPR}".encode("cp850"), 0x02),
    ],
)
def test_a_number_and_a_name_are_read_in_every_code_page(written: bytes, page: int) -> None:
    read = Whole("a.dbf", table((b"1", written, b""), page=page))
    assert read.numbers == 1
    assert "Åse Sørensen" in str(read)


def test_a_number_that_lost_its_zero_gets_it_back() -> None:
    fields = (("NAVN", "C", 20), ("CPR", "N", 10))
    rows = [(b"Bo", b" 101901234"), (b"Ib", b" 202901235")]
    assert Whole("a.dbf", table(*rows, fields=fields)).numbers == 2


def test_what_stands_in_a_deleted_record_is_read() -> None:
    data = table((b"1", f"CPR {CPR}".encode(), b""))
    assert Whole("a.dbf", data.replace(b"\r ", b"\r*")).numbers == 1


def test_whole_numbers_in_bytes_are_read() -> None:
    fields = (("CPR", "I", 4), ("NAVN", "C", 8))
    rows = [(struct.pack("<i", 101901234), b"Bo"), (struct.pack("<i", 202901235), b"Ib")]
    assert Whole("a.dbf", table(*rows, fields=fields, version=0x30)).numbers == 2


@pytest.mark.parametrize(
    ("data", "cause"),
    [
        (table(ROW, fields=(("A", "B", 8), *NAMED[1:]), version=0x30), "unreadable.unknown-type"),
        (table(ROW)[:-20], "unreadable.damaged"),
        (table(ROW, behind=b"PK\3\4" + bytes(90)), "unreadable.damaged"),
        (table(ROW)[:10] + b"\2\0" + table(ROW)[12:], "unreadable.damaged"),
        (coordinates(told=100), "unreadable.damaged"),
        (coordinates() + CPR.encode(), "unreadable.damaged"),
    ],
    ids=["doubles", "cut off", "more behind", "no room", "longer", "something behind"],
)
def test_what_is_not_read_is_told_of(data: bytes, cause: str) -> None:
    assert cause in Read("a.dbf", data).causes


@pytest.mark.parametrize("whole", [table(ROW), table(ROW, version=0x30), coordinates(108)], ids=len)
def test_wherever_a_file_is_cut_off_it_is_damaged(whole: bytes) -> None:
    for size in range(80, len(whole) - 1, 3):
        assert Read("a.dbf", whole[:size]).causes == ["unreadable.damaged"], size


def test_what_stands_behind_a_table_is_opened() -> None:
    assert Read("a.dbf", table(ROW, behind=f"CPR {CPR} er behandlet i går".encode())).numbers == 1


def test_a_map_as_it_is_sent_is_no_alarm() -> None:
    files = {"shp": coordinates(), "shx": coordinates(108), "sbn": coordinates(code=-400), "dbf": table(ROW)}
    read = Whole("ledninger.zip", zipped(**files, prj=b'PROJCS["ETRS_1989_UTM_Zone_32N"]', cpg=b"UTF-8"))
    assert "Bo Holm" in str(read)


@pytest.mark.slow
def test_a_long_table_is_told_of_and_costs_little() -> None:
    rows = [(b"%d" % number, b"x" * 40, b"20240131") for number in range(200_000)]
    assert Read("a.dbf", table(*rows)).causes == ["unreadable.too-large"]
