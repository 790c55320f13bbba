"""Who goes by a first name alone, with a last name behind it; and where the first names are."""

from __future__ import annotations

import pytest

from segl_classifier.rules import shipped_rules
from segl_classifier.understanding.in_full import in_full


@pytest.mark.parametrize(
    ("sentence", "read"),
    [
        ("Palle er sigtet for tyveri.", "Palle Holm er sigtet for tyveri."),
        ("Vi forlænger ikke Tinas prøvetid.", "Vi forlænger ikke Tina Holms prøvetid."),
        ("I går blev Bo og Lis skilt.", "I går blev Bo Holm og Lis skilt."),
        ("Anne-Mette er syg.", "Anne-Mette Holm er syg."),
        ("Lis Møller er syg.", "Lis Møller er syg."),
        ("Lis Møller og Bo er syge.", "Lis Møller og Bo Holm er syge."),
        ("Karl Johan er syg.", "Karl Johan Holm er syg."),
        ("Referatet er sendt til alle.", "Referatet er sendt til alle."),
        ("palle er syg.", "palle er syg."),
        ("Vores nye bogholder har kræft.", "Vores nye bogholder Bo Holm har kræft."),
        ("Jeg hørte, at hans kone er syg.", "Jeg hørte, at hans kone Bo Holm er syg."),
        ("Min chef Anne Lund er syg.", "Min chef Anne Lund er syg."),
        ("En bogholder er syg.", "En bogholder er syg."),
        ("", ""),
    ],
)
def test_a_first_name_alone_gets_a_last_name(sentence: str, read: str) -> None:
    assert in_full(sentence, shipped_rules().first_names(sentence)) == read
