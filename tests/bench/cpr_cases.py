"""Labelled cases for the CPR detector, made from a seed: every spelling, in sentences from life, beside look-alikes.

Independent of the detector: the numbers come from a generator of its own (checked against python-stdnum in the
unit tests), and the sentences are written from what stands in Danish mail. A case is positive when the text
leaves a reader in no doubt that the number is somebody's CPR number, negative when it plainly is something else.
Numbers of look-alikes have a valid date too: that is what makes them look alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

TODAY = date(2026, 11, 24)


@dataclass(frozen=True, slots=True)
class Case:
    """``kind`` names the spelling (positive) or the look-alike (negative), ``context`` the surroundings."""

    text: str
    positive: bool
    kind: str
    context: str


# Numbers.

_WEIGHTS = (4, 3, 2, 7, 6, 5, 4, 3, 2, 1)


def _seventh(rnd: Random, year: int) -> int:
    """A seventh digit that is right for a birth in *year*."""
    yy = year % 100
    if 1900 <= year < 2000:
        return rnd.choice((0, 1, 2, 3, 4, 9) if yy >= 37 else (0, 1, 2, 3))
    return rnd.choice((4, 5, 6, 7, 8, 9) if yy <= 36 else (5, 6, 7, 8))


def cpr(rnd: Random) -> str:
    """Ten digits of somebody who may be alive: two thirds with modulus 11, a third without."""
    first = date(1932, 1, 1)
    born = first + timedelta(days=rnd.randrange((TODAY - first).days))
    if rnd.random() < 0.05:
        born = born.replace(month=1, day=1)
    with_modulus = rnd.random() < 0.67
    while True:
        digits = f"{born:%d%m%y}{_seventh(rnd, born.year)}{rnd.randrange(1000):03}"
        holds = sum(w * int(d) for w, d in zip(_WEIGHTS, digits, strict=True)) % 11 == 0
        if holds == with_modulus:
            return digits


def lookalike(rnd: Random) -> str:
    """Ten digits that begin with a date, as ids of all kinds do: some recent, some by chance."""
    if rnd.random() < 0.4:  # numbered by date
        day = TODAY - timedelta(days=rnd.randrange(4 * 365))
        return f"{day:%d%m%y}{rnd.randrange(10_000):04}"
    return f"{rnd.randint(1, 28):02}{rnd.randint(1, 12):02}{rnd.randrange(100):02}{rnd.randrange(10_000):04}"


# Spellings. Those of PLAIN a reader takes for a CPR number by themselves; those of LABELLED only where the
# text says so.

Spell = Callable[[str], str]


def _parts(between: str, serial: str) -> Spell:
    return lambda n: f"{n[:2]}{between}{n[2:4]}{between}{n[4:6]}{serial}{n[6:]}"


def _wide(n: str) -> str:
    return "".join(chr(0xFF10 + int(d)) for d in n)


def _arabic(n: str) -> str:
    return "".join(chr(0x660 + int(d)) for d in n)


def _year(n: str) -> str:
    """The year of birth with four digits."""
    yy, seventh = int(n[4:6]), int(n[6])
    if seventh <= 3:
        return f"19{n[4:6]}"
    if seventh in (4, 9):
        return f"20{n[4:6]}" if yy <= 36 else f"19{n[4:6]}"
    return f"20{n[4:6]}" if yy <= 57 else f"18{n[4:6]}"


PLAIN: dict[str, Spell] = {
    "hyphen": _parts("", "-"),
    "bare": _parts("", ""),
    "space": _parts("", " "),
    "hyphen with spaces": _parts("", " - "),
    "space before hyphen": _parts("", " -"),
    "space after hyphen": _parts("", "- "),
    "en dash": _parts("", "–"),
    "en dash with spaces": _parts("", " – "),
    "em dash": _parts("", "—"),
    "minus": _parts("", "−"),
    "figure dash": _parts("", "‒"),
    "non-breaking hyphen": _parts("", "\u2011"),
    "no-break space": _parts("", "\u00a0"),
    "narrow no-break space": _parts("", "\u202f"),
    "thin space": _parts("", "\u2009"),
    "two spaces": _parts("", "  "),
    "soft hyphen in the date": lambda n: f"{n[:4]}\u00ad{n[4:6]}-{n[6:]}",
    "soft hyphen before the serial": lambda n: f"{n[:6]}-\u00ad{n[6:]}",
    "zero-width space": lambda n: f"{n[:6]}\u200b-{n[6:]}",
    "zero-width joiner between all": lambda n: "\u200d".join(f"{n[:6]}-{n[6:]}"),
    "byte-order mark": lambda n: f"\ufeff{n[:6]}-{n[6:]}",
    "direction marks": lambda n: f"\u200e{n[:6]}\u200e-{n[6:]}\u200e",
    "full-width": lambda n: f"{_wide(n[:6])}-{_wide(n[6:])}",
    "full-width with full-width hyphen": lambda n: f"{_wide(n[:6])}－{_wide(n[6:])}",
    "Arabic-Indic digits": lambda n: f"{_arabic(n[:6])}-{_arabic(n[6:])}",
    "dots and hyphen": _parts(".", "-"),
    "dots and space": _parts(".", " "),
    "slashes and hyphen": _parts("/", "-"),
    "slashes and space": _parts("/", " "),
    "hyphens and hyphen": _parts("-", "-"),
    "hyphens and space": _parts("-", " "),
    "spaces and space": _parts(" ", " "),
    "spaces and hyphen": _parts(" ", "-"),
    "spaces and spaced hyphen": _parts(" ", " - "),
    "slash": _parts("", "/"),
    "dot": _parts("", "."),
    "underscore": _parts("", "_"),
    "all dots": _parts(".", "."),
    "day and month apart": lambda n: f"{n[:4]} {n[4:6]}-{n[6:]}",
    "percent-coded hyphen": _parts("", "%2D"),
    "percent-coded space": _parts("", "%20"),
    "entity for a hyphen": _parts("", "&#45;"),
    "entity for a non-breaking hyphen": _parts("", "&#8209;"),
    "entity for a space": _parts("", "&nbsp;"),
    "entity for an en dash": _parts("", "&ndash;"),
    "each digit by itself": lambda n: " ".join(n),
    "each digit by itself, hyphen": lambda n: f"{' '.join(n[:6])} - {' '.join(n[6:])}",
    "line break after the hyphen": _parts("", "-\n"),
    "four-digit year": lambda n: f"{n[:4]}{_year(n)}-{n[6:]}",
    "dots and four-digit year": lambda n: f"{n[:2]}.{n[2:4]}.{_year(n)}-{n[6:]}",
    "hyphens and four-digit year": lambda n: f"{n[:2]}-{n[2:4]}-{_year(n)}-{n[6:]}",
}
LABELLED: dict[str, Spell] = {
    "line break": _parts("", "\n"),
    "line break in the date": lambda n: f"{n[:4]}\n{n[4:6]}-{n[6:]}",
    "line break in the serial": lambda n: f"{n[:6]}-{n[6:8]}\n{n[8:]}",
    "line break, Windows": _parts("", "-\r\n"),
    "soft line break left over": _parts("", "-=\n"),
    "quoted line break": _parts("", "-\n> "),
    "bar": _parts("", " | "),
    "tab": _parts("", "\t"),
    "four-digit year and space": lambda n: f"{n[:4]}{_year(n)} {n[6:]}",
    "ISO date": lambda n: f"{_year(n)}-{n[2:4]}-{n[:2]}-{n[6:]}",
    "twelve digits": lambda n: f"{n[:4]}{_year(n)}{n[6:]}",
    "serial in two": lambda n: f"{n[:6]}-{n[6:8]} {n[8:]}",
    "all in pairs": lambda n: " ".join(n[i : i + 2] for i in range(0, 10, 2)),
    "divided after five": lambda n: f"{n[:5]} {n[5:]}",
    "divided after the seventh": lambda n: f"{n[:7]}-{n[7:]}",
    "in parentheses": lambda n: f"{n[:6]} ({n[6:]})",
    "colon": _parts("", ":"),
    "plus": _parts("", "+"),
}

# Sentences.

_NAMES = (
    *(
        "Karen Møller",
        "Jens Ole Friis",
        "Fatima Al-Hassan",
        "Søren Bjerregaard",
        "Ida Kjær",
        "Mohammed Yusuf",
    ),
    *(
        "Åse Lindgren",
        "Palle Thomsen",
        "Mette-Marie Krogh",
        "Bo Ring",
        "Saga Brønd",
        "Tage Kort",
        "Flemming Holm",
    ),
    *("Henning Bay", "Christoffer Iversen", "Anna Nowak", "Lærke From", "Erling Lund", "Birthe Graversen"),
)
CALLED = (
    "CPR: {n}",
    "CPR-nr. {n}",
    "CPR-nr: {n}, se vedlagte.",
    "cpr.nr. {n}",
    "Mit cpr-nummer er {n}.",
    "Hans cpr er {n}, og han flytter den 1.",
    "cpr {n} skal stå på blanketten",
    "Personnummer: {n}",
    "personnr. {n} ({name})",
    "Vi mangler CPR-nummer på {name}. Det er {n}.",
    "CPR-nummeret på den nye lejer er {n}",
    "{n} er mit cpr-nummer.",
    "{name} ({n}) – cpr som aftalt",
    "Sygesikringsnummer {n}",
    "Navn: {name}\nCPR-nr.: {n}\nAdresse: Engvej 4",
    "Kære {name}\n\nVi har noteret dit cpr-nr. som {n}. Ret os, hvis det er forkert.",
    "CPR-NR. {n} BEDES KONTROLLERET",
    "Her er cpr-nummeret: {n}",
    "Danish CPR number: {n}",
    "My CPR no. is {n}, thanks.",
    "civil registration number {n}",
    "Mitt danska personnummer är {n}.",
    "Det danske personnummeret mitt er {n}",
    "Meine dänische CPR-Nummer lautet {n}.",
    "Til brug for indberetning til SKAT: cpr {n}, hovedkort.",
    "> Kan du sende cpr igen?\nJa, cpr: {n}",
)
PERSONAL = (
    "{name}, {n}, er flyttet til Søndergade 12.",
    "{name} ({n}) har søgt om henstand.",
    "Vedr. {name}, {n}",
    "Jeg hedder {name} og har nummer {n}.",
    "Patient: {name}, {n}",
    "Borger {name} {n} er indlagt siden i går.",
    "Kan du slå {n} op i folkeregistret?",
    "Mit nummer er {n}.",
    "Hendes nummer: {n}",
    "Min mor er født {n}, og jeg har fuldmagt.",
    "{name}\n{n}\nNørregade 3, 1. th.",
    "Opret venligst {name}, {n}, ansat pr. 1. marts.",
    "Sønnen er {n} og datteren har I.",
    "Afdøde {name}, {n}, boede på plejehjemmet.",
    "Det er mig med {n}, vi talte sammen i går.",
    "Skadelidte: {name}, {n}.",
    "Ansøger: {name} {n}\nSamlever: ingen",
    "Lejer {name}, født {n}",
    "Køber: {name}, {n}. Sælger underskriver senere.",
    "Hej\n\nSå har jeg fundet det: {n}\n\nHilsen {name}",
    "Vedlagt lønseddel for {name}, {n}.",
    "Fuldmagten gælder for {n} ({name}).",
    "Barnets nummer er {n}, og det er født i går.",
    "Tak for snakken. {n} er hans, som lovet.",
    "{n}",
    "{n}\n",
    "Hej Bente\n{n}\nVh Per",
    "1. {name} {n}\n2. Ingen andre",
    "Re: {n}",
    "Fwd: {name}, {n}",
    "The tenant {name}, {n}, moved out in May.",
    "Please register my daughter {name}, {n}.",
    "Medlem: {name}; født: {n}; indmeldt 2019",
    "Attest udstedt til {name} {n}",
    "Kontaktperson for {n} er {name}.",
    "Jeg vil gerne have aktindsigt i min sag. {name}, {n}",
    "Er det rigtigt, at {n} er din?",
    "Henvist: {n} {name}, smerter i knæ",
)
# Here another number is plainly named, and a CPR number stands in the same mail or row.
BESIDE_OTHERS = (
    "Faktura 88120 er betalt.\n\nCPR på {name}: {n}",
    "Fakturanummer 2026-118, kundenr. 4711. Ejeren er {name}, {n}.",
    "Kundenr.: 104432\nMålernr.: 44170023\nNavn: {name}\nCPR: {n}",
    "Hej\n\nOrdrenummeret er {other}. {name} har cpr {n}.\n\nHilsen",
    "Måler {other} er skiftet hos {name}, {n}, den 3. maj.",
    "Konto 5301 0001234567 tilhører {name}, cpr-nr. {n}",
    "Tlf. 20 00 00 41\n{name}\n{n}",
    "{name}, {n}, mobil 20 00 00 77, kundenr. 5512",
    "Sag 2026-4411 vedr. {name}, {n}",
    "Journalnr. 12-4471. Patienten {name}, {n}, udskrives i morgen.",
    "Vi har modtaget faktura nr. {other} og cpr {n}",
    "Rykker til {name}, {n}, for faktura {other}",
    "EAN 5790001203344\nRekvirent: {name}\ncpr {n}",
    "{n} {name}, kundenummer {other}",
    "Faktura til {n}, {name}, er sendt i dag.",
    "Betaling fra {name}, {n}, er modtaget på konto 0001234567.",
    "Ordren er afsendt. {n} skal bruges til at hente pakken, siger posthuset: mit cpr.",
    "navn;kundenr;cpr\n{name};{other};{n}",
    "Vi har nu behandlet sagen om jeres faktura, og pengene er på vej til kontoen.\n\nVenlig hilsen\n{name}\n{n}",
)
CPR_TABLES = (
    "cpr;navn;beløb\n{n};{name};1.200,00",
    "navn;cpr-nr;dato\n{name};{n};01-02-2026\nBo Beck;{m};03-02-2026",
    "CPR\tNavn\tYdelse\n{n}\t{name}\tboligstøtte\n{m}\tBo Beck\tkontanthjælp",
    "Navn\tAdresse\tPersonnummer\n{name}\tEngvej 2\t{n}",
    "CPR-nummer | Navn | Krav\n{n} | {name} | 3.112,00",
    "Nr. | Navn | Fødselsdato og løbenr\n1 | {name} | {n}",
    "CPR-nr       Navn                 Beløb\n{n}  {name}       12.499\n{m}  Bo Beck       7.250",
    "Navn,Adresse,CPR\n{name},Engvej 4,{n}",
    "{name}\t{n}\ttruck B\nBo Beck\t{m}\tkran D",
    "Navn\t{name}\nCPR\t{n}\nTelefon\t20 00 00 41",
    '"cpr","navn"\n"{n}","{name}"',
    "> CPR;Navn\n> {n};{name}",
)
_TABLE_SPELLINGS = ("hyphen", "bare", "space", "spaces and hyphen", "en dash", "hyphen with spaces")
ODD_PLACES = (
    "Se https://portal.vand.example/borger?cpr={n}&side=2",
    "{n}_daabsattest.pdf",
    "lønseddel {name} {n}.pdf",
    "cpr{n}",
    "CPR-nr:{n}",
    "cpr-nr.{n}",
    "cpr={n}",
    "[cpr:{n}]",
    "CPR#{n}",
    "Borger:{n};Status:aktiv",
    "({n})",
    '"{n}"',
    "*{n}*",
    "<{n}>",
    "{n}, {m}",
    "{n} og {m} skal begge indberettes",
    "{n}/{m}",
    "cpr {n}?? nej, {m}",
    "cpr-nr {n}.",
    "CPR:\n{n}",
    "cpr-numre:\n{n}\n{m}",
    "CPR-nr.\n\n{n}",
    "cpr (se note 3): {n}",
)
_ODD_SPELLINGS = ("hyphen", "bare")
SPLIT = (
    "{name}, født {d}.{mo}.{y}, sidste fire cifre {s}.",
    "Født {d}{mo}{y}, de sidste fire er {s}",
    "{d}{mo}{y} (løbenr. {s})",
    "Fødselsdag {d}-{mo}-{y}, og de sidste 4 i cpr er {s}.",
    "{d} {mo} {y} er hans fødselsdag, og resten af nummeret er {s}",
    "Born {d}/{mo}/{y}, last four digits {s}",
)
REPLACEMENTS = (
    "Patienten har erstatnings-cpr {n}.",
    "Erstatningspersonnummer: {n}",
    "Vi har oprettet et erstatningscpr-nr., {n}, til turisten.",
    "eCPR {n}",
    "Erstatningsnummer {n} (turist)",
    "Han har fået et fiktivt cpr: {n}",
)
NINE_DIGITS = (
    "cpr;navn\n{n9};{name}",
    "CPR-nr\tNavn\n{n9}\t{name}",
    "cpr {n9}",
    "navn | cpr-nummer\n{name} | {n9}",
)

# Look-alikes: what it is, and sentences.
OTHER_WORDS: dict[str, tuple[str, ...]] = {
    "order": (
        *(
            "ordrenr. {n}",
            "Ordre {n} er afsendt",
            "Ordrenummer: {n}",
            "ordrenummeret er {n}",
            "bestilling {n}",
        ),
        *("Din ordrebekræftelse {n}", "order no. {n}", "Purchase order {n}", "PO {n}", "Bestillingsnr.: {n}"),
        *(
            "rekvisition {n}",
            "Rekv.nr. {n}",
            "Auftrag {n}",
            "Bestellnummer {n}",
            "beställning {n}",
            "ordrenr {n}",
        ),
        *(
            "Mit ordrenummer fra jeres hjemmeside er {n}",
            "tilbud nr. {n}",
            "Reservationsnr. {n}",
            "Booking no. {n}",
        ),
        *("følgeseddel {n}", "Følgeseddelnr.: {n}", "indkøbsordre {n}", "Tilbud {n} gælder til fredag"),
    ),
    "invoice": (
        *("Faktura {n}", "fakturanr. {n}", "Fakturanummer: {n}", "Vedhæftet faktura {n}", "invoice no. {n}"),
        *("Rechnungsnummer {n}", "Rechnung Nr. {n}", "fakturanummer {n}", "kreditnota {n}", "Bilagsnr. {n}"),
        *(
            "bilag {n}",
            "Kvitteringsnummer {n}",
            "Invoice {n} is overdue",
            "jeres faktura nr. {n} mangler EAN",
        ),
        *("betalingsid {n}", "Fakturaen har nummer {n}", "faktura nr.: {n}", "Fakt.nr. {n}"),
    ),
    "meter": (
        *("Måler {n}", "målernr. {n}", "Målernummer: {n}", "Måler nr. {n} er aflæst", "vandmåler {n}"),
        *(
            "Installationsnr. {n}",
            "aftagenummer {n}",
            "forbrugernr. {n}",
            "meter no. {n}",
            "Zählernummer {n}",
        ),
        *("serienr. {n}", "Serienummer {n}", "Pumpens serienummer er {n}", "serial number {n}", "S/N {n}"),
        *("Anlægsnr. {n}", "stikledning {n}", "elmålernummer {n}", "Målerens nummer er {n}", "gateway {n}"),
    ),
    "account": (
        *("kontonr. {n}", "Konto {n}", "reg. 5301 konto {n}", "Reg.nr. 9370, kontonr. {n}", "konto 4190 {n}"),
        *(
            "account no. {n}",
            "Kontonummer: {n}",
            "reg.nr. 1551 kontonr. {n}",
            "bankkonto {n}",
            "Kontonummer 7240 {n}",
        ),
        *("overført til konto {n}", "Kontonr.: 5301 {n}", "lånenr. {n}", "depotnr. {n}"),
    ),
    "P-number": (
        *(
            "P-nr. {n}",
            "P-nummer: {n}",
            "p-nummer {n}",
            "pnr {n}",
            "Produktionsenhed {n}",
            "CVR 12345678, P-nr. {n}",
        ),
        *("P-nummeret er {n}", "produktionsenhedsnummer {n}"),
    ),
    "customer": (
        *(
            "kundenr. {n}",
            "Kundenummer: {n}",
            "kundenummeret hos os er {n}",
            "medlemsnr. {n}",
            "Medlemsnummer {n}",
        ),
        *("customer no. {n}", "Kundennummer {n}", "kundnummer {n}", "leverandørnr. {n}", "debitornr. {n}"),
        *(
            "lejemålsnr. {n}",
            "Customer number: {n}",
            "abonnementsnr. {n}",
            "kreditornr. {n}",
            "Medarbejdernr. {n}",
        ),
    ),
    "case": (
        *("sagsnr. {n}", "Sagsnummer: {n}", "Sag {n}", "j.nr. {n}", "Journalnr. {n}", "vores ref. {n}"),
        *(
            "case no. {n}",
            "Ticket {n}",
            "Aktenzeichen {n}",
            "ärendenummer {n}",
            "policenr. {n}",
            "Skadenr. {n}",
        ),
        *(
            "Jeres reference: {n}",
            "sagsnummeret er {n}",
            "dokumentnr. {n}",
            "Matrikelnr. {n}",
            "BFE-nummer {n}",
        ),
        *(
            "Sag #{n}",
            "ejendomsnr. {n}",
            "projekt {n}",
            "Projektnr. {n}",
            "tilladelse nr. {n}",
            "rapport {n}",
        ),
        *("Prøvenr. {n}", "prøve-ID {n}", "licensnr. {n}", "Kontrakt {n}", "aftalenr. {n}", "Udbudsnr. {n}"),
    ),
    "shipment": (
        *("pakkenr. {n}", "Pakke {n} er på vej", "Track & trace: {n}", "tracking no. {n}", "forsendelse {n}"),
        *(
            "sendingsnummer {n}",
            "kolli {n}",
            "Sändningsnummer {n}",
            "container {n}",
            "fragtbrev {n}",
            "waybill {n}",
        ),
        *("Pakkenummer: {n}", "Sendungsnummer {n}", "vejeseddel nr. {n}", "palle-id {n}"),
    ),
    "product": (
        *(
            "varenr. {n}",
            "Varenummer {n} er på lager",
            "artikelnr. {n}",
            "batch {n}",
            "lot {n}",
            "partinr. {n}",
        ),
        *(
            "ISBN {n}",
            "item no. {n}",
            "Artikelnummer {n}",
            "reservedel {n}",
            "typenummer {n}",
            "inventarnr. {n}",
        ),
        *(
            "Stelnr. {n}",
            "nøgle {n}",
            "kode {n}",
            "adgangskode: {n}",
            "plombe {n}",
            "produktnr. {n}",
            "SKU {n}",
        ),
        *(
            "gavekort {n}",
            "billetnummer {n}",
            "kortnr. {n}",
            "versionsnr. {n}",
            "modelnr. {n}",
            "Chargennummer {n}",
        ),
    ),
    "computer": (
        *(
            "jobid {n}",
            "txid={n}",
            "tidsstempel {n}",
            "Møde-id: {n}",
            "session {n}",
            "transaktion {n}",
            "log-id {n}",
        ),
        *(
            "correlation id {n}",
            "request-id: {n}",
            "build {n}",
            "fejlkode {n}",
            "Meeting ID: {n}",
            "IMEI {n}",
        ),
        *("mødet har id {n}", "crc={n}", "checksum {n}", "enheds-id {n}", "Kvitterings-id {n}"),
    ),
    "phone": (
        *(
            "tlf. +45 {n}",
            "Tlf. {n}",
            "mobil {n}",
            "phone: {n}",
            "telefonnr. {n}",
            "ring på +46 {n}",
            "fax {n}",
        ),
    ),
}
OTHER_FRAMES = (
    "{x}",
    "{x}.",
    "{x}, og den haster.",
    "Hej {first}\n\n{x}\n\nHilsen\n{name}",
    "Vedr. {x}",
    "Kan du se på {x}? Den mangler.",
    "Tak for din mail. {x}. Vi vender tilbage.",
    "Husk at oplyse {x}, når du ringer.",
    "Cpr-nummer må ikke sendes i mail. {x}",
    "{name} har bedt om status. {x}",
    "Re: {x}",
    "({x})",
    "- {x}\n- ring til {name}",
)
OTHER_TABLES = (
    "ordrenr;navn;beløb\n{n};{name};1.200,00\n{m};Bo Beck;3,00",
    "navn;fakturanr;dato\n{name};{n};01-02-2026",
    "Kundenr\tNavn\tSaldo\n{n}\t{name}\t2.118,50\n{m}\tBo Beck\t14,00",
    "målernr;adresse;stand\n{n};Engvej 2;412",
    "Varenr.\tNavn\tAntal\n{n}\tBøgehæk\t30",
    "Navn | Reg. | Konto\n{name} | 9021 | {n}",
    "Fakturanr     Dato      Beløb\n{n}    11/6      88.400,00\n{m}    24/6      12.750,00",
    "sagsnr,klager,status\n{n},{name},afvist",
    "P-nummer;firma;by\n{n};Tag Nord A/S;Hobro",
    "tidsstempel;tag;vaerdi\n{n};P2_STOP;1",
    "Serienr\tModel\tLokale\n{n}\tLatitude\tA12",
    "cpr;kundenr;navn\n;{n};{name}",
    "Navn\tMedlemsnr.\tCPR\n{name}\t{n}\t",
    "prøvenr | sted | resultat\n{n} | boring 2 | 0,06",
)
SHAPES: dict[str, tuple[str, ...]] = {
    "longer number": ("EAN 57980{n}", "{n}55", "IBAN DK50 0040 {n4}", "99{n}", "{n}-1", "1-{n}", "12.{n}.4"),
    "payment line": ("+71<00000{n}+12345678<", "+73<{n}+88912345<", "+04<000000{n}<"),
    "identifier": ("DK{n}", "A{n}B", "FAK-{n}", "INV{n}", "BS-{n}", "{n}A", "VN{n}", "XK-{n}-2", "ab12-{n}"),
    "amount": ("{n},50 kr.", "I alt {n},00 kr.", "{n}.75", "kr. {n},-"),
    "address": (
        *(
            "https://shop.vand.example/ordre/{n}",
            "https://x.example/?id={n}",
            "<{n}.4477@mail.firma.example>",
        ),
        *("kvittering+{n}@firma.example", "www.post.example/t/{n}"),
    ),
    "uuid": ("550e8400-e29b-41d4-a716-44{n}", "id 3f2a-{n}-77ab"),
}


def _negatives_of_digits(rnd: Random) -> str:
    """Ten digits in a CPR layout that nobody can have: no such day, or a birth to come."""
    if rnd.random() < 0.5:
        wrong = rnd.choice(("3102", "3004", "3111", "0013", "3213", "4512", "2913"))
        if wrong == "3004":
            wrong = "3104"
        return f"{wrong}{rnd.randrange(100):02}-{rnd.randrange(10_000):04}"
    return f"{rnd.randint(1, 28):02}{rnd.randint(1, 12):02}{rnd.randint(28, 36):02}-{rnd.choice('456789')}{rnd.randrange(1000):03}"


def _dates_and_times(rnd: Random) -> str:
    day = TODAY - timedelta(days=rnd.randrange(700))
    later = day + timedelta(days=rnd.randint(1, 60))
    hour, minute = rnd.randrange(6, 22), rnd.randrange(60)
    return rnd.choice(
        (
            f"{day:%d.%m.%y}-{later:%d.%m}",
            f"{day:%d.%m.%Y} - {later:%d.%m.%Y}",
            f"{day:%d.%m.%y} {hour:02}.{minute:02}",
            f"{day:%d-%m-%Y} {hour:02}:{minute:02}",
            f"{day:%d%m%y} kl. {hour:02}{minute:02}",
            f"{day:%Y-%m-%d %H:%M}",
            f"{day:%d/%m} {hour:02}:{minute:02}, {later:%d/%m} 09:00",
            f"{day:%d.%m.%Y}-{later:%Y}",
            f"IMG_{day:%d%m%y}_{hour:02}{minute:02}.jpg",
            f"{day:%y%m%d}{hour:02}{minute:02} pumpe 2 stop",
            f"{day:%d%m%y}{hour:02}{minute:02} niveau højt\n{day:%d%m%y}{hour:02}{min(59, minute + 1):02} normal",
            f"Aflæst {day:%d.%m.%y}: 1204 m3. Forrige: 1180 m3",
            f"{day:%d-%m-%y};1200,50;8.410,00",
        )
    )


def _spelled(rnd: Random, names: tuple[str, ...] | None = None) -> tuple[str, Spell]:
    name = rnd.choice(names or tuple(PLAIN))
    return name, PLAIN[name]


def _other_spelled(rnd: Random) -> str:
    """A look-alike, mostly in a row, often divided like a CPR number."""
    n = lookalike(rnd)
    return rnd.choice((n, n, n, f"{n[:6]}-{n[6:]}", f"{n[:6]} {n[6:]}"))


def _positive(rnd: Random) -> Case:
    n, m, other, name = cpr(rnd), cpr(rnd), lookalike(rnd), rnd.choice(_NAMES)
    draw = rnd.random()
    if draw < 0.06:
        text = rnd.choice(SPLIT).format(d=n[:2], mo=n[2:4], y=n[4:6], s=n[6:], name=name)
        return Case(text, True, "date and last four apart", "split")
    if draw < 0.09:
        r = str(int(n[0]) + 6) + n[1:]
        r = rnd.choice((r, f"{r[:6]}-{r[6:]}"))
        return Case(rnd.choice(REPLACEMENTS).format(n=r, name=name), True, "replacement number", "called")
    if draw < 0.11:
        while n[0] != "0":
            n = cpr(rnd)
        return Case(rnd.choice(NINE_DIGITS).format(n9=n[1:], name=name), True, "leading zero lost", "table")
    if draw < 0.21:
        kind, spell = _spelled(rnd, _TABLE_SPELLINGS)
        text = rnd.choice(CPR_TABLES).format(n=spell(n), m=spell(m), name=name)
        return Case(text, True, kind, "table")
    if draw < 0.27:
        kind, spell = _spelled(rnd, _ODD_SPELLINGS)
        text = rnd.choice(ODD_PLACES).format(n=spell(n), m=spell(m), name=name)
        return Case(text, True, kind, "odd place")
    if draw < 0.37:
        kind, spell = _spelled(rnd)
        text = rnd.choice(BESIDE_OTHERS).format(n=spell(n), other=other, name=name)
        return Case(text, True, kind, "beside others")
    if draw < 0.50:
        kind = rnd.choice(tuple(LABELLED))
        return Case(rnd.choice(CALLED).format(n=LABELLED[kind](n), name=name), True, kind, "called")
    kind, spell = _spelled(rnd)
    context, frames = ("called", CALLED) if draw < 0.72 else ("personal", PERSONAL)
    return Case(rnd.choice(frames).format(n=spell(n), name=name), True, kind, context)


def _negative(rnd: Random) -> Case:
    n, m, name = lookalike(rnd), lookalike(rnd), rnd.choice(_NAMES)
    draw = rnd.random()
    if draw < 0.62:
        kind = rnd.choice(tuple(OTHER_WORDS))
        said = rnd.choice(OTHER_WORDS[kind]).format(
            n=n if kind in ("P-number", "account", "phone") else _other_spelled(rnd)
        )
        frame = rnd.choice(OTHER_FRAMES)
        return Case(frame.format(x=said, name=name, first=name.split()[0]), False, kind, "words")
    if draw < 0.76:
        return Case(rnd.choice(OTHER_TABLES).format(n=n, m=m, name=name), False, "column of others", "table")
    if draw < 0.86:
        kind = rnd.choice(tuple(SHAPES))
        n4 = f"{n[:4]} {n[4:8]} {n[8:]}"
        said = rnd.choice(SHAPES[kind]).format(n=n, n4=n4)
        return Case(
            rnd.choice(("{x}", "Hej\n{x}\nVh Per", "Se {x} nedenfor")).format(x=said), False, kind, "shape"
        )
    if draw < 0.94:
        said = _dates_and_times(rnd)
        return Case(
            rnd.choice(("{x}", "Mødet er {x}", "Periode: {x}\n", "{x} hos os")).format(x=said),
            False,
            "date and time",
            "shape",
        )
    frame = rnd.choice((*PERSONAL, *CALLED))
    return Case(frame.format(n=_negatives_of_digits(rnd), name=name), False, "nobody's number", "digits")


def cases(count: int, seed: int = 20261124) -> Iterator[Case]:
    """*count* cases, half of them positive, always the same for the same *seed*."""
    rnd = Random(seed)
    for index in range(count):
        yield _positive(rnd) if index % 2 else _negative(rnd)
