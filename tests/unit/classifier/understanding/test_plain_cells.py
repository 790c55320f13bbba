"""Cells of lists that tell nothing of whom their row is about are not shown to the model."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from corpus import growth
from corpus.lists import letter, sheet, told
from segl_classifier.message import Text

LEFT_OUT = {
    "who speaks": (
        "Tid;Emne;Oplægsholder\n9.00;At leve med kræft;Anna Lund\n10.00;Kaffe;Bo Bro",
        "Anna Lund",
    ),
    "who examines": ("Klasse;Fag;Censor\n9.A;Dansk;Anna Lund\n9.B;Engelsk;Bo Bro", "Anna Lund"),
    "who sees to a risk": (
        "Risiko;Score;Ejer\nSygdom i teamet;4;Anna Lund\nForsinkelse;2;Bo Bro",
        "Anna Lund",
    ),
    "who sees to it": (
        "Handling;Frist;Ansvarlig\nRing til lægen;3/4;Anna Lund\nKøb kaffe;4/4;Bo Bro",
        "Anna Lund",
    ),
    "an office": ("Navn;Funktion;Til stede\nAnna Lund;Kasserer;ja\nBo Bro;Medlem;nej", "Medlem"),
    "an office by election": (
        "Navn;Post;Status\nAnna Lund;Bestyrelsesmedlem;på valg\nBo Bro;1. suppleant;ja",
        "medlem",
    ),
    "what was driven": (
        "Navn;Strækning;Km;Beløb\nAnna Lund;Vejby-Hasle;42;159,60\nBo Bro;Hasle-Vejby;42;160 kr.",
        "160",
    ),
    "whether a dinner was paid": ("Navn;Antal;Betalt\nAnna Lund;2;nej\nBo Bro;1;ja", "nej"),
    "who speaks, in Swedish": (
        "Tid;Ämne;Föreläsare\n9.00;Att leva med cancer;Anna Lund\n10.00;Fika;Bo Bro",
        "Anna Lund",
    ),
    "who speaks, in German": (
        "Uhrzeit;Thema;Dozentin\n9.00;Sucht;Anna Lund\n10.00;Pause;Bo Bro",
        "Anna Lund",
    ),
    "an office, in Norwegian": ("Navn;Verv\nAnna Lund;kasserer\nBo Bro;styremedlem", "styremedlem"),
    "an office, in Swedish": ("Namn;Funktion\nAnna Lund;kassör\nBo Bro;ledamot", "ledamot"),
    "an office, in German": ("Name;Amt\nAnna Lund;Kassenwartin\nBo Bro;Beisitzer", "Beisitzer"),
    "what was driven, in Swedish": ("Namn;Km;Belopp\nAnna Lund;42;159,60\nBo Bro;42;160 kr", "160"),
    "what was driven, in Norwegian": (
        "Navn;Strekning;Beløp\nAnna Lund;Moss-Oslo;160\nBo Bro;Oslo-Moss;160",
        "160",
    ),
    "what was driven, in German": (
        "Name;Strecke;Betrag\nAnna Lund;Husum-Kiel;160 €\nBo Bro;Kiel-Husum;160 €",
        "160",
    ),
    "who comes to dinner": ("Namn;Anmäld;Betald\nAnna Lund;ja;nej\nBo Bro;ja;ja", "ja"),
    "who comes to dinner, in German": ("Name;Angemeldet;Bezahlt\nAnna Lund;ja;nein\nBo Bro;ja;ja", "nein"),
    "who teaches what": (
        "Lærer;Dansk;Matematik;Engelsk\nAnna Lund;1.a;3b, 4b;-\nBo Bro;5a;;6.b og 7.a",
        "Anna Lund",
    ),
    "which class": ("Underviser;Idræt;Tysk\nAnna Lund;1.a;3b\nBo Bro;5a;6b", "5a"),
    "who teaches a class": ("Klasse;Dansk;Tysk\n1.a;Anna Lund;Bo Bro\n2.b;Ida Friis;Bo Bro", "Ida Friis"),
    "who stands in": ("Lærer;Fag;Klasse;Vikar\nAnna Lund;Dansk;1.a;Bo Bro\nIda Friis;Tysk;2b;Bo Bro", "Ida"),
}
STAYS = {
    "whom it is about": ("Navn;Diagnose\nAnna Lund;kræft\nBo Bro;gigt", "kræft"),
    "a shop steward": ("Navn;Funktion\nAnna Lund;Tillidsrepræsentant\nBo Bro;Medlem", "Tillidsrepræsentant"),
    "a member of a union": ("Navn;Fagforening\nAnna Lund;Medlem\nBo Bro;HK", "Medlem"),
    "an amount beside none of them": ("Lejer;Beløb\nAnna Lund;159,60\nBo Bro;160 kr.", "160"),
    "pay beside kilometres": ("Medarbejder;Løn;Km\nAnna Lund;32100;42\nBo Bro;33400;40", "33400"),
    "a remark beside kilometres": ("Navn;Km;Beløb\nAnna Lund;42;sygemeldt\nBo Bro;42;160", "sygemeldt"),
    "what is told beside a name": (
        "Emne;Oplægsholder\nSorg;Anna Lund (sygemeldt)\nKaffe;Bo Bro",
        "sygemeldt",
    ),
    "whether rent was paid": ("Lejer;Leje;Betalt\nAnna Lund;4500;nej\nBo Bro;4500;ja", "nej"),
    "whether a member paid": ("Medlem;By;Betalt\nAnna Lund;Lem;nej\nBo Bro;Lem;ja", "nej"),
    "what else stands there": ("Navn;Antal;Betalt\nAnna Lund;2;sendt til inkasso\nBo Bro;1;ja", "inkasso"),
    "a teacher": ("Underviser;Bemærkning\nAnna Lund;har fået en advarsel\nBo Bro;ingen", "Anna Lund"),
    "marks below a name": ("Navn;Dansk;Matematik\nAnna Lund;12;7\nBo Bro;02;4", "Anna Lund"),
    "a teacher who is ill": ("Lærer;Fag;Fravær\nAnna Lund;Dansk;stress\nBo Bro;Tysk;-", "Anna Lund"),
    "a remark in a plan": ("Lærer;Fag;Klasse\nAnna Lund (sygemeldt);Dansk;1.a\nBo Bro;Tysk;2b", "sygemeldt"),
    "whether a child's place was paid": ("Barn;Måned;Betalt\nAnna Lund;maj;nej\nBo Bro;maj;ja", "nej"),
    "whose boat it is": ("Båd;Ejer;Restance\nHavfruen;Anna Lund;4500\nDitte;Bo Bro;300", "Anna Lund"),
    "who answers for what is owed": (
        "Hold;Skylder;Ansvarlig\nU13;4500;Anna Lund\nU15;300;Bo Bro",
        "Anna Lund",
    ),
    "whether rent was paid, in Swedish": ("Namn;Hyra;Betald\nAnna Lund;4500;nej\nBo Bro;4500;ja", "nej"),
    "whether rent was paid, in German": ("Name;Miete;Bezahlt\nAnna Lund;450;nein\nBo Bro;450;ja", "nein"),
    "whose case it is": ("Sag;Sagsbehandler\nAnna Lund, diabetes;Bo Bro\nIda Krogh;Bo Bro", "Bo Bro"),
}


@pytest.mark.parametrize(("table", "cell"), LEFT_OUT.values(), ids=LEFT_OUT)
@pytest.mark.parametrize("of", [letter, sheet])
def test_left_out(of: Callable[[str], Text], table: str, cell: str) -> None:
    shown = told(of(table))
    assert cell not in shown
    assert all(name in shown for name in table.partition("\n")[0].split(";"))


@pytest.mark.parametrize(("table", "cell"), STAYS.values(), ids=STAYS)
def test_stays(table: str, cell: str) -> None:
    assert cell in told(letter(table))


def test_a_list_takes_no_time_without_end() -> None:
    growth.in_proportion(
        lambda size: letter(f"Navn;{';'.join(['Rolle'] * size)}\n" + "Anna Lund;Medlem\n" * size),
        told,
        size=200,
    )
