"""Case-workers' shorthand on somebody's benefits, debts, dismissal, charge, loans or estate, of which a
model that learnt sentences says that it is nothing. What they write of schemes, figures and systems is none."""

from __future__ import annotations

from email.message import EmailMessage

import pytest

from keyword_model import KeywordModel
from segl.vocabulary import Decision, Label, Verdict
from segl_classifier.classify import classify
from segl_classifier.rules import shipped_rules

SURE_OF_NOTHING = KeywordModel({})


def mail(body: str, subject: str = "Sag", file: str = "", name: str = "notat.txt") -> bytes:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "sag@by.example", "modt@by.example", subject
    message.set_content(body)
    if file:
        message.add_attachment(file, filename=name)
    return message.as_bytes()


def judged(raw: bytes) -> Verdict:
    return classify(raw, shipped_rules(), model=SURE_OF_NOTHING)


NOTES = [
    (
        Label.INCOME_WEALTH,
        "Brg. 51 år, tidl. SOSU. KTH siden 2019, 2 afbrudte virks.prakt. Rehab.team indst. RFL 2 år, mentor 3 t/u.",
    ),
    (
        Label.INCOME_WEALTH,
        "Kære Jytte\nKontrolsag 77-214: KMD viser 2 voksne på adr. siden 4/6. Hun fik BST + ekstra børnetilsk. "
        "Foreløbig opg. 19.870. Høring ud mandag, ok?\nMvh Pia",
    ),
    (
        Label.PAYMENT_DEFAULT,
        "Deb. 88123: LI ikke mulig, under rådighedsbeløb. FØP, oversendt PSRM 2/10. Hovedst. 14.220. Uerholdelig.",
    ),
    (
        Label.PAYMENT_DEFAULT,
        "Udlæg intet. Skyldn. mødt, insolv.erkl. afg., § 13. Bil m. ejd.forb. Indk. 14.100 e. skat, KTH.",
    ),
    (
        Label.TRADE_UNION,
        "Medl. 11 år, opsagt 28/11, begr. samarb.vansk. Usagl., krav 6 mdr. + godtg. FUL § 2b. VA 14/12.",
    ),
    (
        Label.FAMILY,
        "UR fra skole + SSP. M/13, selvsk., hash, sover hos kammer. FÆ fælles FM. Akutvurd. 24 t. ok. Kont.pers. § 32.",
    ),
    (
        Label.CRIMINAL,
        "S. f. 94. Sigt. § 245 stk. 1, fgsl. § 762 stk. 1 nr. 3, VF 14 dg., nægter. Forurettede afh. Fristforl. 9/12.",
    ),
    (
        Label.INCOME_WEALTH,
        "Kd. 61 år, enke. Blanco 85 t. til tag, GF 2,1, LTV 48, NI 19.400. RKI/DBR ok. Rådighedsbel. 6.200.",
    ),
    (
        Label.EMPLOYMENT_EDUCATION,
        "Medarb. 4410, 4. fr.per. i år, 38 dg. Del.rask. fra 1/12 20 t. MUE modt., arb.giverdel udf. Oms.samt..",
    ),
    (
        Label.INCOME_WEALTH,
        "Længstlev. ægtef. sidder i USB. Særb. iflg. test., pens. indb. Form.opg. mgl. SKAT-krav anm. 44.812.",
    ),
]


@pytest.mark.parametrize(("label", "said"), NOTES)
def test_a_note_on_somebodys_case_is_found(label: Label, said: str) -> None:
    assert label in judged(mail(said)).labels
    assert label in judged(mail("Se vedhæftede.", file=said)).labels


def test_a_note_on_a_charge_waits_for_a_person() -> None:
    assert judged(mail(NOTES[6][1])).decision is Decision.HOLD


@pytest.mark.parametrize(
    "said",
    [
        # rates, scheme, system, figures, minutes, adverts, courses, procurement: of the same trades
        "Satser 2027: BST max 1.134/md enlig, 1.289 m. børn. KTH 12.850, FP 22.214. Reg. pr. 1/1. Tabel på intra. Lone",
        "Temadag d. 12/1: SDP § 24 og § 27, JAF/RFL, rehab.teamets indst. Program kl. 9-15, kaffe. Tilm. sen. 5/1.",
        "Sagsbeh. 37 t/u til BST/UDK-team. Erf. m. R-75 og tilb.krav. Løn e. overensk. Ansøgn. sen. 12/1. Ring.",
        "PSRM lukket lø. kl. 8-14, opgr. v. 4.12. LI-filer + modr. kører ma. Fejl meldes i TOPdesk. Mvh Bo",
        "Ref. 3/12: 1) Rest. pr. 30/11 4,1 mio., -3 %. 2) PSRM-retur 112 krav, foræld. 14. 3) LI-andel 22 %. Ny.",
        "OK-forh.: løn 2,9 %, pens. 12 %, fritv. 8 %. TR-vilkår §§ 8-12. Mægl. i FLG 14/2. Medl.møder u. 9. Mvh Bent",
        "UR nov.: 212, heraf skole 88, SSP 14, nabo 31. Akut 24 t. ok 98 %. Anbr. 41 (-2), plejefam. 28. Lis viser.",
        "Kons.møder u. 2: ma. 8-10 Østsk., ti. 9-11 Vestsk., on. WISC-dag. Inkl.vejl. Bo fri, Anna dæk. Kørsel bookes.",
        "Vagt u. 50: ma. Bo 7-15, ti. Lis 15-23, on. Per nat. Udg.-led. x 2 lø. Celle 14 def. lås. EOA-udstyr 6 stk.",
        "KK 9,95 %, blanco 7,2 %, OT 18 %. RD F5 3,1 %, LTV > 60 bidr. 1,1. Prisbl. vedh. GF max 4 v. nye kd. Kredit",
        "Fr. 4,8 % (4,4), lang 2,1. Afd. vest 6,1. Del.rask. 12, § 56-aft. 31, fast-track 18. Lis + Bo følger op.",
        "Boafg. 15 %, bundfr. 346.000, till. 36,25 %. Boudlæg max 49.000. Boopg. frist 15 mdr. Kursus adv.sekr. 12/2.",
        "Udb. rammeaft. § 85, 4 delaft., opt. 2 x 12 mdr. Kval. 40, pris 60. ESPD + ref. 3 stk. Frist 14/1. Ring Anna.",
        # other trades
        "Rep. Vestergade 12: tr. 3,5 bar, ny vent. DN 25, pakn. sk. 2 t. + kørsel. Kd. hj. kl. 8-10. Bo bestil. rest.",
        "U12 D 9.00 Holte-Greve, U14 P 10.15 Ishøj. Dom. Bo + Lis. Medb. lic. Afv. A-hold, res. ons. Slutsp. 14/2.",
        "Status: Nordrør ApS ubet. 3 rater, rykk. 2 sendt, inkasso, restance 31.400, hovedst. 22.100, RKI. Kd. tier.",
    ],
)
def test_what_they_write_of_nobody_is_none(said: str) -> None:
    assert judged(mail(said)).labels == ()


def test_the_same_words_of_no_party_are_none() -> None:
    note = "LI ikke mulig, under rådighedsbeløb. FØP, oversendt PSRM. Hovedst. følger. Uerholdelig pr. d.d."
    assert judged(mail(note)).labels == ()
    assert judged(mail(f"Skyldn. f. 61: {note}")).labels == (Label.PAYMENT_DEFAULT,)


def test_in_sentences_the_model_is_asked() -> None:
    said = (
        "Vi har talt om at en borger kan få kontanthjælp og at en virksomhedspraktik kan være en god vej for ham der "
        "er i et ressourceforløb, så det er noget vi skal se på til mødet"
    )
    assert judged(mail(said)).labels == ()


@pytest.mark.parametrize(
    "table",
    [
        "navn   stilling   hyre/mnd   OT   forskudd   trekk skatt   netto\n"
        "Kari Moen   matros   31 200   4 100   2 000  9 870  23 430\nOle Berg   kokk   29 800   1 250   0   8 400  650",
        "Namn;Prel. skatt;Nettolön\nKarin Alm;8.400;22.650\nLars Ek;9.870;23.430",
        "Anst.nr;Att utbetala\n10233;22.650\n10411;23.430",
        "Name;Steuerklasse;Grundgehalt\nKarin Vogt;I;3.120\nHans Holm;III;3.410",
        "Personalnr.;Auszahlung\n10233;2.310\n10411;2.120",
        "Name;Basic pay;PAYE\nMary Cole;2,410;388\nJohn Hill;2,020;301",
        "Crew member;Advance;Overtime\nMary Cole;200;14\nJohn Hill;150;9",
    ],
)
def test_a_payroll_is_found_by_its_headings_in_other_languages(table: str) -> None:
    assert judged(mail("See below.", file=table, name="nov.csv")).labels == (Label.INCOME_WEALTH,)


@pytest.mark.parametrize(
    "table",
    [
        "Skib;Hyre/mnd\nNordlys;310.000\nVestavind;280.000",
        "Kund;Förskott\nKarin Alm;2.000\nLars Ek;500",
        "Abteilung;Bruttolohn\nLager;310.000\nBüro;280.000",
        "Grade;Basic pay\nA4;2,410\nA5;2,020",
    ],
)
def test_what_ships_customers_and_grades_cost_is_none(table: str) -> None:
    assert judged(mail("See below.", file=table, name="nov.csv")).labels == ()
