"""Lists that say it by the heading of a column: no word in a row, nor in the letter, tells what they are about."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from corpus import growth
from corpus.lists import found
from keyword_model import KeywordModel
from segl.errors import RulesError
from segl.vocabulary import Decision, Label, Verdict
from segl_classifier.classify import classify
from segl_classifier.message import Source, Text
from segl_classifier.rules import RuleSet, load_rules, shipped_rules

ARREARS = (
    ("Lejemål", "Lejer", "Restance"),
    ("14, 2. tv", "Jens Holm", "4500"),
    ("16, st.", "Anna Lund", "2300"),
)
BETWEEN = {"semicolons": ";", "tabs": "\t", "bars": " | ", "bars without blanks": "|"}
SURE_OF_NOTHING = KeywordModel({})


def judged(body: str, rules: RuleSet | None = None, kind: str = "text/plain") -> Verdict:
    head = f"From: a@bo.example\nTo: b@by.example\nSubject: Listen\nContent-Type: {kind}; charset=utf-8\n\n"
    return classify(f"{head}{body}\n".encode(), rules or shipped_rules(), model=SURE_OF_NOTHING)


def lined_up(rows: tuple[tuple[str, ...], ...]) -> str:
    return "\n".join("".join(f"{cell:<14}" for cell in row).rstrip() for row in rows)


SEPARATED = {
    **{name: "\n".join(map(between.join, ARREARS)) for name, between in BETWEEN.items()},
    "commas": "\n".join(",".join(f'"{cell}"' for cell in row) for row in (*ARREARS, ("18", "Bo Bro", "900"))),
    "lined up": lined_up((*ARREARS, ("18, 1.", "Bo Bro", "900"))),
    "quoted": "\n".join("> " + ";".join(row) for row in ARREARS),
    "below a title": "Restancer pr. 1. maj\n\n" + "\n".join(map(";".join, ARREARS)),
}


@pytest.mark.parametrize("table", SEPARATED.values(), ids=SEPARATED)
def test_a_list_goes_securely_though_the_model_sees_nothing_in_it(table: str) -> None:
    verdict = judged(f"Kære Per\n\nHermed listen som aftalt.\n\n{table}\n\nHilsen\nLis")
    assert (verdict.decision, verdict.labels) == (Decision.SECURE, (Label.PAYMENT_DEFAULT,))


def test_so_does_one_in_html_between_paragraphs() -> None:
    rows = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in ARREARS)
    letter = (
        f"<p>Kære Per</p><p>Hermed listen som aftalt.</p><table>{rows}</table><p>God weekend</p><p>Lis</p>"
    )
    assert judged(letter, kind="text/html").labels == (Label.PAYMENT_DEFAULT,)


@pytest.mark.parametrize(
    ("heading", "rules"),
    [
        ("Kunde;Abonnement;Restance", {"column.overdue"}),
        ("Navn;Produkt;Rykkere", {"column.overdue"}),
        ("Navn;Maskine;Timeløn", {"column.income"}),
        ("Navn;Udvalg;Sygedage", {"column.work"}),
        ("Navn;Udvalg;Diagnose", {"column.health"}),
        ("Navn;Virksomhed;Diagnose", {"column.health"}),
        ("Navn;Firma;Fagforening", {"column.union"}),
        ("Kontaktperson;Firma;Restance", set()),
        ("Navn;Valgkreds;Parti", set()),
        ("Ejer;Hest;Diagnose", set()),
        ("Kunde;Produkt;Klage", set()),
    ],
)
def test_beside_what_persons_have_stands_what_is_told_of_them(heading: str, rules: set[str]) -> None:
    assert found(f"{heading}\nAnna Lund;x;4500\nBo Bro;y;300") == rules


@pytest.mark.parametrize(
    ("heading", "rule"),
    [
        ("Elev;Karakter", "column.work"),
        ("Medarbejder;Sygedage", "column.work"),
        ("Initialer;Diagnose", "column.health"),
        ("Deltager;Vaccineret", "column.health"),
        ("Navn;Allergier", "column.health"),
        ("Ansat;Fagforening", "column.union"),
        ("Beboer;Religion", "column.belief"),
        ("Kursist;Etnicitet", "column.origin"),
        ("Medarbejder;Månedsløn", "column.income"),
        ("Adresse;Årsforbrug kWh", "column.billing"),
        ("Employee;Sick days", "column.work"),
        ("Schüler;Diagnose", "column.health"),
        ("Hyresgäst;Restans", "column.overdue"),
        ("Medlemsnr.;Rykkere", "column.overdue"),
        ("FORNAVN;RESTANCE 2025", "column.overdue"),
        ("Navn;Diag.", "column.health"),
        ("Navn;Diagn.", "column.health"),
        ("Navn;ICD-10", "column.health"),
        ("Patient;Aktionsdiagnose", "column.health"),
        ("Navn;Parti", "column.politics"),
    ],
)
def test_headings_that_tell(heading: str, rule: str) -> None:
    assert found(f"{heading}\nAnna Lund;ja\nBo Bro;2") == {rule}


@pytest.mark.parametrize("name", ["أحمد السالم", "Олена Коваль", "王小明"])
def test_names_in_other_letters_are_names(name: str) -> None:
    assert found(f"Navn;Diagnose\n{name};F20.0\n{name};F32.1") == {"column.health"}
    assert found(f"Vare;Diagnose\n{name};F20.0\n{name};F32.1") == set()


LAYOUTS = {
    "every cell quoted": '"Lejer";"Restance"\n"Jens Holm";"4500"\n"Anna Lund";"2300"',
    "quoted, with commas": '"Lejer","Restance"\n"Jens Holm","4500"\n"Anna Lund","2300"',
    "a byte order mark and CRLF": "\ufeffLejer;Restance\r\nJens Holm;4500\r\nAnna Lund;2300\r\n",
    "blanks at the end": "Lejer         Restance  \r\nJens Holm     4500  \r\nAnna Lund     2300  \r\n",
    "titles as wide as the table": "Nord A/S;Side 1\nUdskrevet;28-11\nLejer;Restance\nJens Holm;4500",
    "a heading of two rows": "Navn;Økonomi;\n;Restance;Rykker\nJens Holm;4500;2",
    "a name without a heading": ";Restance\nJens Holm;4500\nAnna Lund;2300",
    "figures in the heading": "Lejer;Restance 30 dage;Restance 60 dage\nJens Holm;400;0",
    "a date in the heading": "Lejer;Restance pr. 31.12.2025\nJens Holm;400",
    "a soft hyphen": "Lejer;Rest\u00adance\nJens Holm;400",
    "a blank that does not break": "Lejer;Samlet\u00a0restance\nJens Holm;400",
    "a second table": "Navn\tHold\nAnna Lund\tnord\nBo Bro\tsyd\nLejer\tRestance\nAnna Lund\tto rater",
    "another page": "Lejer;Restance\nJens Holm;0\n\nSide 2 af 3\n\nAnna Lund;4500\nBo Bro;200",
    "the last of many": "Lejer;Restance\n" + "Bo Bro;0\n" * 3_000 + "Jens Holm;4500",
    "most without an entry": "Lejer\tRestance\nAnna Lund\nBo Bro\nCarl Toft\nDorte Dal\nErik Riis\t200",
    "a person at a firm": "Lejer;Restance\nAdvokat Lis, Fonden Vest;4500",
    "what a firm pays": "navn,restance,firma_pct\nAnna Lund,300,5\nBo Bro,200,4\nOle Bang,100,5",
    "where they work": "Vikar;Virksomhed;Restance\nAnna Lund;Nordrør ApS;4500",
    "owners of flats": "Ejer;Lejlighed;Restance\nAnna Lund;2. tv;4500",
    "what they do": "Navn;Rolle;Restance\nAnna Lund;kasserer;4500",
    "second names first": "Navn;Restance\nHolm, Jens;4500\nJ. Lund;300",
    "whose name": "Den ansattes navn;Restance\nJH;4500",
    "the name of whom": "Navn på lejer;Restance\nJH;4500",
    "an ending that is an article elsewhere": "Studerende navn;Restance\nJH;4500",
    "a customer's name": "Kunde navn;Restance\nAnna Lund;4500\nBo Bro;300",
    "by how long it is overdue": "Nummer;Navn;0-30 dage;31-60 dage;61-90 dage\n4;Anna Lund;0;0;300\n5;Bo Bro;100;0;0",
    "open entries": "Debitor;Navn;Bilag;Forfald;Restbeløb\n14;Anna Lund;88;15-08-2026;1100\n15;Bo Bro;89;15-08-2026;90",
    "a bailiff's list": "Tid;Rekvirent;Rekvisitus;Beløb\n9.15;Fonden Vest;Anna Lund;1.709",
    "as systems shorten it": "DEBNR;DEBNAVN;HOVST;RYKNIV\n14;LUND ANNA;897,00;RK2\n15;BRO BO;90,00;RK1",
    "numbers of persons": "Lejernr.;Restance\n14;4500\n15;300",
    "numbers alone": "Medarbejder;Restance\n40771;4500\n40772;300",
    "the line above says it": "Restancer pr. 1. maj\nNavn;0-30 dage;31-60 dage\nJens Holm;4500;0",
    "a line further above": "Oversigt over restancer:\n\nBeboer\tApril\tMaj\nAnna Lund\t300\t0",
    "a title row": "Restancer 2026;;\nNavn;Beløb;\nJens Holm;4500;\nAnna Lund;300;",
    "an address before the person": "Adresse;Beboer;Restance\nKildevej 4;JH;4500",
    "where they are": "Navn;Afdeling;Restance\nAnna Lund;Nord;4500\nBo Bro;Syd;300",
    "whom it is for": "Modtager;Rykkere\nAnna Lund;2\nBo Bro;1",
    "facts above": "Udskrevet af;Lis;\nDato;12-05-2026;\nLejer;Lejemål;Restance 30 dage\nJH;4;300",
    "a heading of two rows, the first with one cell": "Lejer;;\n;Restance;Rykker\nJH;400;2",
    "a total, and short rows": "Lejer\tRestance\tNote\tRykkere\nI alt\t900\nAnna Lund\t400",
    "words of the heading in all rows": "Lejer;Restance\nLejer Anna;restance 300\nLejer Bo;restance 400",
    "named twice": "Navn;Restance\nNavn: Anna Lund;Restance: 300\nNavn: Bo Bro;Restance: 400",
    "a title in the corner": "Vin og venner;;\n;Navn;Restance\n1;Anna Lund;300\n2;Bo Bro;200",
    "the same matter again": "Ejendom;Restance\nSkolegade 1;0\nLejer;Restance\nJens Holm;2000",
    "firms, then persons": "Firma;Restance\nByg A/S;1\nI alt;1\nLejer;Restance\nJens Holm;400",
    "an address above": "Adresse;;\n;Restance;Rykker\nSkolegade 4, 2. th;400;2",
    "one entry among hundreds": "Lejer\tRestance\n" + "Bo Bro\n" * 200 + "Jens Holm\t4500",
    "CR alone": "Lejer;Restance\rJens Holm;4500\rAnna Lund;300",
    "rows with the heading's words": "Lejer;Restance\nLejer 14;restance 300\nLejer 15;restance 400",
    "initials that firms have, too": "Init.;Restance\nAB;4500\nAG;300",
    "one column says both": "Skyldner;Beløb\nAnna Lund;4500\nBo Bro;300",
    "a word within the word": "Lejer;Huslejerestance\nJH;4500",
    "a long heading": "Lejer;Restance i alt pr. dags dato inklusive renter\nJH;4500",
    "tabs in the signature": "Kære Per\nHer er listen:\nLejer;Restance;By\nJens Holm;4500;Ry\nAnna Lund;2300;Ry\n"
    "Hilsen Lis\nTlf.\t12 34\nMail\tl@b.example",
}


LINE, EDGE = "-" * 60, "=" * 60
PAGE = lined_up((("DRIFT", "SALDI", "SIDE 1"), ("UDSKREVET 06.11.26", "OPR1", "KL 07.12")))
REPORTED = lined_up((("NR", "LEJER", "RESTANCE", "RYKKER"),))
PRINTED = lined_up(
    (("101", "ANNA LUND", "1.200,00", "2"), ("102", "BO BRO", "300,00", "1"), ("103", "ELSE DAL", "0", ""))
)
REPORTS = {
    "lines drawn below the heading": f"{REPORTED}\n{LINE}\n{PRINTED}",
    "the head of a page above": f"{PAGE}\n{EDGE}\n{REPORTED}\n{LINE}\n{PRINTED}\n{LINE}\nI ALT 1.500,00",
    "underscores": f"{PAGE}\n{EDGE}\n{REPORTED}\n{'_' * 60}\n{PRINTED}",
    "a line a column": f"{REPORTED}\n{lined_up((('---', '---------', '--------', '------'),))}\n{PRINTED}",
    "several pages": "\n\f\n".join(
        [f"{PAGE}\n{EDGE}\n{REPORTED}\n{LINE}\n{PRINTED}\n{LINE}\nI ALT 1.500,00"] * 3
    ),
}


@pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS)
def test_reports_with_lines_drawn(report: str) -> None:
    assert found(report) == {"column.overdue"}


def test_what_a_report_tells_of_goods_or_of_its_run_is_nobodys_matter() -> None:
    goods = lined_up(
        (("NR", "VARE", "REST", "PRIS"), ("1", "KARTON", "400", "3,10"), ("2", "TAPE", "90", "9,90"))
    )
    jobs = lined_up(
        (("JOB", "NAVN", "STATUS", "RC"), ("1", "RYKKER_UDSKRIV", "OK", "0"), ("2", "BACKUP", "OK", "0"))
    )
    for table in (goods, jobs):
        assert (
            found(f"{PAGE}\n{EDGE}\n{table.replace(chr(10), chr(10) + LINE + chr(10), 1)}\n{LINE}") == set()
        )


EXPORTED = {
    "MEDNR;MEDNAVN;FRAVKODE;DAGE\n14;Anna Lund;SYG;4\n15;Bo Bro;SYG;12": "column.work",
    "INSTNR;FORBRUGER;MALERNR;FORBR\n14;LUND ANNA;8811;195\n15;BRO BO;8812;92": "column.billing",
    "Malernr;Malerstand\n8811;195\n8812;92": "column.billing",
    "Bolig;Beboer;Koldt m3;Varmt m3\n1. tv;Anna Lund;12;8\n1. th;Bo Bro;22;15": "column.billing",
    "LONNR;NAVN;MANEDSLON\n14;Anna Lund;31000\n15;Bo Bro;28000": "column.income",
    "MA-NR;NAVN;NETTO\n14;Anna Lund;31000\n15;Bo Bro;28000": "column.staff_pay",
    "ELEV;STANDPUNKTSKARAKTER\nAnna;7\nBo;4": "column.work",
    "FODSELSDATO;HELBREDSFORHOLD\n010190;KOL\n020280;astma": "column.health",
}


@pytest.mark.parametrize(("table", "rule"), EXPORTED.items())
def test_headings_as_systems_write_them(table: str, rule: str) -> None:
    assert rule in found(table)


NOT_OVERDUE = {
    "firms by how long it is overdue": "Nr.;Navn;0-30 dage;31-60 dage\n4;Holm VVS ApS;0;300\n5;Nordrør A/S;100;0",
    "tasks": "Owner;Task;Status\nAnna Lund;Budget;Overdue\nBo Bro;Roof;Open",
    "weights": "Kunde;Kolli;Net;Gross\nAnna Lund;2;14;16\nBo Bro;1;4;5",
    "meters to be changed": "Adresse;Målernr.;Skiftes;Montør\nKildevej 4;8811;uge 14;Bo\nKildevej 6;8812;uge 14;Bo",
    "a court's list of firms": "Tid;Sagsøger;Sagsøgt;Dommer\n9.00;Nordrør ApS;Beton A/S;Anna Lund\n"
    "10.00;Holm VVS A/S;Taglaget ApS;Bo Bro",
    "charging points": "Stander;Placering;kWh;Pris\nL1;kælder;412;1200\nL2;gården;210;600",
}


@pytest.mark.parametrize("table", NOT_OVERDUE.values(), ids=NOT_OVERDUE)
def test_lists_that_are_nobodys_matter(table: str) -> None:
    assert found(table) == set()


@pytest.mark.parametrize("table", LAYOUTS.values(), ids=LAYOUTS)
def test_layouts_of_lists(table: str) -> None:
    assert found(table) == {"column.overdue"}


@pytest.mark.parametrize(
    "harmless",
    [
        "Medarbejder;Sygedage",
        "Medarbejder;Sygedage\n;\n;",
        "Medarbejder;Sygedage\nAnna Lund;\nBo Bro;-\nCarl Toft;0",
        "Medarbejder;Sygedage;Bemærkning\nFornavn Efternavn;0;\n<navn>;<antal>;",
        "Medarbejder;Sygedage\nFornavn Efternavn;____\n[navn];[antal]\n{navn};{antal}\nxxx;xxx\nNN;…",
        "Afdeling;Sygedage\nLager;12\nKontor;3",
        "Måned;Restance\njanuar;400\nfebruar;300",
        "Kunde;Restance\nNordrør ApS;400\nHolm & Søn A/S;300",
        "Vin;Karakter\nRiesling;4\nMerlot;5",
        "Navn;Diagnose\nRex;hofte\nFido;tand",
        "Ejer;Hund;Diagnose\nAnna Lund;Rex;hofte\nBo Bro;Fido;tand",
        "Hold;Elever;Fravær\n3.a;24;2\n3.b;22;5",
        "Skole;Antal elever;Fravær\nNord;240;2\nSyd;220;5",
        "Navn;Vi taler om karakterer og fravær på mødet på tirsdag\nAnna;ja\nBo;nej",
        "Anna har ingen restance; det har Bo.\nBo skriver; han rykker.\nElev; karakter.",
        "Elev, karakter og fravær er ord.\nElev, karakter og fravær, igen og igen.\nElev, ja, karakter.",
        "Medarbejder;Sygedage\nI alt;12",
        "Restancer kommer senere.\nLejer;Telefon\nJens Holm;12345678",
        "Restancer pr. måned\nMåned;Beløb\njanuar;4500\nfebruar;300",
        "Medarbejder;Sygedage\nAnna Lund;\nMedarbejder;Sygedage\nBo Bro;0 dage",
        "Område;Husstande;Restance\nNord;812;30\nSyd;1240;40",
        "Firma;Kundenr.;Restance\nNordrør ApS;40021;300\nHolm & Søn A/S;40022;200",
        "Firma;Kontaktperson;Restance\nNordrør ApS;Anna Lund;300\nHolm & Søn;Bo Bro;200",
        "Telefon;70 11 22 33\nE-mail;restance@vand.example\nAdresse;Værkvej 1",
        "Adresse;Podning\nKildevej 4;kim\nKildevej 6;ingen",
        "Sygefravær\nMedarbejder;Lokal\nAnna Lund;4711",
        "Afdeling;Sygefravær\nNord;12\nSyd;14\n\nKontakt\n\nNavn;Lokalnummer\nAnna Lund;4711\nBo Bro;4712",
        "Måned;Ansvarlig;Løn\njanuar;Anna Lund;45000\nfebruar;Bo Bro;45000",
        "Spiller;Mål;Advarsler\nAnna;2;1\nBo;3;0",
        "Butik;Adresse;Gæld\nNord;Kildevej 4;300\nSyd;Kildevej 6;400",
        "Rykkere er sendt i dag.\n\nMedarbejder;Antal\nAnna Lund;4",
        "Møde om rykkere\n\nNavn;Antal\nAnna Lund;4",
        "Rykkere: hvem gør hvad\nMedarbejder;Opgave\nAnna Lund;ringer",
        "Sygefravær pr. afdeling\nAfdeling;Antal\nNord;12\nSyd;14\nMedarbejder;Antal\nAnna Lund;4",
        "Restancer fordelt på boligtype\nBolig;Antal\nRækkehus;4",
        "Vin;Karakter;Bragt af\nRiesling;4;Anna\nMerlot;5;Bo",
        "Medarbejder;Fravær\t",
        "Oktober;MUS;HR\nNovember;Sygefravær;Børn og Unge\nDecember;APV;Borgerservice",
    ],
)
def test_what_is_no_list_of_persons_with_entries(harmless: str) -> None:
    assert found(harmless) == set()


@pytest.mark.parametrize("entry", ["(4.500)", "[x]", "<5", "x", "nej", "[4.500]"])
def test_what_looks_like_a_blank_of_a_form_and_is_an_entry(entry: str) -> None:
    assert found(f"Lejer;Restance\nJens Holm;{entry}\nAnna Lund;{entry}") == {"column.overdue"}


def test_only_letters_and_files_are_looked_at() -> None:
    table = "\n".join(";".join(row) for row in ARREARS)
    places = (Source.ATTACHMENT, Source.SURROUND, Source.SUBJECT)
    assert [found(Text(table, "part 1", place)) for place in places] == [{"column.overdue"}, set(), set()]


def test_one_entry_of_a_person_among_firms_is_enough() -> None:
    assert found("Kunde;Restance\nNordrør ApS;400\nAnna Lund;300") == {"column.overdue"}


def test_crosses_that_are_missing_leave_the_columns_where_they_are() -> None:
    rows = ("Beboer", "Vask", "Diabetes"), ("Anna Lund", "x", ""), ("Bo Bro", "", ""), ("Carl Toft", "x", "")
    assert found(lined_up(rows)) == set()
    assert found(lined_up((*rows, ("Dorte Dal", "", "x")))) == {"column.health"}


OWN = """
[[rule]]
id = "own.guests"
label = "family"
column = true
weight = 0.6
why = "Hvem der bor på krisecentret."
words = "værelse, ankom"
matches = ["Navn;Ankom\\nAnna Lund;mandag"]
not_matches = ["Navn;Rejste\\nAnna Lund;mandag"]
"""


def own(folder: Path, text: str) -> RuleSet:
    file = folder / "own.toml"
    file.write_text(text, "utf-8")
    return load_rules([file])


def test_a_house_has_columns_of_its_own(tmp_path: Path) -> None:
    rules = own(tmp_path, OWN)
    assert found("Beboer;Værelse\nAnna Lund;12\nBo Bro;14", rules=rules) == {"own.guests"}
    assert judged("Beboer;Værelse\nAnna Lund;12\nBo Bro;14", rules).labels == (Label.FAMILY,)


@pytest.mark.slow
def test_a_house_names_persons_in_its_own_way(tmp_path: Path) -> None:
    table = "Spejder;Allergi\nNr. 14;nødder\nNr. 15;mælk"
    assert found(table) == set()
    rules = own(tmp_path, '[list.column_person]\nextend = true\nwords = "spejder"\n')
    assert found(table, rules=rules) == {"column.health"}


def test_a_shipped_column_is_turned_off(tmp_path: Path) -> None:
    rules = own(tmp_path, '[[rule]]\nid = "column.work"\nenabled = false\n')
    assert found("Elev;Karakter\nAnna;7", rules=rules) == set()


@pytest.mark.parametrize("home", ["Adresse", "Telefon", "E-mail", "Kundenr.", "Lejl."])
def test_an_address_beside_a_person_takes_nothing_away(home: str) -> None:
    assert found(f"{home};Medarbejder;Diagnose\nx4;JH;KOL") == {"column.health"}
    assert found(f"{home};Navn;Diagnose\nx4;Anna Lund;KOL\nx5;Bo Bro;gigt") == {"column.health"}


def test_what_waits_for_a_person_waits_in_its_place() -> None:
    rows = "Adresse;Diagnose;Restance;Beboer", "Kildevej 4;KOL;;", "Kildevej 6;gigt;300;JH"
    assert found("\n".join(rows)) == {"column.health", "column.overdue"}


@pytest.mark.parametrize("more", ["near = ['person']", "patterns = ['løn']", "effect = 'veto'"])
def test_a_rule_on_columns_has_words_and_lists_alone(tmp_path: Path, more: str) -> None:
    with pytest.raises(RulesError) as raised:
        own(tmp_path, OWN.replace("column = true", f"column = true\n{more}"))
    assert "goes with words and lists of words alone" in str(raised.value.faults[0])


@pytest.mark.slow  # 10,000 rows in six forms
@pytest.mark.parametrize(
    "wide",
    [
        pytest.param(lambda n: "Navn;Diagnose\n" * n, id="headings"),
        pytest.param(lambda n: "Navn;Diagnose\nAnna Lund;\n\n" * n, id="tables"),
        pytest.param(lambda n: "Navn;Diagnose\n" + "x aps;ja\n" * n, id="rows"),
        pytest.param(lambda n: "Diagnose  " * n, id="blanks"),
        pytest.param(
            lambda n: "\n".join([";".join(["løn;elev"] * n), *[";".join(["4;x aps"] * n)] * 4]), id="columns"
        ),
        pytest.param(
            lambda n: "\n".join(["løn  elev  " * n, *["4  x aps  " * (n - 1)] * 4]), id="columns lined up"
        ),
    ],
)
def test_a_large_list_takes_no_time_without_end(wide: Callable[[int], str]) -> None:
    growth.in_proportion(wide, found)
