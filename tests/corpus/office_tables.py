"""Tables as an office makes them, drawn by lot: persons, what is known of each, empty cells, cells of several lines.

With a column of personal numbers among the others, or with look-alikes only, all of which stand below their headings.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from random import Random

import docx
import openpyxl
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.platypus import PageBreak, Paragraph, SimpleDocTemplate, Table, TableStyle

from bench.cpr_numbers import cpr, lookalike

Rows = Sequence[Sequence[str]]

_FIRST = "Anna Bo Carl Ditte Emil Freja Gustav Hanne Ivan Jytte Karl Lone Mads Nina Ole Pia Rikke Svend Ulla".split()
_LAST = "Hansen Jensen Møller Kjær Friis Lund Holm Bay From Iversen Nowak Yusuf Al-Hassan Brønd Ring".split()
_NUMBERS = ("CPR", "Cpr-nr.", "Personnummer", "CPR-nummer", "CPR nr.", "Cpr.nr.")
_SPELLINGS: tuple[Callable[[str], str], ...] = (
    lambda n: f"{n[:6]}-{n[6:]}",
    lambda n: n,
    lambda n: f"{n[:6]} {n[6:]}",
)
_NOTES = (
    "",
    "",
    "ringer igen om ansøgningen i uge 14",
    "mangler underskrift",
    "afventer svar fra lægen, se sagen",
)
_OTHERS: dict[str, Callable[[Random], str]] = {
    "Tlf.": lambda rnd: f"{rnd.randrange(20_000_000, 99_999_999)}",
    "Telefon": lambda rnd: " ".join(f"{rnd.randrange(10, 99)}" for _ in range(4)),
    "Kundenr.": lookalike,
    "Fakturanr.": lookalike,
    "Varenr.": lookalike,
    "Ordrenr.": lookalike,
    "Kontonr.": lambda rnd: f"{rnd.randrange(1000, 9999)} {lookalike(rnd)}",
    "Løbenr.": lambda rnd: f"{rnd.randrange(1, 999)}",
    "Beløb": lambda rnd: f"{rnd.randrange(100, 99_999) / 100:.2f}".replace(".", ","),
    "Dato": lambda rnd: f"{rnd.randrange(1, 29):02}-{rnd.randrange(1, 13):02}-2026",
    "Adresse": lambda rnd: f"{rnd.choice(('Engvej', 'Søndergade', 'Åvej'))} {rnd.randrange(1, 99)}, 1. th.",
    "Postnr. og by": lambda rnd: f"{rnd.randrange(1000, 9999)} {rnd.choice(('Hals', 'Aarhus C', 'Næstved'))}",
    "Bemærkning": lambda rnd: rnd.choice(_NOTES),
    "Afdeling": lambda rnd: rnd.choice(("4A", "Teknik", "Rød stue")),
    "E-mail": lambda rnd: "a.b@kunde.example",
}


@dataclass(frozen=True)
class OfficeTable:
    """Its ``rows``, the headings first, and the personal ``numbers`` in it, ten digits each."""

    rows: Rows
    numbers: tuple[str, ...]


def tables(count: int, seed: int, *, personal: bool) -> Iterator[OfficeTable]:
    """*count* tables, always the same for the same *seed*; *personal*: each has a column of personal numbers."""
    rnd = Random(seed)
    return (_table(rnd, personal=personal) for _ in range(count))


def _table(rnd: Random, *, personal: bool) -> OfficeTable:
    headings = ["Navn", *rnd.sample(list(_OTHERS), rnd.randrange(1, 6))]
    rnd.shuffle(headings)
    number = rnd.choice(_NUMBERS)
    if personal:
        headings.insert(rnd.randrange(len(headings) + 1), number)
    spell, empty = rnd.choice(_SPELLINGS), rnd.choice((0, 0, 0.15, 0.4))
    rows, numbers = [headings], []
    for _ in range(rnd.randrange(3, 9)):
        row = []
        for heading in headings:
            if heading == number:
                numbers.append(cpr(rnd))
                row.append(spell(numbers[-1]))
            elif rnd.random() < empty:
                row.append("")
            else:
                row.append(_name(rnd) if heading == "Navn" else _OTHERS[heading](rnd))
        rows.append(row)
    return OfficeTable(rows, tuple(numbers))


def _name(rnd: Random) -> str:
    between = " Marie-Louise Aagaard " if rnd.random() < 0.1 else " "
    return f"{rnd.choice(_FIRST)}{between}{rnd.choice(_LAST)}"


def pdf(every: Sequence[Rows]) -> bytes:
    """A page for each table, its columns as wide as the page allows, so that cells go on over several lines."""
    style, out = getSampleStyleSheet()["BodyText"], io.BytesIO()
    story: list[Table | PageBreak] = []
    for at, rows in enumerate(every):
        where = ("TOP", "MIDDLE", "BOTTOM")[at % 3]
        look = [("VALIGN", (0, 0), (-1, -1), where), ("ALIGN", (0, 0), (-1, 0), ("LEFT", "CENTER")[at % 2])]
        wrapped = [
            rows[0],
            *([Paragraph(escape(cell), style) if cell else "" for cell in row] for row in rows[1:]),
        ]
        grid = [("GRID", (0, 0), (-1, -1), 0.5, colors.grey)] if at % 2 else []
        story += [Table(wrapped, style=TableStyle([*look, *grid]), repeatRows=1), PageBreak()]
    SimpleDocTemplate(out, pagesize=landscape(A4)).build(story)
    return out.getvalue()


def word(every: Sequence[Rows]) -> bytes:
    document, out = docx.Document(), io.BytesIO()
    for rows in every:
        document.add_heading("Bilag")
        table = document.add_table(rows=0, cols=len(rows[0]))
        for row in rows:
            for cell, text in zip(table.add_row().cells, row, strict=True):
                cell.text = text
    document.save(out)
    return out.getvalue()


def excel(every: Sequence[Rows]) -> bytes:
    book, out = openpyxl.Workbook(), io.BytesIO()
    for rows in every:
        sheet = book.create_sheet()
        for row in rows:
            sheet.append(row)
    book.save(out)
    return out.getvalue()


def page(every: Sequence[Rows]) -> bytes:
    def line(cells: Sequence[str], tag: str) -> str:
        return f"<tr>{''.join(f'<{tag}>{escape(cell)}</{tag}>' for cell in cells)}</tr>"

    tables = (
        f"<h3>Bilag</h3><table>{line(rows[0], 'th')}{''.join(line(r, 'td') for r in rows[1:])}</table>"
        for rows in every
    )
    return f'<html><head><meta charset="utf-8"></head><body>{"".join(tables)}</body></html>'.encode()


# Name of a file → what writes tables into one.
WRITERS: dict[str, Callable[[Sequence[Rows]], bytes]] = {
    "tabeller.pdf": pdf,
    "tabeller.docx": word,
    "tabeller.xlsx": excel,
    "tabeller.html": page,
}
