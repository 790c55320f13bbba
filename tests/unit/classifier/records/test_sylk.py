"""Sheets in symbolic links, as LibreOffice and Excel write them."""

from __future__ import annotations

import pytest

from corpus.unfolded import Read
from segl_classifier.records.sylk import told_of_sylk

LIBREOFFICE = (
    'ID;PSCALC3\nB;X3;Y2;D0 0 2 1\nC;X1;Y1;K"Navn"\nC;X3;Y1;K"CPR-nr."\nC;X1;Y2;K"Bo; og Ib"\nC;X3;Y2;K%s\nE\n'
).replace("Bo; ", "Bo;; ")
EXCEL = 'ID;PWXL;N;E\r\nP;PGeneral\r\nC;Y1;X1;K"Navn"\r\nC;X3;K"CPR-nr."\r\nC;Y2;X1;K"Bo;; og Ib"\r\nC;X3;K%s\r\nE\r\n'


@pytest.mark.parametrize("made", [LIBREOFFICE, EXCEL])
@pytest.mark.parametrize("cell", ["0707614285", "707614285", '"0707614285"'])
def test_a_number_stands_under_its_heading(made: str, cell: str) -> None:
    written = cell.strip('"').zfill(10)
    assert told_of_sylk(made % cell) == f"Navn\tCPR-nr.\nBo; og Ib\t{written}"
    assert Read("bilag.slk", (made % cell).encode()).numbers


def test_other_texts_and_broken_ones_are_none() -> None:
    assert told_of_sylk("C;Y1;X1;K1") == ""
    assert told_of_sylk("ID;PWXL\nC;Y99999999999;X1;K1\nC;Xa;K;K2;;;\nC;") == "2;"
