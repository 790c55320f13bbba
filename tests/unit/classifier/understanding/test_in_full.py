"""Who goes by a first name alone, with a last name behind it; and where the first names are."""

from __future__ import annotations

import pytest

from segl_classifier.rules import shipped_rules
from segl_classifier.understanding.in_full import in_full
from segl_classifier.understanding.unlisted import unlisted


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
        ("Vi taler om Zbyszek Bo i dag.", "Vi taler om Zbyszek Bo i dag."),
        ("Referatet er sendt til alle.", "Referatet er sendt til alle."),
        ("palle er syg.", "palle er syg."),
        ("Vores nye bogholder har kræft.", "Vores nye bogholder Bo Holm har kræft."),
        ("Jeg hørte, at hans kone er syg.", "Jeg hørte, at hans kone Bo Holm er syg."),
        ("Min chef Anne Lund er syg.", "Min chef Anne Lund er syg."),
        ("En bogholder er syg.", "En bogholder er syg."),
        ("Vores pedel er dømt for vold.", "Vores pedel Bo Holm er dømt for vold."),
        ("Vikaren i 5.b er dømt for vold.", "Vikaren Bo Holm i 5.b er dømt for vold."),
        ("Det er fordi naboen sælger hash.", "Det er fordi naboen Bo Holm sælger hash."),
        ("Hendes yngste er anbragt.", "Hendes yngste Bo Holm er anbragt."),
        ("Svigermor er syg.", "Bo Holm er syg."),  # a capital before what somebody is
        ("Når medarbejderen er syg, ringer han.", "Når medarbejderen er syg, ringer han."),
        ("Fristen er overskredet.", "Fristen er overskredet."),
        ("Diagnoselisten er udvidet.", "Diagnoselisten er udvidet."),
        ("Naboen, Lis Møller, er syg.", "Naboen, Lis Møller, er syg."),
        ("", ""),
    ],
)
def test_a_first_name_alone_gets_a_last_name(sentence: str, read: str) -> None:
    assert in_full(sentence, shipped_rules().first_names(sentence)) == read


@pytest.mark.parametrize(
    ("sentence", "who"),
    [
        ("Ayan er indlagt.", "Ayan"),
        ("Thorbjørg er blevet fyret.", "Thorbjørg"),
        ("Ragnheiður har fået kræft.", "Ragnheiður"),
        ("Zbyszek har ikke betalt.", "Zbyszek"),
        ("Skovgaard er sygemeldt igen.", "Skovgaard"),
        ("Lauridsen er dømt.", "Lauridsen"),
        ("Du skal vide, at Bødker drikker.", "Bødker"),
        ("KHN er gået ned med stress.", "KHN"),
        ("A.L. skal opereres.", "A.L."),
        ("Årsag: SØJ er syg.", "SØJ"),
        ("Öhrn har fått avslag.", "Öhrn"),
        ("Frau Weber sagt, Oelze ist krank.", "Oelze"),
        ("Okonjo was let go.", "Okonjo"),
        ("Pumpen er gået ned.", None),
        ("Prisen er steget.", None),
        ("Adressen er ændret.", None),
        ("Målerne er skiftet.", None),
        ("Levering er aftalt.", None),
        ("Virksomhedspraktik er op til fire uger.", None),
        ("Gaver kan trækkes fra.", None),
        ("Fredag er en fridag.", None),
        ("SKAT har skrevet.", None),
        ("IT er nede.", None),
        ("Hun er syg.", None),
        ("Everything is fine.", None),
        ("I dag er alle syge.", None),
        ("Thorbjørg, se bilaget.", None),
        ("", None),
    ],
)
def test_a_name_in_no_list_is_known_by_where_it_stands(sentence: str, who: str | None) -> None:
    found = unlisted(sentence)
    assert (sentence[slice(*found)] if found else None) == who
    assert not who or in_full(sentence, ()) == sentence.replace(who, "Bo Holm")
