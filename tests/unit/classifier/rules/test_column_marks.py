"""Marks below the names of subjects, which say whose they are by the scale alone."""

from __future__ import annotations

import pytest

from corpus.lists import found

PUPILS = "column.pupil_subjects"


@pytest.mark.parametrize(
    "table",
    [
        "Navn;Biologi;Dansk\nAnna Lund;10;7\nBo Bro;02;4",
        "Fornavn;Klasse;Biologi\nAnna;9.b;10\nBo;9.b;-3\nIda;9.b;7",
        "Klasse;Navn;Tysk;Idræt\n9.b;Anna Lund;-3;10\n9.b;Bo Bro;10;4\n9.b;Ida Friis;7;4",
        "Navn;Dansk;Tysk\nAnna;2;4\nBo;7;10\nIda;12;7\nPer;4;7",  # a sheet took the zeros
        "Navn;Dansk;Tysk\nAnna;02;syg\n" + "\n".join(f"{name};7;10" for name in ("Bo", "Ida", "Per", "Ole", "Eva")),
        "Elev;Dansk\nAnna;fritaget\nBo;7",
    ],
)  # fmt: skip
def test_they_are_known(table: str) -> None:
    assert PUPILS in found(table)


@pytest.mark.parametrize(
    "table",
    [
        "Navn;Dansk;Tysk\nAnna Lund;5;3\nBo Bro;02;6\nIda Friis;8;1",  # lessons
        "Navn;Dansk;Tysk\nAnna Lund;1.a;2b\nBo Bro;3.c;1a\nIda Friis;2b;",  # classes
        "Navn;Dansk;Tysk\nAnna Lund;x;\nBo Bro;;x\nIda Friis;x;x",
        "Navn;Dansk;Tysk\nAnna Lund;4;\nBo Bro;;10\nIda Friis;4;2",  # too few to say so
        "Lærer;Dansk;Tysk\nAnna Lund;02;-3\nBo Bro;7;4\nIda Friis;4;10",
        "Klasse;Dansk;Tysk\n9.a;02;-3\n9.b;7;4\n9.c;4;10",
        "Hold;Tysk;Dansk\nNord;02;7\nSyd;4;10\nVest;7;7",
    ],
)
def test_other_numbers_below_subjects_are_none(table: str) -> None:
    assert PUPILS not in found(table)
