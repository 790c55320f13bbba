"""A letter that nobody is written into yet tells nothing of anybody; what stands above and below it does."""

from __future__ import annotations

import pytest

from corpus import growth
from corpus.lists import letter, told
from segl_classifier.understanding.templates import without_templates

WARNING = (
    "Kære [medarbejder]\n\nDu har den [dato] udvist følgende adfærd: [beskriv].\nVi giver dig hermed en advarsel."
    "\n\nMed venlig hilsen\n[leder]"
)
TEMPLATES = {
    "in brackets": WARNING,
    "of a program": "Kære {{ fornavn }}\nDu er sygemeldt siden {{dato}}.\nHilsen {{afsender}}",
    "of a word processor": "Til «Navn»\nDu skylder «Beløb» siden «Forfald».\nHilsen «Afdeling»",
    "in angle brackets": "Dear <employee>,\nyour employment ends on <date> due to <reason>.",
}


@pytest.mark.parametrize("template", TEMPLATES.values(), ids=TEMPLATES)
def test_a_template_is_not_shown(template: str) -> None:
    shown = without_templates(template)
    assert len(shown) == len(template)
    assert shown.count("\n") == template.count("\n")
    assert not any(word in shown for word in ("advarsel", "sygemeldt", "skylder", "employment"))


def test_what_stands_above_and_below_it_is() -> None:
    shown = told(letter(f"Her er udkastet til Bo Holm, som drikker.\n\n{WARNING}\n\nAnna har kræft."))
    assert "Bo Holm, som drikker" in shown
    assert "Anna har kræft" in shown
    assert "advarsel" not in shown


STAYS = {
    "of two blanks": "Kære [navn]\nDu får en advarsel. Hilsen [leder]",
    "without a person among the first": "Den [dato] kl. [tid] fik Bo en advarsel. [navn]",
    "with a name": "Kære [navn]\nVores kollega Anna Lund er sygemeldt siden [dato]. Hilsen [leder]",
    "the same again": "[navn] har kræft. [navn] er sygemeldt. [navn] kommer ikke.",
    "far apart": f"Kære [navn]\n{'Bo er syg. ' * 60}\n[dato] {'Bo er syg. ' * 60} [leder]",
    "marks in a subject": "[EXTERN] [SIKKER] [Ticket 12] Anna har kræft.",
}


@pytest.mark.parametrize("text", STAYS.values(), ids=STAYS)
def test_what_is_none_stays(text: str) -> None:
    assert without_templates(text) == text


@pytest.mark.parametrize("unit", ["[navn] [a] [b] ", "[", "<a", "{{a", "[navn]" + " " * 400])
def test_a_text_of_blanks_takes_no_time_without_end(unit: str) -> None:
    growth.of_many(unit, without_templates)
