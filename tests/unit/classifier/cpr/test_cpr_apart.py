"""A date and the last four digits that stand apart, as people and forms write them, and what only looks so."""

from __future__ import annotations

from random import Random

import pytest

from bench.cpr_apart import NOT_SPLIT
from corpus import growth
from corpus.numbers import found, looked_at
from segl_classifier.cpr.hidden import hidden
from segl_classifier.message import Source, Text


@pytest.mark.parametrize(
    "text",
    [
        "født d. 7/7-1961. De sidste fire cifre er 4285.",
        "Født den 7.7.61 og sidste fire tal er 4285",
        "født d.7/7 1961, sidste fire: 4285",
        "født 1/1-90 de sidste 4 cifre: 1234",
        "født 19610707, sidste fire 4285",
        "1961-07-07, sidste fire 4285",
        "July 7, 1961 last four 4285",
        "born July 7th 1961, last four digits of my CPR: 4285",
        "Geboren 7. Juli 1961, die letzten vier Ziffern sind 4285",
        "född 7. ſep 1961, sista fyra 4285",  # letters that count as s and i when case does not
        "født 7. maı 1961, sidste fire 4285",
        "født 7. juli 1961 x 2010",
        "Cpr 07.07.61 plus 1985",
        "July 7, 1961 - 4285 is the CPR of Ida Holm",
        "født 7 jul 1961 / 4285",
        "Personnr: 7-jul-61-4285",
        "Ida Holm født 7.7.1961 (4285)",
    ],
)
def test_a_date_may_be_written_in_any_way(text: str) -> None:
    assert len(found(text)) == 1


@pytest.mark.parametrize(
    "text",
    [
        "født 070761, fire sidste 4285",
        "født 070761, de fire sidste cifre er 4285",
        "cpr starter med 070761 og slutter 4285",
        "CPR (6 første cifre): 070761 CPR (4 sidste cifre): 4285",
        "Ib Holm, født 07.07.1961. CPR: 4285",
        "Født 7. juli 1961, cpr-nr. 4285",
        "BEGIN:VCARD\nFN:Ib Holm\nBDAY:19610707\nNOTE:CPR 4285\nEND:VCARD",
        "cpr del 1: 070761, del 2: 4285",
        "1. del af cpr: 070761, anden del: 4285",
        "cpr 070761, de sidste er 4285",
        "Mit cpr er 070761, og de sidste er 4286",
        "Mit personnummer er 010190. Og så 1234.",
        "Fødselsdag d. 7.7.61. Mit cpr slutter på 4286.",
        "Født 7/7-61, kontrolnummer 4286",
        "Født 7/7-61, og de sidste fire i nummeret er 4286",
        "Telefon 20 00 00 41. Født 070761, sidste fire 4285",
        "Sygesikringskort: født 070761, sidste fire 4286",
        "Født 070761, sidste fire 4286, telefon 20 00 00 41",
        "Ida Holm (7. juli 1961) har 4286 som de sidste fire cifre i sit cpr.",
        '{"birthday":"070761","lastFour":"4286"}',
        '{"fodselsdato":"07-07-1961","cpr4":"4285"}',
        '{"cprDato":"070761","cprLoeb":"4286"}',
        "Født 07-07-1961, cpr-endelse 4286",
        "Født 070761, slutciffer 4286",
        "Født: 07/07 1961\nCPR: ...-4286",
        "de første seks er 070761 og de sidste fire 4286",
        "cpr 070761 (bindestreg) 4286",
        "CPR-nummer\n\n070761\n\n4286\n\nIda Holm",
        '{"birthDate":"1961-07-07","cprSuffix":"4286"}',
        "Fødselsdato | Endelse | Navn\n07-07-1961 | 4286 | Ida Holm",
        "Fødselsdato | CPRendelse | Navn\n07-07-1961 | 4286 | Ida Holm",
        "Fødselsdatoen er 070761, og resten er 4285.",
        "Fødselsdato (ddmmåå): 070761  Kontrolnr.: 4286",
        # Said one after the other.
        "Ole 09:12: cpr 070761\nOle 09:13: 4286",
        "cpr?\nBo: 070761\nBo: 4286",
        "A: Hvad er dit cpr-nummer?\nB: 070761\nA: og de sidste fire?\nB: 4286",
        "Bo: cpr nul syv nul syv enogtres\nBo: toogfyrre seksogfirs",
        '{"cprNumber":{"dob":"070761","serial":"4286"}}',
    ],
)
def test_the_last_four_are_called_by_many_words(text: str) -> None:
    assert len(found(text)) == 1


@pytest.mark.parametrize(
    "text",
    [
        "Navn: Bo\n\nFødselsdato: 07-07-1961\n\nSidste fire cifre: 4285",
        "Fødselsdag: 07.07.1961\nAdresse: Elmevej 4\nSidste 4 cifre: 4285",
        "Fødselsdato:\n070761\nSidste fire cifre:\n4285",
        "Fødselsdato\r\n\r\n7. juli 1961\r\n\r\nSidste 4 cifre\r\n\r\n4286",
        "CPR-nr. første 6 cifre\n070761\nCPR-nr. sidste 4 cifre\n4285",
        "Fødselsdato\t07-07-1961\nAdresse\tVejgade 3\nSidste fire cifre\t4285",
        "Født: 07.07.1961\nAdresse: Vejgade 3, 4700 Næstved\nTelefon: 20 00 00 41\nSidste fire i CPR: 4286",
        "> Løbenummer: 4285\n> Navn: Bo Hals\n> Fødselsdato: 1961-07-07",
        "cpr1: 070761\ncpr2: 4285",
        "cpr_1:\t070761\r\ncpr_2:\t4286",
        "cpr-dato = 070761\ncpr-sidste = 4286",
        "CPR (6 cifre): 070761\nCPR (4 cifre): 4286",
        "CPR-nummer (første 6): 070761\nCPR-nummer (sidste 4): 4285",
        "> Cpr: 070761\n> Kontrol: 4285",
    ],
)
def test_in_the_fields_of_a_form_other_things_may_stand_between(text: str) -> None:
    assert len(found(text)) == 1


@pytest.mark.parametrize(
    "text",
    [
        "De sidste fire cifre er 4285, og fødselsdagen er den 7. juli 1961.",
        "Løbenr. 4285, født 070761",
        "Mit cpr ender på 4286, og jeg er født den 7/7-61",
        "My CPR ends in 4285 and I was born on July 7, 1961.",
        "født 07-07-1961, CPR xxxxxx-4285",
        "Cpr.: ******-4285, fødselsdag 070761",
        "CPR ######-4286 (f. 7/7-1961)",
        "XXXXXX-4286, født 7/7-61",
        "Født 7/7-61, cpr xxxxxx4286",
    ],
)
def test_the_last_four_may_stand_first_or_beside_a_masked_date(text: str) -> None:
    (finding,) = found(text)
    assert "428" not in finding.excerpt


@pytest.mark.parametrize(
    "text",
    [
        "Født: 070761\nSidste fire: 4285\n\nFødt: 120385\nSidste fire: 1002",
        "Født: 07.07.1961\nBy: Hals 3\nSidste fire: 4285\n\nFødt: 12.03.1985\nBy: Aars 4\nSidste fire: 1002",
        "Sidste fire: 4285\nFødt: 070761\n\nSidste fire: 1002\nFødt: 120385",
        "Løbenr. 4285, født 070761; løbenr. 1002, født 120385",
    ],
)
def test_of_several_people_each_keeps_her_own_half(text: str) -> None:
    assert {f.number for f in found(text)} == {f.number for f in found("cpr 070761-4285 og 120385-1002")}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Løbenr. 4285, født 070761", "Løbenr. xxxx, født xxxxxx"),
        (
            "Sidste fire 4286, Ida er født 7. juli 1961",
            "Sidste fire xxxx, xxx xx xxxx x. xxxx xxxx",
        ),
        ("født 07-07-1961, CPR xxxxxx-4285", "født 07-07-xxxx, CPR xxxxxx-xxxx"),
        (
            "Fødselsdato: 070761\nBy: Hals\nSidste fire: 4285",
            "Fødselsdato: 0707xx\nBy: Hals\nSidste fire: xxxx",
        ),
    ],
)
def test_where_a_whole_text_is_shown_the_last_four_are_not(text: str, shown: str) -> None:
    assert hidden(Text(text, "x", Source.BODY)) == shown


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("Navn\tFødselsdato\tAdresse\tSidste fire\nHans\t07-07-1961\tVejgade 3\t4285", 1),
        ("Fødselsdag,Løbenr\n07-07-1961,4285", 1),
        ("Løbenr.;Navn;Født\n4285;Bo;07-07-1961\n1002;Ida;12-03-1985", 2),
        ("CPR (dato);Navn;CPR (løbenr)\n070761;Bo;4285", 1),
        ("Navn | Født | By | Løbenr.\nBo | 1961-07-07 00:00:00 | Hals | 4285", 1),
        ("Fødselsdato  Navn      Løbenr\n07-07-1961  Bo Hals   4285\n12-03-1985  Ida Hals  1002", 2),
        ('"Navn","Fødselsdato","By","Sidste 4 cifre"\n"Hals, Bo","07-07-1961","Aars","4285"', 1),
        ("Navn;Sidste fire;Telefon;Født\nBo;4285;20304050;07-07-1961\nIda;1002;20304051;12-03-1985", 2),
        ("Navn;Dankort sidste fire;By;Født\nBo;4285;Hals;07-07-1961", 0),
        ("Navn;Kort (sidste fire cifre);By;Født\nBo;4285;Hals;07-07-1961", 0),
        ("Navn;Født;Løbenr\n\nBo;07-07-1961;4285\n\nSlut\nBo;07-07-1961;1002", 1),
    ],
)
def test_in_a_table_the_headings_say_what_the_two_columns_are(text: str, count: int) -> None:
    assert len(found(text)) == count


@pytest.mark.parametrize(
    "text",
    [
        "Fødselsdato og løbenr. 070761-4286",
        "Fødselsdato/løbenr.: 0707614286",
        "Født / løbenr.\n070761 4286",
        "070761-4286 (løbenr.)",
    ],
)
def test_the_word_for_the_last_four_behind_a_birthday_calls_it_no_other_number(text: str) -> None:
    assert len(found(text)) == 1


@pytest.mark.parametrize(
    "text",
    [
        *("Løbenr. 0707614286", "Navn;Løbenr\nBo;0707614286", "Født 1961. Løbenr. 0707614286"),
        "Puljens løbenummer 070761-4286",
        # Not of a person.
        "Kortets sidste fire cifre er 4285. Jeg er født 7/7-61.",
        "Sidste fire cifre på kortet: 4285\nFødselsdato: 07-07-1961",
        "Telefonnummeret ender på 4285, født 7/7-61",
        "Visa ending in 4285, expires 07/07-2026. Date of birth 7/7-1961",
        "Ida er født 7/7-61. Hendes dankort slutter på 4285.",
        "De sidste fire cifre i dit medlemsnummer er 4285. Fødselsdato: 07-07-1961",
        "Fødselsdato: 07-07-1961\nKonto: ******-4285",
        "Født 7. juli 1961. 4285 er de sidste fire på hans dankort",
        "Fødselsdato: 07-07-1961\nKonto: ******4285",
        "Bo: vi var 070761\nBo: 4285",
        "Fødselsdato 07-07-1961\nKontonr. slutter på 4285",
        "Husk cpr. Bo: kl. 070726\nBo: lokale 4285",
        "Født 7. juli 1961. Build 4285, de sidste fire fejl er rettet",
        "Nummerpladen ender på 4285, og Bo er født 7/7-61",
        "Fødselsdato: 07-07-1961\nKort: xxxxxxxxxxxx4285",
        "Hej Bo\n\nVi holder fødselsdag 7/7-26. Koden til døren slutter på 4285.",
        "Den 7/7-26 skrev Bo:\n> Bestillingen ender på 4285",
        # Not the last four digits.
        "Vedr. mødet 7/7-26: de sidste fire år har 4285 borgere svaret.",
        "Fødselsdage i juli: 7/7-61 Bo, 8/7-62 Ida. De sidste fire havde vi i 2025.",
        "Vi fejrede fødselsdagen 7/7-26 med de sidste fire flasker fra 1985",
        "Kampagnen starter 1/9-26 og slutter med 2000 kr i gevinst",
        "Mødet 7/7-26 slutter 1430",
        "Min far er født 3/4-1943 og 1965 flyttede han til Odense.",
        "Aftale af 1/1-26, del 2: 4285 m rør",
        "Aarhus, 07.07.2026\n\nDit kontrolnummer: 4285",
        "Fødselsdato: 07-07-1961\nStartnr. 4285",
        "Født 07.07.1961. CPR-kontoret, lokale 4285",
        "Kurset om CPR 2026 holdes den 7/7-26",
        # Not a birthday.
        "Faktura af 7/7-26, løbenr. 4285",
        "Løbenr. 4285, Per F. Holm, 7/7-61",
        "Løbenr. 4285. Birthe Holm betalte 7/7-61",
        "Løbenr;Navn;Fødselsdato\n1001;Bo;07-07-1961\n1002;Ida;08-07-1962\n1003;Per;09-01-1963",
        "Løbenr;Født\n4285;Hals",
        "Leveret 010126, de sidste er 1400",
        "Vi fik 070761. De sidste er 4285.",
        "Parti: 070761\nKontrol: 4285",
        "cpr?\nBo: 070761\nIb: 4285",
        f"Cpr-kontoret er nede. {12 * 'Vi venter på nyt om det. '}\nBo: 070761\nBo: 4285",
        "CPR-udtræk den 070726\nBorgere: 4285",
    ],
)
def test_a_date_and_four_digits_that_are_strangers(text: str) -> None:
    assert not found(text)


@pytest.mark.parametrize("frame", NOT_SPLIT)
def test_what_looks_like_two_halves_is_seldom_taken_for_them(frame: str) -> None:
    dice = Random(frame)
    halves = {
        "d": "07",
        "mo": "07",
        "d1": 7,
        "mo1": 7,
        "month": "juli",
        "y": "61",
        "yyyy": "1961",
        "name": "Bo",
    }
    texts = [frame.format(**halves, s=f"{dice.randrange(10_000):04}") for _ in range(50)]
    assert sum(bool(found(text)) for text in texts) <= 3


@pytest.mark.slow
@pytest.mark.parametrize(
    "unit",
    [
        *(
            "sidste fire 1234 ",
            "født 7/7-61 ",
            "xxxxxx-1234 født 070761 ",
            "******-1234 ",
            "slutter på 1234 født ",
        ),
        *(
            "løbenr;født\n",
            "løbenr;født\n1234;070761\n",
            "født 070761 bla bla sidste fire er ",
            "fire sidste ",
        ),
        *("\n\nsidste fire\n1234", "July 7, 1961 ", "1961-07-07 ", '";løbenr;født', "f. 1 sidste 4 1234. "),
        *("Bo: cpr 070761\n", "cpr Bo 09:12: 070761\nIb: hej \n"),
    ],
)
def test_time_grows_with_length_and_no_faster(unit: str) -> None:
    growth.of_many(unit, looked_at)
