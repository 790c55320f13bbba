"""PDF files and pictures, and a letter with some of them."""

from __future__ import annotations

import io

import pypdfium2
from PIL import Image
from reportlab.pdfgen.canvas import Canvas

from corpus.letters import PNG, file, message, multipart, text


def pdf(*pages: str) -> bytes:
    out = io.BytesIO()
    canvas = Canvas(out)
    for words in pages:
        canvas.drawString(100, 700, words)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def picture(size: tuple[int, int], form: str, mode: str = "RGB", colour: str = "red") -> bytes:
    out = io.BytesIO()
    Image.new(mode, size, colour).save(out, form)
    return out.getvalue()


def words_of_pdf(data: bytes) -> str:
    with pypdfium2.PdfDocument(data) as document:
        return "\n".join(page.get_textpage().get_text_range() for page in document)


LETTER = message(
    multipart("mixed", multipart("related", text('<h2>Kære Anna</h2><img src="cid:logo@x">', "html"),
                                 file(PNG, "image/png", more="Content-ID: <logo@x>\r\n"), boundary="r"),
              file(pdf("x", "y", "z"), "application/pdf", "brev.pdf"), file(PNG, "image/png", "foto.png"),
              file(b"PK\3\4", "application/zip", "x.zip"))
)  # fmt: skip
