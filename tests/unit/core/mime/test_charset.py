"""Bytes become the text that was meant; where that cannot be known, every digit is still there."""

from __future__ import annotations

import codecs

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from segl.mime.charset import codec_for, decode_text, readings

DANISH = "Blåbærgrød til Søren, cpr 010190-1234"


@pytest.mark.parametrize(
    "charset",
    [
        "utf-8", "UTF8", "utf_8", '"utf-8"', "utf-8;", "iso-8859-1", "latin1", "windows-1252", "cp1252",
        "ISO_8859-15", "iso-8859-4", "windows-1257", "cp850", "ibm865", "macintosh", "utf-16", "utf-16le",
        "UTF-16BE", "utf-32", "utf-7", "unicode-1-1-utf-7", "cp037", "cp500", "gb18030", "koi8-r",
    ],
)  # fmt: skip
def test_declared_charsets_are_honoured(charset: str) -> None:
    codec = codec_for(charset)
    assert codec
    text = DANISH if codec != "koi8_r" else "Привет, cpr 010190-1234"
    assert decode_text(text.encode(codec), charset) == text


@pytest.mark.parametrize(
    ("charset", "codec"),
    [
        ("3Diso-8859-1", "cp1252"),
        ("=3Dwindows-1251", "cp1251"),
        ("charset=utf-8", "utf-8"),
        ("(dansk) utf-8", "utf-8"),
        ("hz (kinesisk)", "hz"),
        ("(utf-7", "utf-7"),
        ("x-windows-1250", "cp1250"),
        ("utf-8Return-Path: x", "utf-8"),
        ("", ""),
        ("us-ascii", ""),
        ("unknown-8bit", ""),
        ("x-klingon", None),
        ("iso-8859-99", None),
        ("rot13", None),
        ("unicode_escape", None),
        ("hex", None),
        ("../../etc/passwd", None),
        ("a\0b", None),
    ],
)
def test_names_are_understood_or_refused(charset: str, codec: str | None) -> None:
    assert codec_for(charset) == codec


def test_an_unknown_name_never_reaches_the_codec_search(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python's search imports a module by the name and remembers every failure for ever."""
    asked: list[str] = []

    def search(name: str) -> codecs.CodecInfo | None:
        asked.append(name)
        return None

    codecs.register(search)
    try:
        decode_text(b"\xe6", "x-segl-no-such-charset")
    finally:
        codecs.unregister(search)
    assert not asked


@pytest.mark.parametrize(
    ("data", "charset", "text"),
    [
        (DANISH.encode(), "iso-8859-1", DANISH),  # the label is wrong, the bytes speak
        (DANISH.encode(), "us-ascii", DANISH),
        (DANISH.encode("cp1252"), "utf-8", DANISH),
        (DANISH.encode("cp1252"), "us-ascii", DANISH),
        (DANISH.encode("cp1252"), "", DANISH),
        (b"pris \x80 5 \x96 \x81", "iso-8859-1", "pris € 5 – \x81"),
        (DANISH.encode() + b" \xe6", "utf-8", DANISH + " æ"),  # one broken byte costs no letter
        (codecs.BOM_UTF8 + DANISH.encode(), "iso-8859-1", DANISH),
        (codecs.BOM_UTF16_LE + DANISH.encode("utf-16-le"), "utf-8", DANISH),
        (codecs.BOM_UTF32_BE + DANISH.encode("utf-32-be"), "", DANISH),
        (b"\xff" * 5000 + b" 010190-1234", "utf-8", "ÿ" * 5000 + " 010190-1234"),
        ("日本語 010190-1234".encode("iso2022_jp"), "iso-2022-jp", "日本語 010190-1234"),
    ],
)
def test_the_likeliest_reading(data: bytes, charset: str, text: str) -> None:
    assert decode_text(data, charset) == text


@pytest.mark.parametrize(
    ("data", "charset", "hidden"),
    [
        (b"cpr 010190-1234", "utf-16", "010190-1234"),
        (b"cpr 010190-1234", "utf-32le", "010190-1234"),
        (b"cpr 010190-1234", "cp037", "010190-1234"),
        (b"+ADAAMQAwADEAOQAwAC0AMQAyADMANA-", "utf-7", "010190-1234"),
        (b"cpr 010190-1234 +broken", "utf-7", "010190-1234"),
        ("cpr 010190-1234".encode("utf-16-le"), "", "010190-1234"),
        ("cpr 010190-1234".encode("utf-16-be"), "utf-16-le", "010190-1234"),
        ("cpr 010190-1234".encode("utf-32-be"), "utf-8", "010190-1234"),
        ("０１０１９０".encode("iso2022_jp"), "", "０１０１９０"),
        (codecs.BOM_UTF16_LE + b"cpr 010190-1234", "", "010190-1234"),
        ("på 010190-1234".encode(), "big5", "på"),
    ],
)
def test_where_a_label_hides_the_text_both_readings_are_given(data: bytes, charset: str, hidden: str) -> None:
    assert any(hidden in text for text in readings(data, charset).texts)


def test_html_may_name_its_own_charset() -> None:
    assert readings("Привет".encode("cp1251"), "", "windows-1251").texts == ("Привет",)
    assert readings("Привет".encode("cp1251"), "x-klingon", "windows-1251").texts == ("Привет",)
    assert readings("Søren".encode("cp1252"), "utf-8", "windows-1252").texts == ("Søren",)


@pytest.mark.parametrize(
    ("data", "charset", "unknown"),
    [
        (b"plain ASCII", "x-klingon", False),
        ("gyldig utf-8 æ".encode(), "x-klingon", False),
        (b"\xe6\xf8\xe5", "x-klingon", True),
        (b"\xe6\xf8\xe5", "", False),
        (b"\xe6\xf8\xe5", "iso-8859-1", False),
    ],
)
def test_an_unknown_charset_is_told_of_when_letters_may_be_wrong(
    data: bytes, charset: str, unknown: bool
) -> None:
    assert readings(data, charset).unknown is unknown


@given(
    st.binary(max_size=200),
    st.sampled_from(["", "utf-8", "utf-16", "utf-7", "big5", "iso-2022-kr", "x", "cp037"]),
)
@example(b"\xff\xfe\x00", "utf-16")
@example(b"+", "utf-7")
def test_nothing_raises(data: bytes, charset: str) -> None:
    assert readings(data, charset).texts


@given(
    st.lists(st.binary(max_size=20), min_size=1, max_size=6),
    st.sampled_from(["", "utf-8", "iso-8859-1", "x-klingon"]),
)
def test_ascii_words_survive_whatever_stands_around_them(noise: list[bytes], charset: str) -> None:
    """In every charset that holds ASCII, a number between broken bytes is found."""
    marks = [f" {index:06d}-1234 ".encode() for index in range(len(noise))]
    data = b" x" + b"".join(a + b for a, b in zip(noise, marks, strict=True))
    texts = readings(data, charset).texts
    assert all(any(mark.decode().strip() in text for text in texts) for mark in marks)


@pytest.mark.parametrize("page", ["cp850", "cp865", "mac_roman"])
def test_danish_letters_tell_the_code_page_of_an_old_program(page: str) -> None:
    text = "navn;ydelse\nSøren Kjær;førtidspension på Ærø\n"
    found = readings(text.encode(page)).texts
    assert found[0] == text
    assert found[1] == decode_text(text.encode(page), "windows-1252")


@pytest.mark.parametrize("text", ["Søren Kjær på Ærø", "Bo’s café – 5 €", "Bo® ¯", "Größe für Ærø"])
def test_windows_letters_are_read_once(text: str) -> None:
    assert readings(text.encode("cp1252")).texts == (text,)


@pytest.mark.parametrize(
    "data",
    [
        "Hej Søren, CPR-nr. 010190-1234\r\n".encode("cp037"),
        "Hej Søren, CPR-nr. 010190-1234\r\n".encode("cp500"),
        "Привет, как дела?".encode("koi8-r"),
        bytes(range(128, 256)) * 3,
    ],
    ids=["ebcdic", "another ebcdic", "cyrillic", "noise"],
)
@pytest.mark.parametrize("charset", ["", "us-ascii", "iso-8859-1", "utf-8"])
def test_what_is_no_western_text_does_not_speak_for_itself(data: bytes, charset: str) -> None:
    assert readings(data, charset).unknown
    for told_in_html in ("utf-8", "windows-1252", "iso-8859-1"):
        assert readings(data, charset, told_in_html).unknown


@pytest.mark.parametrize(
    "data",
    [
        "æøå ÆØÅ".encode("cp1252"),
        "Kære Søren\r\nærø, ø, å og æ\r\n".encode("cp1252"),
        ("┌" + "─" * 70 + "┐\r\n│ Løn for januar 2026 │ 25.000 │\r\n└" + "─" * 70 + "┘\r\n").encode("cp850"),
        "Привет, как дела?".encode() + b"\xff",
        "Привет, как дела?".encode()[:-1],
    ],
    ids=["a few letters", "short words", "a table of DOS", "a broken byte", "cut off"],
)
def test_western_text_and_broken_utf_8_speak_for_themselves(data: bytes) -> None:
    assert not readings(data).unknown
    assert not readings(data, "utf-8", "windows-1252").unknown


def test_a_charset_that_is_told_is_believed() -> None:
    russian = "Привет, как дела?"
    assert readings(russian.encode("koi8-r"), "koi8-r").texts[0] == russian
    assert not readings(russian.encode("koi8-r"), "koi8-r").unknown
    danish = "Kære Søren, dit nummer er 010190-1234"
    assert readings(danish.encode("cp037"), "ibm037").texts[0] == danish
