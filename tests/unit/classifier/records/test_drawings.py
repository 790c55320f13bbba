"""Drawings as text (DXF): what is written in them is read, and places on a map are no numbers of anybody's."""

from __future__ import annotations

import pytest

from corpus.parts import part
from segl.settings.detection import Limits
from segl.vocabulary import Decision
from segl_classifier.classify import classify
from segl_classifier.readers import read_drawing, read_plain
from segl_classifier.records.drawings import drawing
from segl_classifier.rules import shipped_rules

CPR = "150684-4279"
HEAD = "999\nEt program\n  0\nSECTION\n  2\nENTITIES\n"
LINES = "".join(
    f"  0\nLINE\n  5\n{n:X}\n  8\nVAND\n 10\n6942.{n}0684427{n}\n 20\n61.1506{n}44279\n" for n in range(60)
)


def entity(kind: str, *values: tuple[int, str]) -> str:
    return "".join(f"{code:3}\n{value}\n" for code, value in ((0, kind), *values))


def file(*entities: str) -> str:
    return HEAD + LINES + "".join(entities) + "  0\nENDSEC\n  0\nEOF\n"


@pytest.mark.parametrize(
    ("what", "shown"),
    [
        (entity("TEXT", (10, "1.5"), (1, f"Ejer: {CPR}")), f"Ejer: {CPR}"),
        (entity("MTEXT", (3, "Ejer: 1506"), (1, "84-4279")), f"Ejer: {CPR}"),  # cut after 250 letters
        (entity("MTEXT", (1, r"{\fArial|b1;Ejer}\PCpr: {\C1;150684}-4279")), f"Ejer\nCpr: {CPR}"),
        (entity("ATTRIB", (1, "1506844279"), (2, "CPR")), "CPR: 1506844279"),
        (entity("TEXT", (1, r"\U+00D8 110 %%c 12")), "Ø 110 Ø 12"),
        (entity("INSERT", (8, f"Sag {CPR}")), f"Sag {CPR}"),
        (entity("LINE", (10, f"Sag {CPR}")), f"Sag {CPR}"),  # where a number should be
        (entity("INSERT", (1001, "HUS"), (1000, f"Cpr {CPR}")), f"HUS\nCpr {CPR}"),
        (entity("INSERT", (1071, "1506844279")), "1506844279"),
    ],
)
def test_what_is_written_in_a_drawing_is_read(what: str, shown: str) -> None:
    for text in (file(what), file(what).replace("\n", "\r\n")):
        told = drawing(text)
        assert told is not None
        assert shown in told.text
        assert "694" not in told.text
        assert not told.foreign


def test_what_another_program_put_into_it_is_told_of() -> None:
    found = read_plain(
        part(file(entity("OLE2FRAME", (310, "D0CF11E0"))).encode(), "text/plain", "plan.dxf"), Limits()
    )
    assert [gap.excerpt for gap in found.unread] == ["what another program put into a drawing"]


@pytest.mark.parametrize(
    "text", ["", "0\nSECTION", f"0\nSECTION\nCpr: {CPR}\n", f"Cpr: {CPR}", "{0\nSECTION\n"]
)
def test_other_texts_are_none(text: str) -> None:
    assert drawing(text) is None


def test_one_that_is_cut_off_is_read_as_far_as_it_goes() -> None:
    whole = file(entity("TEXT", (1, f"Ejer: {CPR}")))
    for end in range(len(whole)):
        drawing(whole[:end])


@pytest.mark.parametrize(
    ("written", "decision"), [("Brønd 12", Decision.PLAIN), (f"Cpr-nr. {CPR}", Decision.SECURE)]
)
@pytest.mark.parametrize("type_", ["image/vnd.dxf", "application/octet-stream"])
def test_a_drawing_in_a_mail(written: str, decision: Decision, type_: str) -> None:
    mail = (
        "From: a@vand.example\nTo: b@firma.example\nSubject: Plan\nMIME-Version: 1.0\n"
        f"Content-Type: {type_}\nContent-Disposition: attachment; filename=plan.dxf\n"
        f"Content-Transfer-Encoding: 8bit\n\n{file(entity('TEXT', (1, written)))}"
    )
    assert classify(mail.encode(), shipped_rules()).decision is decision


def test_one_in_bytes_is_told_of() -> None:
    binary = read_drawing(
        part(b"AutoCAD Binary DXF\r\n\x1a\0" + bytes(range(200)), "image/vnd.dxf"), Limits()
    )
    assert [gap.rule for gap in binary.unread] == ["unreadable.unknown-type"]
