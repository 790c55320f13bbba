"""A record becomes a real message: what goes in comes out again through the classifier's own readers."""

from __future__ import annotations

import io
from email import message_from_bytes, policy

import pypdfium2
import pytest
from docx import Document
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from corpus.extracted import extract
from segl.settings.detection import Limits
from segl_classifier.evaluation.documents import docx, pdf, xlsx
from segl_classifier.evaluation.labelled import TYPES, Attached, LabelledMessage
from segl_classifier.evaluation.letter import letter
from segl_classifier.message import Source
from segl_classifier.parse import parse

LINES = "Kære Åse <3 & co\nDer skyldes 4.300 kr. (rykker \\ 2)\n\nHilsen Bo"


def record(body: str = "Hej", **facts: object) -> LabelledMessage:
    return LabelledMessage(id="a", place="a:1", body=body, labels=frozenset(), must_encrypt=False, **facts)  # type: ignore[arg-type]


def read_pdf(data: bytes) -> list[str]:
    document = pypdfium2.PdfDocument(data)
    try:
        return [page.get_textpage().get_text_range() for page in document]
    finally:
        document.close()


def test_the_headers_are_those_of_a_mail() -> None:
    raw = letter(
        record(sender="Bø Ås <b@vand.example>", recipients=("a@by.example", "Åse"), subject="Årsmøde æ")
    )
    mail = message_from_bytes(raw, policy=policy.default)
    assert str(mail["From"]) == "Bø Ås <b@vand.example>"
    assert str(mail["Subject"]) == "Årsmøde æ"
    assert raw.split(b"\r\n\r\n")[0].isascii()


@pytest.mark.parametrize("html", [False, True])
def test_subject_and_body_are_read_again(html: bool) -> None:
    body = "<p>Preben er <b>syg</b>.</p>" if html else "Preben er syg."
    texts, unread = extract(parse(letter(record(body, subject="Vagtplan æ", html=html)), Limits()), Limits())
    assert not unread
    found = {text.source: text.text.strip() for text in texts if text.source in (Source.SUBJECT, Source.BODY)}
    assert found == {Source.SUBJECT: "Vagtplan æ", Source.BODY: "Preben er syg."}


@pytest.mark.parametrize("kind", TYPES)
def test_every_type_of_attachment_goes_through_its_reader(kind: str) -> None:
    attached = Attached(f"bilag.{kind}", kind, "Kære Åse\nDu skylder 4.300 kr.")
    texts, unread = extract(parse(letter(record(attachments=(attached,))), Limits()), Limits())
    assert not unread
    found = "\n".join(text.text for text in texts if text.source is Source.ATTACHMENT)
    assert "Kære Åse" in found
    assert "Du skylder 4.300 kr." in found


def test_the_same_record_gives_the_same_bytes() -> None:
    attachments = tuple(Attached("b", kind, LINES) for kind in TYPES)
    one = letter(record(LINES, attachments=attachments))
    assert one == letter(record(LINES, attachments=attachments))


def test_a_file_is_named_for_what_it_is() -> None:
    attached = (
        Attached("../../etc/løn", "xlsx", "1"),
        Attached("x.pdf", "docx", "1"),
        Attached("a\nb", "txt", "1"),
    )
    mail = message_from_bytes(letter(record(attachments=attached)), policy=policy.default)
    names = [part.get_filename() for part in mail.iter_attachments()]
    assert names == ["løn.xlsx", "x.pdf.docx", "a b.txt"]


def test_a_docx_holds_its_lines() -> None:
    document = Document(io.BytesIO(docx(LINES + "\x0b")))
    assert [p.text for p in document.paragraphs] == [*LINES.split("\n")[:-1], "Hilsen Bo "]


def test_an_xlsx_holds_its_rows_and_numbers_are_numbers() -> None:
    sheet = load_workbook(io.BytesIO(xlsx("navn;cpr;kr\nBo & Bo;0101901234;12\n;3112901234;1,5"))).active
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert rows == [["navn", "cpr", "kr"], ["Bo & Bo", "0101901234", 12], [None, 3112901234, "1,5"]]


def test_an_xlsx_may_be_wide() -> None:
    sheet = load_workbook(io.BytesIO(xlsx("\t".join(map(str, range(800)))))).active
    assert [cell.value for cell in sheet[1]] == list(range(800))


@pytest.mark.parametrize("text", [LINES, "Łódź ✓ 𝄞 Žižek"])
def test_a_pdf_holds_its_lines_in_any_script(text: str) -> None:
    (page,) = read_pdf(pdf(text))
    assert [line for line in page.splitlines() if line] == [line for line in text.split("\n") if line]


def test_a_pdf_has_as_many_pages_as_it_needs() -> None:
    pages = read_pdf(pdf("\n".join(f"linje {n}" for n in range(120))))
    assert [page.split()[1] for page in pages] == ["0", "50", "100"]
    assert len(read_pdf(pdf(""))) == 1


@given(
    st.text(max_size=80),
    st.text(max_size=200),
    st.lists(st.tuples(st.text(max_size=30), st.sampled_from(TYPES), st.text(max_size=100)), max_size=3),
)
def test_any_record_can_be_made_into_mail(subject: str, body: str, files: list[tuple[str, str, str]]) -> None:
    attached = tuple(Attached(*file) for file in files)
    raw = letter(record(body, subject=subject, sender=subject, recipients=(subject,), attachments=attached))
    assert raw.split(b"\r\n\r\n", 1)[0].count(b"Subject:") == 1
    assert len(parse(raw, Limits()).parts) == 1 + len(files)
