"""Lists as offices write and export them, each beside a text that looks alike and tells nothing of anybody."""

from __future__ import annotations

import pytest

from corpus.lists import found

REMARK = "Beløbene er dem vi har talt om i går og som bogholderiet har fundet"

HEADINGS = {
    "an amount in kroner": ("Navn;Restance i kr.\nJens Holm;4500\nAnna Lund;2300", "Restance", "Lokale"),
    "in all": ("Navn;Gæld i alt kr.\nJens Holm;4500\nAnna Lund;2300", "Gæld", "Point"),
    "as of today": ("Navn;Restance pr. dd.\nJens Holm;4500\nAnna Lund;2300", "Restance", "Lokale"),
    "words written short": (
        "Navn;Restance;Sdst. m. gir.;Aft. u. forb.\nJens Holm;4500;ja;nej\nAnna Lund;2300;nej;ja",
        "Restance",
        "Lokale",
    ),
    "a question of a form": (
        "Navn\tEr du vaccineret?\nJens Holm\tja\nAnna Lund\tnej, ikke endnu\n",
        "vaccineret",
        "kommende",
    ),
    "a question of a form, exported": (
        '"Dato","Navn","Har dit barn allergi?"\n"1/3","Jens Holm","ja"\n"1/3","Anna Lund","nej"\n"2/3","Bo Bro","ja"',
        "allergi",
        "cykel",
    ),
    "a number": ("Nr.,Navn,Restance\n1,Jens Holm,4500\n2,Anna Lund,2300\n3,Bo Bro,900", "Restance", "Lokale"),
    "a telephone": (
        '"Navn","Tlf.","Diagnose"\n"Jens Holm","12","KOL"\n"Anna Lund","13","gigt"\n"Bo Bro","14","F20"',
        "Diagnose",
        "Lokale",
    ),
    "the number of a member": (
        "Medl. nr.   Navn         Restance\n1           Jens Holm    4500\n"
        "2           Anna Lund    2300\n3           Bo Bro       900",
        "Restance",
        "Lokale",
    ),
}
BETWEEN = {
    "a ruler with crosses": (
        f"| navn      | restance |\n+{'-' * 30}+{'-' * 20}+\n| Jens Holm |     4500 |\n| Anna Lund |     2300 |",
        "restance",
        "lokale  ",
    ),
    "a ruler of a database": (
        f" navn      | restance\n{'-' * 30}+{'-' * 20}\n Jens Holm |     4500\n Anna Lund |     2300",
        "restance",
        "lokale  ",
    ),
    "a line of dashes": (
        f"Navn\tRestance\n{'=' * 60}\nJens Holm\t4500\nAnna Lund\t2300",
        "Restance",
        "Lokale",
    ),
    "a sentence": (f"Navn\tRestance\n{REMARK}\nJens Holm\t4500\nAnna Lund\t2300", "Restance", "Lokale"),
    "a sentence, where words stand below": (
        f"Navn;Diagnose\n{REMARK}\nJens Holm;gigt\nAnna Lund;KOL",
        "Diagnose",
        "Lokale",
    ),
}
COMMAS = {
    "two columns": ("Medarbejder,Sygedage\nJens Holm,12\nAnna Lund,3\nBo Bro,9", "Sygedage", "Lokale"),
    "two columns, some quoted": (
        'Elev,Allergi\n"Holm, Jens",æg\nAnna Lund,nej\nBo Bro,mælk',
        "Allergi",
        "Lokale",
    ),
    "prose above two quoted columns": (
        'Hej Per, her er listen\n"Navn","Restance"\n"Jens Holm","4500"\n"Anna Lund","2300"',
        "Restance",
        "Lokale",
    ),
    "prose above two columns": (
        "Hej Per, her er listen, som du ønskede.\nNavn,Restance\nJens Holm,4500\nAnna Lund,2300",
        "Restance",
        "Lokale",
    ),
    "a sentence with a semicolon above": (
        'Hej Per; her er listen fra i går.\n"Navn";"Restance"\n"Jens Holm";"4500"\n"Anna Lund";"2300"',
        "Restance",
        "Lokale",
    ),
}
LINED_UP = {
    "surnames before names": (
        "Navn          Diagnose\nHansen,Bo     KOL\nLund,Anna     gigt\nToft,Carl     F20",
        "Diagnose",
        "Lokale",
    ),
    "a comma between quotation marks": (
        'Navn           Diagnose\nBo "B,H"       KOL\nAnna "A,L"     gigt\nCarl "C,T"     F20',
        "Diagnose",
        "Lokale",
    ),
    "below a list with commas": (
        "Ring,skriv eller kom\nTelefon,mail\nUge,dag\n"
        "Navn          Restance\nHansen,Bo     4500\nLund,Anna     2300\nToft,Carl     900",
        "Restance",
        "Lokale",
    ),
    "below a total and a remark": (
        f"Total;4\n{REMARK}\nBeløb;Restance\nJens Holm;ja\nAnna Lund;ja",
        "Restance",
        "Lokale",
    ),
}
LISTS = {**LINED_UP, **HEADINGS, **BETWEEN, **COMMAS}


@pytest.mark.parametrize(("text", "word", "other"), LISTS.values(), ids=LISTS)
def test_a_list_is_found_however_it_is_written(text: str, word: str, other: str) -> None:
    assert len(found(text)) == 1
    assert found(text.replace(word, other)) == set()


@pytest.mark.parametrize(
    "talk",
    [
        "Jens: kommer du?\tEr du i restance med noget?\nAnna\tNej, det er jeg ikke.\nBo\tJa, det er jeg vist.",
        "Navn;Der er ingen, der er i restance.\nJens Holm;Det er godt.\nAnna Lund;Ja, det er godt.",
        "Det er Navn, restance, siger han.\nVi ses, Jens Holm, i morgen\nHilsen, Anna Lund",
        "Brød 12,50\nMælk 9,95\nSmør 22,00\nRestance 14,50",
        "Hej Per, her er noget\nNavn, restance\nJens Holm, 4500\nog så videre",
        f"Restance\tNavn\n{REMARK}.\n{REMARK}.\n{REMARK}.\n{REMARK}.\nTlf.\t12 34\nMail\tl@b.example",
    ],
    ids=["a talk", "sentences", "an enumeration", "a receipt", "loose commas", "far below"],
)
def test_sentences_are_no_lists(talk: str) -> None:
    assert found(talk) == set()
