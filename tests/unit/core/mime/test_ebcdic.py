"""Texts of mainframes in the code pages of the North, with a name and without."""

from __future__ import annotations

from random import Random

import pytest

from segl.mime import ebcdic, sniff
from segl.mime.charset import codec_for, readings

DANISH = "Kære Søren Ærø-Åby, CPR-nr. 010190-1234.\nTak for sidst på Østergade 12, {10} #7 @ 5 $\n"
SWEDISH = "Kära Sören Ärlig-Åby, nummer 010190-1234.\nTack för senast på Östra gatan 12, {10}\n"


def coded(text: str, name: str) -> bytes:
    signs = ebcdic.decoded(bytes(range(256)), name)
    return bytes(signs.index(sign) for sign in text)


@pytest.mark.parametrize(
    "charset", ["IBM277", "cp277", "ibm-277", "EBCDIC-DK-NO", "EBCDIC-CP-DK", "csIBM277"]
)
def test_danish_texts_are_read(charset: str) -> None:
    assert readings(coded(DANISH, "cp277"), charset).texts[0] == DANISH
    assert not readings(coded(DANISH, "cp277"), charset).unknown


@pytest.mark.parametrize(
    ("charset", "name"), [("IBM01142", "cp1142"), ("ebcdic-dk-277+euro", "cp1142"), ("ibm1143", "cp1143")]
)
def test_with_the_euro(charset: str, name: str) -> None:
    assert codec_for(charset) == name
    assert (
        readings(coded("5 € på Ø" if name == "cp1142" else "5 € på Ö", name), charset)
        .texts[0]
        .startswith("5 € på")
    )


def test_swedish_texts_are_read() -> None:
    assert readings(coded(SWEDISH, "cp278"), "ibm278").texts[0] == SWEDISH


@pytest.mark.parametrize("name", ["cp277", "cp1142"])
@pytest.mark.parametrize("charset", ["", "us-ascii", "utf-8", "iso-8859-1"])
def test_without_a_name_a_text_speaks_for_itself(name: str, charset: str) -> None:
    data = coded(DANISH, name)
    assert ebcdic.seems(data)
    assert sniff.is_text(data)
    assert readings(data, charset).texts[0] == DANISH
    assert not readings(data, charset).unknown


def test_each_page_has_256_characters_and_all_letters() -> None:
    for name in ebcdic.NAMES:
        signs = ebcdic.decoded(bytes(range(256)), name)
        assert len(set(signs)) >= 255  # two ends of a line
        assert set("abcxyzABCXYZ0189 .,-:/'\"å") <= set(signs)


def test_nothing_else_seems_to_be_one() -> None:
    draw = Random(1)
    others = [DANISH.encode(), DANISH.encode("cp1252"), DANISH.encode("cp850"), DANISH.encode("utf-16")]
    others += ["Привет, как дела? Она больна, и дети тоже больны, пишет отец им".encode("koi8-r"), b"@" * 500]
    others += [draw.randbytes(500) for _ in range(200)]
    letters, blank, sign = b"\xc1\x81\xd2\xf1", b"\x40", b"\x41"
    others += [letters * 100, (letters + blank) * 11, (letters + blank + sign) * 100]
    assert not any(map(ebcdic.seems, others))


def test_records_with_packed_numbers_are_no_text() -> None:
    """A program's packed decimals (five digits in three bytes) say in no code page what they are."""
    text = "BO HOLM, BEBOERVEJ 12, 4700 NAESTVED, INDLAGT PAA PSYKIATRISK AFDELING SIDEN I GAAR, RING HURTIGT"
    line = text.encode("cp037")
    assert ebcdic.seems(line * 200)
    for packed in ("0010190123 4C", "120385100 2F", "00101901234C"):
        number = bytes.fromhex(packed.replace(" ", "").zfill(12))
        assert not ebcdic.seems((line + number) * 200)
        assert not ebcdic.seems(line * 400 + number)  # wherever it stands
