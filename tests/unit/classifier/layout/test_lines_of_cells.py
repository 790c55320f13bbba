"""Cells of several lines: a number stands below its heading, and by itself in a line of its own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.lists import sheet
from segl_classifier.cpr.find import find_cpr
from segl_classifier.cpr.hidden import hidden
from segl_classifier.cpr.judging.score import THRESHOLD
from segl_classifier.layout.paragraphs import lines_ended, lines_of_cells_ended
from segl_classifier.markup.html import read_html

HYPHEN = "070761-4285"  # spelled and made like hardly any other number
BARE = "0707614285"  # with modulus 11, as one in eleven of those that begin with a day
PLAIN = "0707614284"  # without

END = "\n"


def page(heading: tuple[str, ...], *rows: tuple[str, ...]) -> str:
    lines = ["".join(f"<th>{cell}</th>" for cell in heading)]
    lines += ["".join(f"<td>{cell.replace(END, '<br>')}</td>" for cell in row) for row in rows]
    return read_html("<table>" + "".join(f"<tr>{line}</tr>" for line in lines) + "</table>").text


def csv(heading: tuple[str, ...], *rows: tuple[str, ...]) -> str:
    lines = [heading, *rows]
    return "\r\n".join(
        ";".join(f'"{cell}"' if END in cell or ";" in cell else cell for cell in row) for row in lines
    )


def score(text: str) -> float:
    """That of the likeliest number in *text*."""
    return max((f.score for f in find_cpr(sheet(text), today=date(2026, 11, 29))), default=0.0)


Written = Callable[..., str]
either = pytest.mark.parametrize("written", [page, csv])


@either
@pytest.mark.parametrize(
    ("heading", "cell"),
    [
        ("Telefon", f"86 12 34 56{END}{HYPHEN}"),
        ("Telefon", f"86 12 34 56{END}Mor{END}{HYPHEN}"),
        ("Telefon", f"86 12 34 56{END}Mor: {HYPHEN} (Lis){END}22 33 44 55"),
        ("Telefon", f"86 12 34 56{END}{BARE}"),
        ("Telefon", f"+4586123456{END}{BARE}"),
        ("Sagsnr", f"2026-1147{END}{BARE}"),
        ("Ordrenr", f"4711{END}{HYPHEN}"),
        ("Konto", f"1234 5678901{END}{HYPHEN}"),
        ("Info", f"+4586123456{END}{HYPHEN}"),
        ("Info", f"+4586123456{END}{BARE}"),
        ("Info", f"004586123456{END}{BARE}"),
        ("Info", f"1234{END}{PLAIN}{END}5678"),
        ("Info", f"Ordre 4711{END}{HYPHEN}"),
        ("Info", f"CPR{END}{PLAIN}"),
        ("Info", f"070761{END}4285, født 7/7 1961"),
    ],
)
def test_a_line_of_a_cell_also_stands_alone(written: Written, heading: str, cell: str) -> None:
    text = written(("Navn", heading), ("Bo Bro", cell))
    assert score(text) >= THRESHOLD
    masked = hidden(sheet(text))
    assert "4285" not in masked
    assert "4284" not in masked
    assert len(masked) == len(text)


def test_so_it_does_beside_merged_cells() -> None:
    rows = f"<tr><td rowspan=2>Nord</td><td>Bo</td><td>+4586123456<br>{BARE}</td></tr><tr><td>Per</td><td></td></tr>"
    text = read_html(f"<table><tr><th>Hold</th><th>Navn</th><th>Info</th></tr>{rows}</table>").text
    assert score(text) >= THRESHOLD
    assert "4285" not in hidden(sheet(text))


@either
def test_so_it_does_in_a_long_list(written: Written) -> None:
    others = [("Lis", f"{day:02}{month:02}704711") for month in range(1, 13) for day in range(1, 9)]
    assert score(written(("Navn", "Ordrenr"), *others)) < THRESHOLD
    assert score(written(("Navn", "Ordrenr"), *others, ("Bo", f"4711{END}{HYPHEN}"))) >= THRESHOLD


@either
@pytest.mark.parametrize(
    ("heading", "cell"),
    [
        ("Ordrenr", f"haster{END}{BARE}"),
        ("Ordrenr", f"4711{END}{BARE}"),
        ("Ordrenr", f"{BARE}{END}1503721236"),
        ("Ordrenr", f"{HYPHEN}{END}140372-1235"),
        ("Ordrenr", f"4711{END}070761-4286"),
        ("Konto", f"1234{END}{BARE}"),
        ("Sagsnr", f"Ny{END}{BARE}"),
        ("Sagsnr", f"9907614285{END}{BARE}"),
        ("Telefon", f"Privat{END}{BARE}"),
        ("Info", f"Haster{END}Ordrenr. {BARE}"),
        ("Info", f"Haster{END}Ordrenr. 070761-4286"),
    ],
)
def test_what_its_heading_or_its_line_calls_something_else_does_not_count(
    written: Written, heading: str, cell: str
) -> None:
    assert score(written(("Navn", heading), ("Bo Bro", cell))) < THRESHOLD
    assert score(written(("Navn", heading), *[("Bo Bro", cell)] * 60)) < THRESHOLD


@either
@pytest.mark.parametrize("note", ["a", f"a{END}b", f"Ordre{END}haster", f"4711{END}a{END}b"])
@pytest.mark.parametrize("number", [HYPHEN, BARE, "070761-4286"])
def test_what_stands_behind_a_cell_of_several_lines_stands_below_its_own_heading(
    written: Written, note: str, number: str
) -> None:
    assert score(written(("Navn", "Info", "Ordrenr"), ("Bo", note, number))) < THRESHOLD
    assert score(written(("Ordrenr", "Info", "CPR"), ("Bo", note, number))) == 1.0


@pytest.mark.parametrize("sign", [";", ",", "|", "\t"])
@pytest.mark.parametrize("before", ["a", "a{}", "a, {}b", 'a ""b{}"" '])
@pytest.mark.parametrize("behind", ["", "{}c", '""d""'])
def test_what_divides_cells_may_stand_within_one(sign: str, before: str, behind: str) -> None:
    def row(*cells: str) -> str:
        return sign.join(cells)

    cell = f'"{before.format(sign)} {BARE}{behind.format(sign)}"'
    table = f"{row('Bo', cell, '4711')}\r\n{row('Lis', 'a', '4712')}\r\n"
    assert score(f"{row('Navn', 'Info', 'Ordrenr')}\r\n{table}") >= THRESHOLD
    assert score(f"{row('Navn', 'Ordrenr', 'Info')}\r\n{table}") < THRESHOLD


@pytest.mark.parametrize("size", ['Rør 5"', '5" rør', '"'])
def test_a_mark_without_its_fellow_begins_no_cell(size: str) -> None:
    assert score(f"Vare;Antal;CPR\n{size};4711;{PLAIN}") == 1.0
    assert score(f"Vare;CPR;Ordrenr\n{size};4711;{BARE}") < THRESHOLD


@given(st.text(st.sampled_from('a1"";,\t\n\r\v\u2028\x1f '), max_size=60))
def test_each_character_keeps_its_place(text: str) -> None:
    ended = lines_ended(text)
    apart = lines_of_cells_ended(text, ended)
    assert len(apart) == len(ended)
    assert all(a == b or (a in "\r\n" and b == " ") for a, b in zip(apart, ended, strict=True))
    assert len(hidden(sheet(text))) == len(text)
