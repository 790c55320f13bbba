"""Doctors' and nurses' shorthand, of which a model that learnt sentences says with confidence that it is nothing: its
words count by themselves. Neither vets', mechanics' and price lists nor what is written about medicine is such."""

from __future__ import annotations

from email.message import EmailMessage
from pathlib import Path

import pytest

from keyword_model import KeywordModel
from segl.vocabulary import Label, Verdict
from segl_classifier.classify import classify
from segl_classifier.message import Source, Text
from segl_classifier.rules import RuleSet, load_rules, shipped_rules
from segl_classifier.rules.notes import is_notes

SURE_OF_NOTHING = KeywordModel({})


def mail(body: str, subject: str = "Hej", file: str = "") -> bytes:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "sek@klinik.example", "modt@by.example", subject
    message.set_content(body)
    if file:
        message.add_attachment(file, filename="notat.txt")
    return message.as_bytes()


def judged(raw: bytes) -> Verdict:
    return classify(raw, shipped_rules(), model=SURE_OF_NOTHING)


NOTES = (
    "Diagnoser (A): DS720B Fractura colli femoris dxt.\n78-årig kvinde indl. efter fald. Obj.: hø. ben forkortet. "
    "Op. dagen efter, ukompl. Mob. m. rollator. GOP sendt.",
    "Henv. pt. f. 1951, 40 pakkeår, mhp. spirometri. FEV1/FVC 0,61 d.d. Sat. 93 %. I beh. m. LAMA.",
    "Slutstatus. Obj.: Knæfleksion 105°, ekst. -5. TUG 9,8 sek. Smerter NRS 2 i hvile. Afsluttes d.d.",
    "Mat.: Hud, ryg. Mikro: Malignt melanom, SSM, Breslow 0,7 mm, ej ulc. Rande frie. SNOMED M87433 T02450.",
    "2.g GA 38+4, GBS pos, tidl. sectio, ønsker vaginal. BT 142/91. /jdm",
    "Residual 320. PSA 6,8, DRE: induration hø. lap. Bx planlægges uge 51. Tamsulosin x 1. IPSS 24/6.",
    "A fri. B RF 24, sat. 91 u. ilt. C puls 128 irreg, BT 92/50. D GCS 14. E temp 39,1. Alarm: sepsis.",
    "Afføring dag 6, given klyx m. effekt. Spist ¼. Drikker 400 ml. Vendes hver 3. t. Pårørende ønsker ej indlæggelse.",
    "Regio 38: impakteret, tæt på n. alveolaris inf. Perikoronit sept. Fjernes i LA. Pt. gravid u. 22.",
    "SVARTYPE: Endeligt\nB-Hæmoglobin   6,1  mmol/L   7,3-9,5   L\nP-Creatinin   118  umol/L   45-90   H",
    "Kärl: claudicatio, ABI 0,5 vä. Duplex: ocklusion AFS. PTA planerad. Trombyl 75, Atorvastatin 40.",
    "Admitted 12/11 with NSTEMI. Troponin 1450. PCI to LAD. EF 45%. Discharged on aspirin 75. F/U 6/52.",
    "Aufnahme wegen dekomp. Herzinsuff. NYHA III-IV. Echo: EF 25 %. Diuretika i.v. Entl. mit Torasemid 20.",
)


@pytest.mark.parametrize("said", NOTES)
def test_a_note_on_a_patient_who_is_not_named_is_found(said: str) -> None:
    assert judged(mail(said)).labels == (Label.HEALTH,)
    assert judged(mail("Se vedhæftede.", file=said)).labels == (Label.HEALTH,)


@pytest.mark.parametrize(
    "said",
    [
        "UNH+1+MEDDIS:D:93A:UN:XDIS91'\nNAD+PAT+++HANSEN:KURT'\nUNT+14+1'",
        "PID|1||4471||HANSEN^KURT\nOBX|1|NM|NPU03230||4.2",
        '{"resourceType": "Observation", "subject": {"reference": "Patient/4471"}}',
        '<ClinicalDocument xmlns="urn:hl7-org:v3"><title>Epikrise</title></ClinicalDocument>',
    ],
)
def test_a_message_between_systems_for_patients_is_about_one(said: str) -> None:
    assert Label.HEALTH in judged(mail("Fejlet besked vedlagt.", file=said)).labels


@pytest.mark.parametrize(
    "said",
    [
        "Def. pakn. hø. side, tryk 4,2 bar. Rep. afsl. Olie skiftet, filter ditto. Test ok. Ktr. 500 t.",
        "Ktr. af dør DA12B og DB204 i blok C. Fort. i uge 50. Beh. m. linolie. Rep. afsl. fredag.",
        "Labrador, han, 8 år. Halt ve. forben, palp. øm albue. Rimadyl 50 mg x 2 dgl. Ktr. hos dyrlæge 3 uger.",
        "Ukompliceret cystit hos kvinder: pivmecillinam 400 mg x 3. Urinstix tages altid. Kontrol efter 14 dage.",
        "Nitrat 8,2 mg/l, jern <0,01 mg/l, coliforme <1. Rekvirent: Nordlund Vandværk.",
        "P-Ferritin 45 kr., HbA1c 62 kr., P-TSH 48 kr. Priser ekskl. moms.",
        "Contalgin 30 mg: 4 pk. Furix 40 mg: 12 pk. Oxapax 15 mg: 2 pk. Lagerliste, bestilles onsdag.",
        "Methods: 1,204 patients with HFrEF were randomised to dapagliflozin 10 mg or placebo. HR 0.74.",
        "XDIS91, XREF01 og XRPT01 testes i uge 50. Fejl meldes i Jira.",
        "Lev. 20 stk. rør PN 10, DN 50, 12 m. CAT 6 kabel 200 m. UL-mærket tavle, 3 stk. Afh. fre. Hilsen Bo",
        "Best.: 400 ks. PET flasker 0,5 l, UK etiket, 12 pl. Lev. uge 50. DES nr. følger. Hilsen Tove",
        "Kabel 3 x 1,5 mm2, 200 m, LAD-stander 11 kW, HPFI 30 mA, 2 stk. PN-skinne. Mont. tors. kl. 8.",
        "MS Teams lic. 20 stk., FAQ opd., ROM modul, DIP sw. 1-4 off. Inst. fre. kl. 9. Bo",
        "Ons. 4/12 DV Lis -> Bo. Tor. 5/12 AV Mia -> Lis. Fre. NV ledig, vikar best. Ref. SP/kl.",
    ],
)
def test_what_is_written_about_medicine_animals_and_machines_is_none(said: str) -> None:
    assert judged(mail(said)).labels == ()


@pytest.mark.parametrize(
    ("said", "notes"),
    [
        ("Udskr. m. ilt 1 l/min, BT 142/91, ktr. 3 u. hos e.l.", True),
        ("Han blev udskrevet med ilt og skal til kontrol hos sin egen læge om tre uger.", False),
        ("BT 142/91.", False),  # a few words are nothing yet
        ("Kære alle, husk at der er møde om den nye kaffemaskine i kantinen på torsdag", False),
    ],
)
def test_notes_have_figures_and_abbreviations_and_hardly_any_little_words(said: str, *, notes: bool) -> None:
    assert is_notes(said) is notes


RULE = """
[[rule]]
id = "own.words"
label = "health"
weight = 0.5
why = "Flere forskellige ord på ét sted."
words = "rød, blå, grøn"
distinct = 2
matches = ["rød og blå"]
not_matches = ["rød og rød"]
"""


@pytest.fixture(scope="module")
def two_words(tmp_path_factory: pytest.TempPathFactory) -> RuleSet:
    own = tmp_path_factory.mktemp("rules") / "own.toml"
    own.write_text(RULE)
    return load_rules([own])


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("Først rød, så blå.", True),
        ("Rød, RØD, rød.", False),  # one word, however often
        ("Rød." + " Og så går der lang tid." * 20 + " Blå.", False),  # too far apart
        ("Rød." + " Og så går der lang tid." * 20 + " Blå, grøn.", True),
    ],
)
def test_a_rule_may_want_several_different_words(two_words: RuleSet, said: str, *, found: bool) -> None:
    hits = two_words.find([Text(said, "body", Source.BODY)])
    assert any(hit.rule == "own.words" for hit in hits) is found


@pytest.mark.slow
def test_how_many_words_it_wants_is_told_by_its_fingerprint(two_words: RuleSet, tmp_path: Path) -> None:
    three = RULE.replace("distinct = 2", "distinct = 3").replace("rød og blå", "rød blå grøn")
    (tmp_path / "other.toml").write_text(three)
    other = load_rules([tmp_path / "other.toml"])
    assert other.fingerprints["own.words"] != two_words.fingerprints["own.words"]


@pytest.mark.slow
def test_however_many_hits_stand_before_the_place_is_found(two_words: RuleSet) -> None:
    often = "rød " * 50_000
    assert not [hit for hit in two_words.find([Text(often, "body", Source.BODY)]) if hit.rule == "own.words"]
    assert [
        hit for hit in two_words.find([Text(often + "blå", "body", Source.BODY)]) if hit.rule == "own.words"
    ]
