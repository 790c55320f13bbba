"""The document that a message is printed from: its fields, then its text, for A4."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Final

_STYLE: Final = """
@page{size:A4;margin:18mm 16mm 20mm;
@bottom-right{content:counter(page) " / " counter(pages);font:9pt sans-serif;color:#595959}}
body{font:10.5pt/1.45 "Liberation Sans","DejaVu Sans",sans-serif;color:#1a1a1a;overflow-wrap:anywhere}
p.house{margin:0 0 6mm;color:#595959}
p.note{margin:0 0 4mm;font-style:italic}
h1{font-size:15pt;line-height:1.25;margin:0 0 4mm}
dl{margin:0 0 5mm;padding:0 0 4mm;border-bottom:.5pt solid #999;display:grid;
grid-template-columns:max-content minmax(0,1fr);gap:1mm 4mm}
dt{color:#595959}
dd{margin:0}
img{max-width:100%}
img:not([src]){display:none}
table{max-width:100%}
.text{white-space:pre-wrap}
.piece+.piece{margin-top:6mm;border-top:.5pt solid #999;padding-top:4mm}
.target{color:#595959;background:#fff;font:9pt/1.4 "Liberation Sans","DejaVu Sans",sans-serif;direction:ltr;
letter-spacing:normal;word-spacing:normal;text-transform:none;white-space:normal;text-indent:0}
/* a page cannot be scrolled: what is wider would be cut off, and where a link leads with it */
body *{max-width:100%!important;text-indent:0!important}
a,a *{float:none!important}
summary{display:none}
a{color:#0b57a4}
"""


def print_document(
    title: str,
    rows: Sequence[tuple[str, str]],
    body: str,
    language: str,
    house: str = "",
    notes: Iterable[str] = (),
) -> str:
    """The document that is printed: *rows* are the fields above the text, by their names; *body* is harmless
    HTML, of which *notes* tell what is not in it."""
    fields = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in rows)
    told = "".join(f'<p class="note">{escape(note)}</p>' for note in notes)
    above = f'<p class="house">{escape(house)}</p>' if house else ""
    return (
        f'<!doctype html><html lang="{escape(language)}"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{_STYLE}</style></head><body>{above}<h1>{escape(title)}</h1><dl>{fields}</dl>{told}{body}</body></html>"
    )
