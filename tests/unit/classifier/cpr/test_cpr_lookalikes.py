"""Numbers that begin with a date and are something else, and numbers that stand beside such."""

from __future__ import annotations

import pytest

from corpus.numbers import found, looked_at
from segl_classifier.cpr.judging.score import THRESHOLD
from segl_classifier.message import Source


@pytest.mark.parametrize(
    "text",
    [
        "Ordre 1203851002 er afsendt",
        "Mit ordrenummer fra jeres hjemmeside er 1203851002, og det haster",
        "Vil I sende resten af ordre 120385-1002?",
        "Faktura nr.: 1203851002",
        "Kreditnotaen er 1203851002",
        "Fakturaen har nummer 120385-1002.",
        "Måler 1203851002 sender ikke",
        "Ny vandmåler: 1203851002",
        "Målernummeret, som står på dækslet, er 1203851002.",
        "Pumpens serienummer er 120385-1002",
        "Serienumrene er 140688-2290, 140688-2291 og 170291-0035.",
        "S/N 1203851002",
        "reg. 5301 konto 1203851002",
        "Kontonummer for foreningen, og det er altså 5301 1203851002",
        "P-nummer: 1203851002",
        "P-nr. 1012854471",
        "CVR- og P-nummer (10 cifre, fx 1203851002) som login",
        "tlf. +45 1203851002",
        "ring på +46 1203851002",
        "Kundenummeret hos os er 1203851002",
        "Customer no. 1203851002",
        "Betal med KID 1203851002 innen fredag",
        "Medlems-ID 1203851002",
        "Sagsnr. 120385-1002",
        "Vi skal bruge 4 stk. 1102134455 til onsdag",
        "Send 10 pcs 2205671234",
        "vores j.nr. 120385-1002",
        "Ticket #1203851002",
        "Deres reference: 1203851002",
        "Policenr.;1203851002;;",
        "Pakke 1203851002 bliver leveret i dag",
        "Sändningsnummer 1203851002",
        "Batch no. 1203851002",
        "Varenummer 1203851002 er på lager, nummer 1203851010 kommer i uge 6",
        "Prøvenr. 1203851002, 1203851010 og 1203851029",
        "The serial numbers run from 1203851002 to 1203851010",
        "stationsnumre: Hylleholt 1203851002, Birk Mose 1203851301, Skovballe Havn 2302662266",
        "Mødet har id 120385 1239 og kræver ingen kode",
        "Rechnungsnummer 1203851002",
        "Ihre Bestellnummer lautet 1203851002",
        "Ärendenummer: 1203851002",
        "Fakturanummer\n1203851002",
        "Dette er ordren på den lange linje, som blev brudt midt i, ordrenummer\n1203851002 hedder den",
        "1203851002 er vores ordrenummer",
        "1203851002 (ordrenr.)",
        "Sagsbehandler Bo: sag\u00ad snr. 1203851002".replace(" s", "s"),
        "Gravetilladelse 1203851002 gælder fra mandag",
        "Eller ring ind: +45 32 72 66 19,,0101901234#",
        "Mødelokale 4,,0707614285#",
        "+4532726619,,0707614285#,,,,*4711#",
        "Fakturanummer med 10 cifre, fx 1203851002, blev afvist som personnummer",
    ],
)
def test_what_the_words_beside_it_call_something_else_is_something_else(text: str) -> None:
    assert not found(text)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("EAN 5790120385123", "a longer number"),
        ("12038510029", "eleven digits"),
        ("1203851002-1", "goes on"),
        ("ISBN-10: 1203851002", "how long it is stands in its name"),
        ("DK1203851002", "an identifier"),
        ("A1203851002B", "an identifier"),
        ("FAK-1203851002", "an identifier"),
        ("id 3f2a-1203851002-77ab", "a piece of a UUID"),
        ("https://shop.example/ordre/1203851002", "in an address"),
        ("<1203851002.4477@mail.example>", "in a message id"),
        ("+71<000001203851002+12345678<", "a payment line"),
        ("1203851002,50 kr.", "an amount"),
        ("kr. 1203851002,-", "an amount"),
        ("IBAN DK50 1203 8512 3900 44", "an account in groups of four"),
        ("5301 1203851002", "registration number and account"),
        ("12.03.25-12.04", "a period"),
        ("12.03.25 12.39", "a day and an hour"),
        ("12.03.2025-2026", "a period"),
        ("IMG_120326_1239.jpg", "a picture's day and hour"),
        ("1411250830 pumpe 2 stop", "a time stamp, DDMMYYhhmm"),
        ("01 05 12 19 23 31 36", "lottery numbers"),
        ("0 1 0 1 1 0 0 1 1 0", "zeros and ones"),
        ("310285-1239", "there is no 31 February"),
        ("290203-1239", "1903 was no leap year"),
        ("120331-4239", "born in 2031"),
        ("12038512", "eight digits"),
    ],
)
def test_what_its_shape_or_its_digits_give_away(text: str, why: str) -> None:
    assert not found(text), why


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("Faktura 88120 er betalt. 120385-1002 er ejeren.", "another sentence"),
        ("Tak for din faktura. 120385-1002 flytter.", "another sentence"),
        ("Faktura til 120385-1002", "an invoice to a person"),
        ("Konto tilhørende 1203851002", "a person's account"),
        ("Rykker til Karen Møller, 120385-1002, for faktura 88120", "a name stands between"),
        ("Kundenr.: 4711 CPR: 1203851002", "the nearest label decides"),
        ("1203851002 Kundenr.: 4711", "the label of the next value"),
        ("fakturanr. 12 120385-1002", "the word names the number that follows it"),
        ("Ordren er annulleret, og han er 120385-1002", "a person is the subject"),
        ("1203851002 har ikke betalt sin faktura", "the number does something"),
        ("cpr på sidste henvisning (1203851002) var ved en fejl sønnens", "the number in the referral"),
        ("CPR på aftalen: 120385-1002", "the number in the agreement"),
        ("så jeg fik det i telefonen: 120385-1002", "the telephone is no name for it"),
        ("fru Nanna Lorentzen, p.nr. 120385-1002", "personnummer, not production unit"),
        ('{"navn":"Nanna","pnr":"0707614285"}', "numbers of production units begin with 10"),
        ("navn;PNR\nNanna Lorentzen;0707614285", "so they do in tables"),
        ("cpr/kundenr. 1203851002", "one of the two"),
        ("Bo Ring 1203851002", "Ring is a name here"),
        ("Saga Brønd, 120385-1002", "Brønd is a name here"),
        ("Christoffer Iversen 1203851002", "no compound of offer"),
        ("Målernr. 44170023\nKaren Møller\n120385-1002", "another line"),
        ("Nørreled 17 120385-1002", "a house number stands before it"),
        ("kundenr;cpr\n4711;1203851002", "its own column"),
        ("Emne\tFaktura\nCPR\t120385-1002", "a label in its row outranks the first row"),
        ("ordre 4711\n\n1203851002", "an empty line between"),
    ],
)
def test_a_word_for_something_else_nearby_says_nothing_of_a_cpr_number(text: str, why: str) -> None:
    assert len(found(text)) == 1, why


@pytest.mark.parametrize("gap", [" ", "   ", "\n"])
def test_a_phone_number_behind_four_digits_is_none(gap: str) -> None:
    """As lists of telephones have it: the extension, and the mobile in four pairs."""
    assert not found(f"Anna Lund{gap}2202{gap}86 12 34 67{gap}A2.22")
    assert len(found(f"Anna Lund{gap}2202 86 12 34{gap}A2.22")) == 1


def test_a_number_called_an_order_once_is_an_order_number_everywhere() -> None:
    text = "Bestilling 1203851002\n\nHej Villy\nVi kommer onsdag. Noter {n} på kassen."
    assert not found(text.format(n="1203851002"))
    assert found(text.format(n="0702611008"))


def test_modulus_11_is_evidence_and_no_condition() -> None:
    with_it, without = found("120385-1002"), found("120385-1001")
    assert with_it[0].score > without[0].score >= THRESHOLD


def test_numbers_outside_the_text_need_more_to_be_taken_for_one() -> None:
    assert not found("id 1203851001", Source.SURROUND)
    assert found("X-Borger: cpr 1203851001", Source.SURROUND)


def test_what_was_not_counted_is_kept_with_its_reasons() -> None:
    (finding,) = looked_at("Ordrenr. 1203851002")
    assert finding.score < THRESHOLD
    assert str(finding.adjustments[-1]) == "-0.65 called an order"


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("Sagen 070761-4285", True),  # the case of a person, named by her number; modulus 11 holds
        ("Dato 070761-4285", True),
        ("Sagen 070761-4286", False),  # modulus 11 does not hold
        ("Sagsnr. 070761-4285", False),  # a number that the case has of its own
    ],
)
def test_a_case_named_by_the_person_it_concerns(text: str, number: bool) -> None:
    assert bool(found(text)) is number


@pytest.mark.parametrize(
    "called",
    [
        *(
            "Journalnr",
            "Journalnummer:",
            "Medlemsnr.",
            "Medlemsnummer",
            "Lønnr",
            "Lønnummer:",
            "Policenr",
            "Kundenr.",
        ),
        *(
            "Medarbejdernr.",
            "Elevnr",
            "Lejemålsnr.",
            "Skadesnr.",
            "Patientens journalnr.",
            "Customer no.",
            "ID-nr.",
        ),
        *("Vedr. sag", "Sagen", "Skade", "https://intra.example/sag/", "Ref.", "Tlf."),
    ],
)
def test_the_number_of_a_person_with_a_firm_is_often_his_own(called: str) -> None:
    """Six digits, a hyphen and four, with modulus 11, are hardly ever anything else."""
    assert found(f"{called} 070761-4285".replace("/ ", "/"))
    assert not found(f"{called} 070761-4286".replace("/ ", "/")) or called.startswith("http")


@pytest.mark.parametrize(
    "called", ["Ordrenr.", "Faktura", "Målernr.", "Konto", "Serienr.", "Sagsnr.", "j.nr.", "Varenr.",
               "Rapport nr.", "Kontraktnr.", "Testrapport", "contract reference", "Tegning", "Stempel"]
)  # fmt: skip
def test_the_number_of_a_thing_is_not_however_it_is_spelled(called: str) -> None:
    assert not found(f"{called} 070761-4285")


@pytest.mark.parametrize(
    "text",
    [
        "Sæt kryds i kalenderen 01.12.26 - 1400 pladser!",
        "De 12 01 99 - 1234 stk.",
        "Vi har 12 01 99 - 1234 m3 tilbage",
        "Levering 01.12.25 - 1400",
        "0112994285 stk. bestilt",
        "Bon 3112994285",
        "X-MICROSOFT-CDO-OWNERAPPTID:-1201994285",
        "X-MICROSOFT-CDO-OWNERAPPTID:1201994285",
        "X-EVENT-ID:1201994285",
        "Nr.: 090925-3118",
        "dato\tvandstand\n46350,52083\t30127,51236",
        "cpr;serienr\n070761-4285;30127,51236".partition("\n")[0] + "\n;30127,51236",
    ],
)
def test_days_amounts_and_properties(text: str) -> None:
    assert not found(text)


@pytest.mark.parametrize(
    "text", ["070761-4285 Tage Kort", "Ida Kjær 07.07.61 - 4285, ansat", "Nr. 070761-4285"]
)
def test_what_follows_a_number_need_not_be_a_unit(text: str) -> None:
    assert found(text)


@pytest.mark.parametrize(
    "text",
    [
        "Fakturaen skal stiles til Hans Hansen, CVR-nr. 070761-4285",
        *("CVR 070761-4285", "SE-nr. 070761-4285", "EAN: 070761-4285", "GLN 070761 4285"),
        *("EAN-lokationsnr.: 070761-4285", "070761-4285 (CVR)", "navn;CVR-nr.\nBo;070761-4285"),
    ],
)
def test_what_is_made_like_a_personal_number_is_no_number_of_a_company(text: str) -> None:
    """Those have eight digits (CVR, SE) or thirteen (EAN, GLN)."""
    assert len(found(text)) == 1


@pytest.mark.parametrize(
    "text",
    [
        *("CVR-nr. 070761-4286", "CVR-nr. 0707614285", "EAN 5790001203344", "EAN 070761 4285 123"),
        *("CVR 10 12 85 44", "GTIN 070761 4285", "VAT no. 070761-4285"),
        *("CVR-nr. 241126-0005", "navn;CVR-nr.\nBo;070761-4286", "Ordre CVR 070761-4286"),
    ],
)
def test_any_other_number_that_is_called_a_companys_is_one(text: str) -> None:
    assert not found(text)


@pytest.mark.parametrize(
    "text",
    ["Vedlagt dokumenterne for HH070761-4285", "A070761-4285", "PT070761-4285", "070761-4285A er indlagt"],
)
def test_initials_may_touch_a_number_like_hardly_any_other(text: str) -> None:
    assert len(found(text)) == 1


def test_initials_may_touch_it_in_the_name_of_a_file() -> None:
    assert found("HH070761-4285.pdf", Source.FILENAME)
    assert not found("HH070761-4286.pdf", Source.FILENAME)


@pytest.mark.parametrize(
    "text",
    [
        "HH070761-4286",
        "HH0707614285",
        "DK0707614285",
        "HH070761 4285",
        "070761-4286A",
        "Tegning TK241126-0005",
    ],
)
def test_any_other_number_that_letters_touch_is_an_identifier(text: str) -> None:
    assert not found(text)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("Tvillinger: 010190-1234 - 010190-1235", 2),
        ("010190-1234 til 010190-1250", 2),
        ("Tvillingerne 120326-4567 - 120326-4568 er indlagt", 2),
        ("0707614285-0707614293", 0),
        ("1203851002 til 1203851010", 0),
        ("Vi mangler 241126-0001 til 241126-0150", 0),
    ],
)
def test_nothing_is_numbered_like_persons_but_by_a_day_of_these_years(text: str, count: int) -> None:
    assert len(found(text)) == count


@pytest.mark.parametrize(
    "text",
    [
        *("Lukket 23.12.26-0301", "Ferie 231226-0301", "Periode 011126-3011", "Ugeplan 231126-2911"),
        *("Kursus 070726-1000 i salen", "Vagt 151126-2200", "Video 151126-1400", "Vi ses 24.12.26 1800"),
        *("Vagtplan 010724-1400", "Regning for perioden 010124-3112 24"),
    ],
)
def test_a_day_of_these_years_with_a_time_or_another_day_is_no_number(text: str) -> None:
    assert not found(text)


@pytest.mark.parametrize(
    "text",
    [
        "241226-1200",  # modulus 11 holds, as of every number of somebody who is a hundred years old
        "Patienten har cpr 231226-0301",
        "Ida Kjær, 231226-0301",
        "151126-4400",  # a child of these weeks
        "151126-2267",  # no time that stands in plans
        "151156-2200",
    ],
)
def test_people_born_a_hundred_years_ago_or_lately_are_found(text: str) -> None:
    assert len(found(text)) == 1


@pytest.mark.parametrize(
    "text",
    [
        "Bleer, 4 stk.\n120385-1002",
        "Strømper 2 stk. 120385-1002",
        "2 stk. til Anna Lund 1203851002",
        "Anna, 2 stk., 1203851002",
    ],
)
def test_whose_things_are_counted_is_somebody(text: str) -> None:
    assert found(text)
