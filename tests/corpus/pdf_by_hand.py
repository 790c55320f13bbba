"""PDF files of a few objects, written by hand: what no library writes, or only with much ado."""

from __future__ import annotations

from collections.abc import Sequence

HELVETICA = "<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>"


def built(objects: dict[int, str], root: int = 1) -> bytes:
    """A PDF of these objects."""
    out = b"%PDF-1.7\n"
    places = {}
    for number, body in objects.items():
        places[number] = len(out)
        out += f"{number} 0 obj\n{body}\nendobj\n".encode("latin-1")
    start = len(out)
    out += f"xref\n0 {max(objects) + 1}\n0000000000 65535 f \n".encode()
    for number in range(1, max(objects) + 1):
        out += f"{places.get(number, 0):010} 00000 {'n' if number in places else 'f'} \n".encode()
    return (
        out + f"trailer\n<</Size {max(objects) + 1}/Root {root} 0 R>>\nstartxref\n{start}\n%%EOF\n".encode()
    )


def updated(data: bytes, objects: dict[int, str], *, root: int = 1) -> bytes:
    """*data* with these objects in place of its own, saved behind it as programs save a change (ISO 32000-1 §7.5.6)."""
    before = data.rpartition(b"startxref\n")[2].split()[0].decode()
    out, rows = data, ""
    for number, body in objects.items():
        rows += f"{number} 1\n{len(out):010} 00000 n \n"
        out += f"{number} 0 obj\n{body}\nendobj\n".encode("latin-1")
    trailer = f"trailer\n<</Size 100/Root {root} 0 R/Prev {before}>>\nstartxref\n{len(out)}\n%%EOF\n"
    return out + f"xref\n{rows}{trailer}".encode()


def stream(content: str, more: str = "") -> str:
    return f"<<{more}/Length {len(content)}>>\nstream\n{content}\nendstream"


def written(*lines: str, top: int = 800, font: str = "F1") -> str:
    """The content of a page: *lines* from the top."""
    rows = (f"BT /{font} 11 Tf 60 {top - 14 * row} Td ({line}) Tj ET" for row, line in enumerate(lines))
    return "\n".join(rows)


def page(
    content: str, more: dict[int, str] | None = None, *, fonts: str = "", names: str = "", catalog: str = ""
) -> bytes:
    """One page of A4 with *content*, Helvetica as F1; *more* objects from 10 on, which *names* (of its dictionary),
    *fonts* and *catalog* may name. Forms in *more* have the page's resources when they say ``/Resources 6 0 R``."""
    return built(
        {
            1: f"<</Type/Catalog/Pages 2 0 R{catalog}>>",
            2: "<</Type/Pages/Kids[3 0 R]/Count 1>>",
            3: f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources 6 0 R{names}>>",
            4: stream(content),
            5: HELVETICA,
            6: f"<</Font<</F1 5 0 R{fonts}>>/XObject<<{'/X 10 0 R' if 10 in (more or {}) else ''}>>>>",
            **(more or {}),
        }
    )


def form(fields: Sequence[tuple[str, str, float, float]], content: str, *, appearance: bool = True) -> bytes:
    """A form: each field with its name, its value, and where it stands (from the left, from below)."""
    more: dict[int, str] = {}
    notes = []
    for number, (name, value, left, bottom) in enumerate(fields):
        width = max(14, 7 * len(value))
        own = 20 + 2 * number
        shown = f"/AP<</N {own + 1} 0 R>>" if appearance else ""
        more[own] = (
            f"<</Type/Annot/Subtype/Widget/FT/Tx/T({name})/V({value})/F 4/DA(/F1 11 Tf 0 g){shown}"
            f"/Rect[{left} {bottom} {left + width} {bottom + 16}]>>"
        )
        more[own + 1] = stream(
            f"/Tx BMC q BT /F1 11 Tf 2 4 Td ({value}) Tj ET Q EMC",
            f"/Type/XObject/Subtype/Form/BBox[0 0 {width} 16]/Resources 6 0 R",
        )
        notes.append(f"{own} 0 R")
    listed = " ".join(notes)
    return page(
        content,
        more,
        names=f"/Annots[{listed}]",
        catalog=f"/AcroForm<</Fields[{listed}]/DR 6 0 R/DA(/F1 11 Tf 0 g)>>",
    )
