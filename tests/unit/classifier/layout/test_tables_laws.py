"""Laws of tables: whatever a text holds, no line is lost, none is told twice, and nothing raises."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from segl_classifier.layout.paragraphs import paragraphs
from segl_classifier.layout.tables import table_rows, told
from segl_classifier.message import Source, Text
from segl_classifier.rules import shipped_rules

_CELL = st.sampled_from(
    [
        "",
        "Anna Lund",
        "Lejer",
        "Restance",
        "4500",
        "x",
        "-",
        "Navn",
        "Tlf.",
        "12/5",
        "a, b",
        '"c',
        '"d"',
        "\u00a0",
        "\ud800",
        "1.",
    ]
)
_SEPARATOR = st.sampled_from(["\t", ";", "|", ",", "   ", "\u00a0\u00a0", " "])
_LINE = st.builds(lambda cells, separator: separator.join(cells), st.lists(_CELL, max_size=6), _SEPARATOR)
_TEXT = st.builds(
    lambda lines, end: end.join(lines),
    st.lists(_LINE, max_size=14),
    st.sampled_from(["\n", "\r\n", "\n> ", "\n\n"]),
)
_ANY = st.text(st.sampled_from("aA1 .,;|\t\n\r\"'>-\u00a0\u00adLejer"), max_size=120)


@given(_TEXT | _ANY)
def test_every_line_with_anything_in_it_is_told_once_and_in_order(text: str) -> None:
    rows = table_rows(text)
    if rows is not None:
        lines = [line for line in text.split("\n") if line.strip()]
        assert [text[row.start : row.end] for row in rows] == lines


@given(_TEXT | _ANY)
def test_no_word_of_a_row_is_lost(text: str) -> None:
    for row in table_rows(text) or ():
        said = (", ".join(told(row)) if row.cells else text[row.start : row.end]).replace('"', "")
        words = text[row.start : row.end].replace('"', "")
        for word in "".join(c if c.isalnum() else " " for c in words).split():
            assert word in said


@given(_TEXT | _ANY)
def test_paragraphs_leave_nothing_out(text: str) -> None:
    spans = list(paragraphs(text))
    assert spans == sorted(spans)
    kept = "".join(text[start:end] for start, end in spans)
    assert [c for c in kept if not c.isspace() and c != ">"] == [
        c for c in text if not c.isspace() and c != ">"
    ]


@given(_TEXT | _ANY)
def test_headings_are_looked_for_in_any_text(text: str) -> None:
    for finding in shipped_rules().find([Text(text, "part 1", Source.ATTACHMENT)]):
        assert 0 < finding.score <= 1


@given(st.lists(st.sampled_from(["Anna Lund", "Bo Bro", "Carl Toft"]), min_size=1, max_size=6), _SEPARATOR)
def test_a_list_of_arrears_is_found_whoever_is_in_it(names: list[str], separator: str) -> None:
    rows = [separator.join(("Lejer", "Lejemål", "Restance"))]
    rows += [separator.join((name, f"nr. {n}", f"{n + 3}00")) for n, name in enumerate(names)]
    found = shipped_rules().find([Text("\n".join(rows), "part 1", Source.BODY)])
    few = separator in (",", "   ", "\u00a0\u00a0") and len(rows) < 3  # what prose has, too, must go on
    if separator != " " and not few:
        assert "column.overdue" in {finding.rule for finding in found}
