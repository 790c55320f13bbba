"""Files written into texts as base64: an invoice's PDF, a scan in an export, a picture on a card."""

from __future__ import annotations

import base64
import json
import random
import textwrap
import time
import zlib
from urllib.parse import quote

import pytest

from corpus.unfolded import Read
from corpus.written import WRITERS
from segl_classifier.written_in import files_in, told

CPR = "010190-1234"
PDF = WRITERS["pdf"](f"Kære Ida\n\nDit CPR-nummer er {CPR}.\n\nHilsen\nKontoret")


def in_base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


LETTERS = in_base64(PDF)


def wrapped(width: int, end: str = "\n") -> str:
    return end.join(textwrap.wrap(LETTERS, width))


INVOICE = (
    '<?xml version="1.0"?><Invoice xmlns:cbc="urn:x"><cbc:EmbeddedDocumentBinaryObject mimeCode="application/pdf">'
    "{}</cbc:EmbeddedDocumentBinaryObject></Invoice>"
)
TEXTS = {
    "an invoice": ("faktura.xml", INVOICE.format(LETTERS)),
    "in lines": ("faktura.xml", INVOICE.format("\n    " + wrapped(76, "\n    ") + "\n")),
    "line ends as references": ("faktura.xml", INVOICE.format(wrapped(76, "&#13;\n"))),
    "in CDATA": ("faktura.xml", INVOICE.format(f"<![CDATA[{LETTERS}]]>")),
    "JSON": ("udtræk.json", json.dumps({"navn": "Brev", "fil": LETTERS})),
    "JSON with strokes escaped": ("udtræk.json", json.dumps({"fil": LETTERS}).replace("/", "\\/")),
    "JSON with line ends": ("udtræk.json", json.dumps({"fil": wrapped(64)})),
    "letters for addresses": (
        "udtræk.json",
        json.dumps({"fil": LETTERS.replace("+", "-").replace("/", "_")}),
    ),
    "a column": ("udtræk.csv", f"nr;fil\n1;{LETTERS}\n"),
    "a link of data": ("note.txt", f"Se data:application/pdf;base64,{LETTERS} her"),
    "a card": (
        "kort.vcf",
        f"BEGIN:VCARD\nVERSION:4.0\nNOTE:data:application/pdf;base64\\,{LETTERS}\nEND:VCARD\n",
    ),
    "YAML": ("udtræk.yaml", "fil: |\n  " + wrapped(76, "\n  ") + "\nnavn: Brev\n"),
}


@pytest.mark.parametrize("name", TEXTS)
def test_a_file_in_a_text_is_opened(name: str) -> None:
    read = Read(TEXTS[name][0], TEXTS[name][1].encode())
    assert CPR in str(read)
    assert not read.gaps


def test_its_letters_are_no_words_of_the_text() -> None:
    """A scan of a megabyte would be some three hundred windows of nothing for the model."""
    large = in_base64(PDF + b"%" + b"x" * 4_000)
    read = Read("udtræk.json", json.dumps({"før": "Kære Ida", "fil": large, "efter": "Hilsen Bo"}).encode())
    assert CPR in str(read)
    assert large[:60] not in str(read)
    assert "Kære Ida" in str(read)
    assert "Hilsen Bo" in str(read)


def test_a_text_in_base64_is_read_as_well() -> None:
    inner = base64.b64encode(
        f"<brev><til>Ida</til><cpr>{CPR}</cpr><om>{'vand og varme ' * 12}</om></brev>".encode()
    )
    assert CPR in str(Read("pakke.xml", b"<pakke>" + inner + b"</pakke>"))


NOTE = "Ida Holm er indlagt igen"


def value(text: str, charset: str = "utf-8") -> str:
    return in_base64(text.encode(charset))


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("a.json", json.dumps({"id": 7, "note": value(NOTE)})),
        ("a.json", json.dumps({"id": 7, "note": [value(NOTE, "utf-8").rstrip("=")]})),
        ("a.xml", f"<a><note>{value(NOTE)}</note></a>"),
        ("a.xml", f'<Bundle><data value="{value(NOTE)}"/></Bundle>'),
        ("a.csv", f"id;note;by\n7;{value(NOTE)};Hals\n"),
        ("a.hl7", f"OBX|1|ED|18842-5^Notat||^text^plain^Base64^{value(NOTE)}||||||F\n"),
        ("a.yaml", f"id: 7\nnote: {value(NOTE)}\n"),
        ("a.log", f"Bearer eyJhbGciOiJIUzI1NiJ9.{value(NOTE).rstrip('=')}.4f3A_1b"),
    ],
)
def test_a_short_text_in_base64_stands_where_it_is_written(name: str, written: str) -> None:
    assert NOTE in str(Read(name, written.encode()))


def test_letters_beyond_ascii_are_read_in_both_charsets() -> None:
    for charset in ("utf-8", "cp1252"):
        assert "Bo Sørensen på Ærø" in str(
            Read("a.csv", f"a;{value('Bo Sørensen på Ærø', charset)}\n".encode())
        )


@pytest.mark.parametrize("number", [CPR, CPR.replace("-", "")])
def test_a_number_in_base64_has_its_label(number: str) -> None:
    assert f'"cpr": "{number}"' in str(Read("a.json", json.dumps({"cpr": value(number)}).encode()))
    assert f"cpr;navn\n{number};Bo" in str(Read("a.csv", f"cpr;navn\n{value(number)};Bo\n".encode()))


def test_ids_words_and_digests_stay_as_they_are() -> None:
    random_bytes = random.Random(1)
    ids = [in_base64(random_bytes.randbytes(size)) for size in range(10, 60) for _ in range(200)]
    words = ["Kommunalbestyrelsens", "IndkomstSkattepligtigAar2026", "ABCDefgh12345678", "sha256Sum/AbCd1234"]
    text = ";".join([*ids, *words, value("Karen Holm")])  # a name is as short as an id
    assert told(text) == text


def test_what_is_put_in_its_place_ends_no_value() -> None:
    text = json.dumps({"note": value('Ida "Kaja" Holm\ner <igen> indlagt'), "by": "Hals"})
    assert json.loads(told(text)) == {"note": "Ida 'Kaja' Holm er (igen) indlagt", "by": "Hals"}


def test_short_texts_cost_linear_time() -> None:
    for piece in ("Aa1", "Aa1aAa1aAa1aAa1a;", "AAAAAAAAAAAAAAa1\t", f"{value(NOTE)},"):
        start = time.process_time()
        told(piece * (500_000 // len(piece)))
        assert time.process_time() - start < 1


CELL = f'<mxGraphModel><root><mxCell value="Ida Holm, {CPR}"/><mxCell value="Vand og varme"/></root></mxGraphModel>'


def deflated(data: bytes, form: int = -zlib.MAX_WBITS) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, form)
    return packer.compress(data) + packer.flush()


@pytest.mark.parametrize(
    "packed",
    [
        deflated(quote(CELL, safe="!'()*~").encode()),  # as diagrams.net does it
        deflated(CELL.encode()),
        deflated(CELL.encode(), zlib.MAX_WBITS),
    ],
)
def test_what_is_packed_in_base64_is_unpacked(packed: bytes) -> None:
    drawing = f'<mxfile host="app.diagrams.net"><diagram name="Side-1">{in_base64(packed)}</diagram></mxfile>'
    read = Read("skema.drawio", drawing.encode())
    assert f"Ida Holm, {CPR}" in str(read)
    assert not read.gaps


@pytest.mark.parametrize(("size", "count"), [(2_000_000, 1), (800_000, 20)])
def test_what_unpacks_to_too_much_is_told_of(size: int, count: int) -> None:
    bomb = in_base64(deflated(bytes(size) + b"Vand"))
    found = list(files_in(f"<diagram>{bomb}</diagram>" * count))
    assert [file.content for file in found] == [b""]


def test_unpacking_costs_no_more_however_much_there_is() -> None:
    bomb = f"<a>{in_base64(deflated(bytes(900_000)))}</a>"
    start = time.process_time()
    assert list(files_in(bomb * 5_000))
    assert time.process_time() - start < 3


def test_an_invoice_in_utf_16_holds_its_file_too() -> None:
    read = Read("faktura.xml", INVOICE.format(LETTERS).encode("utf-16"))
    assert CPR in str(read)


def test_what_is_unknown_and_large_is_told_of() -> None:
    noise = in_base64(b"\x07\x01" + random.Random(1).randbytes(4_000))
    gaps = Read("udtræk.json", json.dumps({"fil": noise}).encode()).gaps
    assert [(gap.rule, gap.excerpt) for gap in gaps] == [
        ("unreadable.unknown-type", "4002 bytes written in as base64")
    ]


def sequence(size: int, inside: bytes = b"") -> bytes:
    """DER of so many bytes, as keys, certificates and CMS are."""
    body = inside + random.Random(5).randbytes(size - len(inside))
    width = 2 if size < 1 << 16 else 3
    return b"\x30" + bytes([0x80 + width]) + size.to_bytes(width, "big") + body


def cms(of: str, size: int = 2_000) -> bytes:
    """CMS of this content type (RFC 5652): 02 is signed, 03 enveloped."""
    return sequence(size, bytes.fromhex(f"06092a864886f70d0107{of}a0820100308201000201013100"))


DETACHED = sequence(2_000, bytes.fromhex("06092a864886f70d010702a0820100300b06092a864886f70d010701"))
STAMP = sequence(5_000, bytes.fromhex("06092a864886f70d010702a0820100300d060b2a864886f70d0109100104a000"))


@pytest.mark.parametrize(
    ("inside", "gap"),
    [
        (sequence(200_000), ("unreadable.unknown-type", "200005 bytes written in as base64")),
        (sequence(17_000), ("unreadable.unknown-type", "17004 bytes written in as base64")),
        (cms("02"), ("unreadable.unknown-type", "application/pkcs7-mime")),
        (cms("02", 300), ("unreadable.unknown-type", "application/pkcs7-mime")),
        (cms("02", 200_000), ("unreadable.unknown-type", "application/pkcs7-mime")),
        (cms("03"), ("unreadable.encrypted", "application/pkcs7-mime")),
    ],
    ids=["large", "larger than a key", "signed", "short and signed", "large and signed", "encrypted"],
)
def test_a_document_that_was_signed_or_encrypted_is_told_of(inside: bytes, gap: tuple[str, str]) -> None:
    """A case system hands on what somebody signed as ``{"signedDocument": "MIJ…"}``."""
    read = Read("sag.json", json.dumps({"signedDocument": in_base64(inside)}).encode())
    assert [(found.rule, found.excerpt) for found in read.gaps] == [gap]


@pytest.mark.parametrize("inside", [DETACHED, STAMP], ids=["detached signature", "time stamp"])
def test_a_signature_without_its_document_is_no_gap(inside: bytes) -> None:
    assert Read("sag.json", json.dumps({"signature": in_base64(inside)}).encode()).gaps == []


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("f3a9" * 2_000, id="hexadecimal"),
        pytest.param("d41d8cd98f00b204e9800998ecf8427ed41d8cd98f00b204e9800998ecf8427e\n" * 300, id="digests"),
        pytest.param("_" * 8_000, id="a line"),
        pytest.param("ACGTTTGACA" * 900, id="a sequence"),
        pytest.param("https://klik.example/ls?u=" + "Ab1" * 60, id="a token in a link"),
        pytest.param(in_base64(random.Random(2).randbytes(64)), id="a digest"),
        pytest.param(in_base64(b"\x30\x82\x0f\x00" + random.Random(3).randbytes(3_840)), id="a certificate"),
        pytest.param(in_base64(sequence(15_000)), id="certificates"),
        pytest.param(in_base64(b"wOF2" + random.Random(4).randbytes(9_000)), id="a font"),
    ],
)  # fmt: skip
def test_what_only_looks_like_a_file_is_passed_over(text: str) -> None:
    assert list(files_in(text)) == []


@pytest.mark.parametrize(
    "unit",
    ["A" * 59 + " ", "Ab1" * 20 + " ", "Ab1/" * 16, "Ab1\n", "\\/", "Ab1" * 20 + "\n" * 70, "=" * 60],
)
def test_a_megabyte_of_anything_takes_no_time(unit: str) -> None:
    text = unit * (1_000_000 // len(unit))
    started = time.process_time()
    list(files_in(text))
    assert time.process_time() - started < 1.0
