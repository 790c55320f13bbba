"""Extraction: which parts are text, which carry none, and what is honestly called unread."""

from __future__ import annotations

import base64
import io
import zipfile
from dataclasses import replace
from random import Random

import pytest

from corpus.extracted import extract
from corpus.parts import CPR, LIMITS, causes, part, read, texts
from segl.mime.transfer import Encoding
from segl.settings.detection import Limits
from segl_classifier.extract import REGISTRY
from segl_classifier.extracted import Extracted
from segl_classifier.message import Message, Part, Source, Text
from segl_classifier.parse import parse
from segl_classifier.readers import read_plain

PGP = b"-----BEGIN PGP MESSAGE-----\r\n\r\nhQEMA\r\n-----END PGP MESSAGE-----\r\n"


ENVELOPED = bytes.fromhex("3080 0609 2a864886f70d010703 a080 3080 0201") + b"\0" * 40


AUTH_ENVELOPED = bytes.fromhex("3080 060b 2a864886f70d0109100117 a080 3080") + b"\0" * 40


DETACHED = bytes.fromhex(
    "3080 0609 2a864886f70d010702 a080 3080 0201 01 310d 300b 0609 608648016503040201"
) + bytes.fromhex("300b 0609 2a864886f70d010701")


SIGNED = bytes.fromhex("3080 0609 2a864886f70d010702 a080 3080 0201") + b"\0" * 40


def zipped(name: str, content: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(name, content)
    return file.getvalue()


BINARY = bytes(range(256))


MAC = "unknown-type application/mac-binhex40"


READ = [
    ("text/plain", b"Cpr 010190-1234"),
    ("text/csv", b"navn;cpr\r\nBo;010190-1234"),
    ("text/html", b"<p>0101<b>90-1234</b>"),
    ("application/xhtml+xml", b"<p>0101<b>90-1234</b></p>"),
    ("text/enriched", b"0101<bold>90</bold>-1234"),
    ("text/xml", b"<a><b>010190-1234</b></a>"),
    ("application/xml", b"<a b='c'>010190-1234</a>"),
    ("application/vnd.segl.test+xml", b"<a>010190-1234</a>"),
    ("image/svg+xml", b"<svg><text>0101<tspan>90-1234</tspan></text></svg>"),
    ("application/json", b'{"cpr": "010190-1234"}'),
    ("text/x-python", b"cpr = '010190-1234'"),
    ("model/step", b"ISO-10303-21;\nDATA;\n#1 = PRODUCT('Cpr 010190-1234','',$,(#2));\nENDSEC;"),
    ("text/vcard", b"BEGIN:VCARD\r\nNOTE:cpr 010190-\r\n 1234\r\nEND:VCARD"),
    ("text/x-vcard", b"BEGIN:VCARD\r\nNOTE;ENCODING=QUOTED-PRINTABLE:cpr 0101=\r\n90-1234\r\nEND:VCARD"),
    ("text/calendar", b"BEGIN:VCALENDAR\r\nDESCRIPTION:Hej\\, cpr 0101\r\n\t90-1234\\nmvh\r\nEND:VCALENDAR"),
    ("text/calendar", b"X-ALT-DESC;FMTTYPE=text/html:<html><body>0101<b>90-\r\n 1234</b></body>"),
    ("message/delivery-status", b"Diagnostic-Code: smtp; 010190-1234"),
    ("application/octet-stream", b"Cpr 010190-1234 p\xe5 en fil"),
    ("application/octet-stream", "Cpr 010190-1234".encode("utf-16")),
    ("application/octet-stream", b"<html><body>0101<i>90-1234</i>"),
    ("application/x-ukendt", b"Cpr 010190-1234"),
    ("", b"Cpr 010190-1234"),
    ("nonsense", b"Cpr 010190-1234"),
    ("application/pgp-signature", b"Cpr 010190-1234"),
    ("application/pgp-encrypted", b"Cpr 010190-1234"),
    ("application/msword", b"Cpr 010190-1234"),
    ("application/vnd.ms-excel", b"<html><table><td>0101<b>90-1234</b>"),
    ("application/pdf", b"Cpr 010190-1234"),
    ("text/plain", base64.b64encode(zipped("a.txt", b"Cpr 010190-1234"))),
    ("application/octet-stream", zipped("a.html", b"<p>0101<b>90-1234</b>")),
]  # fmt: skip


@pytest.mark.parametrize(("content_type", "content"), READ)
def test_text_is_read_and_called_read(content_type: str, content: bytes) -> None:
    assert CPR in texts(part(content, content_type))
    assert causes(part(content, content_type)) == []


@pytest.mark.parametrize(
    ("content_type", "content"),
    [
        (
            "application/pgp-signature",
            b"-----BEGIN PGP SIGNATURE-----\r\n\r\niQEz\r\n-----END PGP SIGNATURE-----",
        ),
        ("application/pkcs7-signature", DETACHED),
        ("application/x-pkcs7-signature", DETACHED),
        ("application/pdf", b""),
        ("image/png", b""),
    ],
)
def test_what_carries_no_text_is_no_gap(content_type: str, content: bytes) -> None:
    assert read(part(content, content_type)) == ([], [])


@pytest.mark.parametrize(
    ("content_type", "content", "filename", "cause"),
    [
        ("application/postscript", b"%!PS-Adobe", "brev.ps", "unknown-type application/postscript, brev.ps"),
        ("application/postscript", b"%!PS", f"{CPR}.ps", "unknown-type application/postscript, 0101xx-xxxx.ps"),
        ("application/octet-stream", b"%!PS", "", "unknown-type application/postscript"),
        ("text/plain", b"%!PS", "", "unknown-type application/postscript"),
        ("application/eps", b"%!PS", "a.eps", "unknown-type application/postscript, a.eps"),
        ("application/x-ukendt", b"%!PS (a) show", "", "unknown-type application/postscript"),
        ("application/octet-stream", zipped("a.bin", BINARY), "a.zip", "unknown-type application/octet-stream, a.bin"),
        ("application/zip", BINARY, "a.zip", "damaged ReadError"),
        ("application/octet-stream", BINARY, "a.bin", "unknown-type application/octet-stream, a.bin"),
        ("application/octet-stream", bytes(range(160, 256)), "", "unknown-type application/octet-stream"),
        ("image/jpeg", b"\xff\xd8\xff\xe0", "scan.jpg", "unknown-type image/jpeg, scan.jpg"),
        ("image/png", b"skrevet som tekst", "", "unknown-type image/png"),
        ("model/stl", bytes(range(256)), "", "unknown-type model/stl"),
        ("audio/wav", b"RIFF\0\0\0\0WAVE", "", "unknown-type audio/wav"),
        ("", bytes(range(256)), "", "unknown-type application/octet-stream"),
        ("application/pkcs7-mime", ENVELOPED, "smime.p7m", "encrypted application/pkcs7-mime"),
        ("application/pkcs7-mime", AUTH_ENVELOPED, "smime.p7m", "encrypted application/pkcs7-mime"),
        ("application/pkcs7-mime", b"noget andet", "smime.p7m", "encrypted application/pkcs7-mime"),
        ("application/pkcs7-mime", SIGNED, "smime.p7m", "unknown-type application/pkcs7-mime"),
        ("application/pgp-encrypted", PGP * 9, "", "encrypted application/pgp-encrypted"),
        ("application/octet-stream", PGP, "encrypted.asc", "encrypted application/pgp-encrypted"),
        ("text/plain", b"Hej\r\n\r\n" + PGP, "", "encrypted application/pgp-encrypted"),
        ("text/plain", b"> " + PGP, "", "encrypted application/pgp-encrypted"),
        ("text/html", b"<pre>\r\n" + PGP, "", "encrypted application/pgp-encrypted"),
        ("application/pkcs7-signature", SIGNED, "", "unknown-type application/pkcs7-signature"),
        ("application/pkcs7-signature", BINARY, "", "unknown-type application/pkcs7-signature"),
        ("text/plain", b"(This file must be converted with BinHex 4.0)\r\n:$f", "", MAC),
        ("text/plain", b"=ybegin line=128 size=9 name=a\r\nabc", "", "unknown-type application/x-yenc"),
        ("text/plain", base64.b64encode(zipped("a.bin", BINARY)), "", "unknown-type application/octet-stream, a.bin"),
        ("text/plain", b"hej" + bytes(range(32)) * 20, "", "damaged text/plain: not text"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_told_of(content_type: str, content: bytes, filename: str, cause: str) -> None:
    assert cause in causes(part(content, content_type, filename))


def test_a_way_of_reading_that_gives_noise_is_left_out() -> None:
    """A word of sixteen letters is base64 too, and no text comes of it."""
    (text,) = read(part(b"Ankestyrelsesmoede" * 40, "text/plain"))[0]
    assert text.text.startswith("Ankestyrelsesmoede")


def test_an_unknown_charset_is_told_of_only_where_it_matters() -> None:
    assert causes(part(b"\xe6\xf8\xe5 010190-1234", "text/plain", charset="x-klingon")) == [
        "unknown-charset x-klingon"
    ]
    assert CPR in texts(part(b"\xe6\xf8\xe5 010190-1234", "text/plain", charset="x-klingon"))
    assert causes(part(b"ren ASCII", "text/plain", charset="x-klingon")) == []
    markup = '<meta charset="windows-1251">Привет'.encode("cp1251")
    assert "Привет" in texts(part(markup, "text/html"))


def test_a_text_of_which_base64_leaves_nothing_is_read() -> None:
    odd = Part("part 1", "text/plain", "", "", False, "—".encode() * 9, Encoding.BASE64)
    assert "———" in texts(odd)
    assert read(Part("part 1", "application/pdf", "", "", True, b" \r\n" * 3000, Encoding.BASE64)) == ([], [])


def test_an_encoding_of_unknown_name_is_told_of() -> None:
    odd = Part("part 1", "text/plain", "", "", False, b"Cpr 010190-1234", Encoding.UNKNOWN)
    assert CPR in texts(odd)
    assert causes(odd) == ["unknown-type a transfer encoding of unknown name"]


# Limits and seams


def test_text_beyond_the_limit_is_cut_and_told_of() -> None:
    limits = Limits(text_chars=1000)
    long = part("æ".encode() * 3000, "text/plain")
    found, unread = read(long, long, limits=limits)
    assert sum(len(text.text) for text in found) == 1000
    assert {finding.rule for finding in unread} == {"unreadable.too-large"}
    assert causes(part(b"x " * 500, "text/plain"), limits=limits) == []
    assert causes(part(b"x " * 10_000, "text/plain"), limits=limits)[0].startswith("too-large")


def test_a_reader_that_fails_costs_only_its_part() -> None:
    def broken(part: Part, limits: Limits) -> Extracted:
        raise RecursionError(f"with content {CPR}")

    message = Message((part(b"x", "text/plain"), part(b"<p>hej", "text/html")), ())
    found, unread = extract(message, LIMITS, {**REGISTRY, "text/*": broken})
    assert [text.text for text in found] == ["hej"]
    assert [(finding.rule, finding.excerpt) for finding in unread] == [
        ("unreadable.failed", "RecursionError")
    ]


def test_a_new_reader_takes_its_type_whatever_the_label() -> None:
    """The seam for attachments: a reader of application/pdf gets what shows itself to be a PDF."""

    def pdf(part: Part, limits: Limits) -> Extracted:
        return Extracted((Text(f"{len(part.payload)} bytes", part.where, Source.ATTACHMENT),))

    for label in ("application/pdf", "application/octet-stream", "text/plain", "application/x-pdf", ""):
        message = Message((part(b"%PDF-1.7", label, attached=True),), ())
        found, unread = extract(message, LIMITS, {**REGISTRY, "application/pdf": pdf})
        assert [text.text for text in found] == ["8 bytes"], label
        assert unread == []


def test_what_the_parse_found_comes_first() -> None:
    raw = b"Subject: emne\r\nX-A: " + b"y" * 300 + b"\r\n\r\nkrop"
    found, unread = extract(parse(raw, Limits(header_bytes=100)), LIMITS)
    assert found[0].text == "emne"
    assert [finding.rule for finding in unread] == ["unreadable.too-large"]


def test_the_escapes_of_json_are_letters() -> None:
    data = rb'{"ydelse": "f\u00f8rtidspension", "nr": "x\n010190\u002d1234", "\ud83d\ude00": "\ud800"}'
    for kind in ("application/json", "text/plain", "application/ld+json"):
        found = texts(part(data, kind))
        assert "førtidspension" in found
        assert f"\n{CPR}" in found
        assert "😀" in found


def saved_sheet(rows: str) -> Part:
    head = '<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" xmlns:ss="x">'
    return part(
        f'{head}<Worksheet ss:Name="A"><Table>{rows}</Table></Worksheet></Workbook>'.encode(), "text/xml"
    )


@pytest.mark.slow
def test_a_sheet_saved_as_xml_is_read_by_rows() -> None:
    data = '<Cell><Data ss:Type="{}">{}</Data></Cell>'
    heads = data.format("String", "nr.") + data.format("String", "<B>navn</B> &amp; ydelse")
    heads = heads.replace("</Cell>", "<Comment><ss:Data>set</ss:Data></Comment></Cell>", 1)
    line = '<Cell/><Cell ss:Index="1">' + data.format("Number", "101901234")[6:] + data.format("String", "Bo")
    found = texts(saved_sheet(f"<Row>{heads}</Row><Row ss:Index='3'>{line}</Row>"))
    assert "nr.\tnavn & ydelse\n0101901234\tBo" in found
    named_xls = replace(saved_sheet(f"<Row>{heads}</Row>"), content_type="application/vnd.ms-excel")
    assert "nr.\tnavn & ydelse" in texts(named_xls)
    assert "\t" not in texts(
        part(b"<Row><Cell><Data>1</Data></Cell><Cell><Data>2</Data></Cell></Row>", "text/xml")
    )
    texts(saved_sheet("<Row><Cell><Data>" * 100_000))
    texts(saved_sheet("<Data " * 100_000 + "<Data>" + "<" * 500_000))


def test_of_what_is_no_text_only_what_may_be_words_and_numbers_is_read() -> None:
    """A program or a picture that is called text took four seconds of processor time a megabyte."""
    noise = Random(1).randbytes(400_000)
    part = Part(
        "part 2", "text/plain", "iso-8859-1", "a.txt", attached=True, encoded=noise + b"\0cpr 010190-1234\0"
    )
    found = read_plain(part, Limits())
    assert [gap.rule for gap in found.unread][:1] == ["unreadable.damaged"]
    assert any("cpr 010190-1234" in text.text for text in found.texts)
    assert sum(len(text.text) for text in found.texts) < len(noise) // 10


def test_letters_struck_over_are_read_all_the_same() -> None:
    struck = "".join(f"{sign}\b{sign}" for sign in "cpr 010190-1234 er hendes")
    part = Part("part 2", "text/plain", "", "a.txt", attached=True, encoded=struck.encode() * 20)
    assert any("cpr 010190-1234" in text.text for text in read_plain(part, Limits()).texts)
