"""Data that programs exchange: what is told of whom stands in the names of fields."""

from __future__ import annotations

import json

import pytest

from corpus import growth
from keyword_model import KeywordModel
from segl.vocabulary import Decision, Label, Verdict
from segl_classifier.classify import classify
from segl_classifier.records.lists import told_of_json, told_of_xml
from segl_classifier.rules import shipped_rules

SURE_OF_NOTHING = KeywordModel({})
UBL = '<Invoice xmlns:cac="urn:cac" xmlns:cbc="urn:cbc"><cbc:ID>4711</cbc:ID>{}</Invoice>'
LINE = (
    '<cac:InvoiceLine><cbc:InvoicedQuantity unitCode="{}">412</cbc:InvoicedQuantity>'
    '<cbc:LineExtensionAmount currencyID="DKK">1187.44</cbc:LineExtensionAmount></cac:InvoiceLine>'
)
BUYER = (
    "<cac:AccountingCustomerParty><cac:Party><cac:PartyName><cbc:Name>{}</cbc:Name></cac:PartyName>"
    "<cac:Contact><cbc:Name>Bo Bro</cbc:Name></cac:Contact></cac:Party></cac:AccountingCustomerParty>"
)
PAID = "<CdtTrfTxInf><Amt><InstdAmt>{}</InstdAmt></Amt><Cdtr><Nm>{}</Nm></Cdtr></CdtTrfTxInf>"
PAIN = (
    '<?xml version="1.0" encoding="ISO-8859-1"?><Document><CstmrCdtTrfInitn><PmtInf><PmtTpInf><CtgyPurp>'
    "<Cd>{}</Cd></CtgyPurp></PmtTpInf>{}</PmtInf></CstmrCdtTrfInitn></Document>"
)
SEVERAL = PAID.format(27300, "Anna Lund") + PAID.format(24811, "Bo Bro")
RETURNED = (
    "<Document><Ntfctn><Ntry><TxDtls><RltdPties><Dbtr><Pty><Nm>Anna Lund</Nm></Pty></Dbtr></RltdPties><RtrInf><Rsn>"
    "<Cd>AM04</Cd></Rsn><AddtlInf>ingen dækning</AddtlInf></RtrInf></TxDtls></Ntry></Ntfctn></Document>"
)

TOLD = {
    "a list of objects": (
        '[{"Lejer": "Anna Lund", "Restance": 4500}, {"Lejer": "Bo Bro", "Restance": 900}]',
        Label.PAYMENT_DEFAULT,
    ),
    "names in camel case": (
        '{"run": 7, "items": [{"debtor": {"fullName": "Anna Lund"}, "dunningLevel": 2}, '
        '{"debtor": {"fullName": "Bo Bro"}, "dunningLevel": 1}]}',
        Label.PAYMENT_DEFAULT,
    ),
    "an object a line": (
        '{"patient_name": "Anna Lund", "diagnosis": "F32.1"}\n{"patient_name": "Bo Bro", "diagnosis": "E11"}\n',
        Label.HEALTH,
    ),
    "a single object": ('{"employee": {"name": "Anna Lund"}, "base_salary": 31000}', Label.INCOME_WEALTH),
    "lists in a list": (
        '{"staff": [{"name": "Anna Lund", "absences": [{"sick_days": 4}, {"sick_days": 2}]}, {"name": "Bo Bro"}]}',
        Label.EMPLOYMENT_EDUCATION,
    ),
    "elements": (
        "<Sager><Sag><Skyldner><Navn>Anna Lund</Navn></Skyldner><Hovedstol>897.00</Hovedstol></Sag>"
        "<Sag><Skyldner><Navn>Bo Bro</Navn></Skyldner><Hovedstol>1196.00</Hovedstol></Sag></Sager>",
        Label.PAYMENT_DEFAULT,
    ),
    "attributes": (
        '<Liste><Post Medarbejder="Anna Lund" Sygedage="14"/><Post Medarbejder="Bo Bro" Sygedage="3"/></Liste>',
        Label.EMPLOYMENT_EDUCATION,
    ),
    "names with a namespace": (
        '<a:Personale xmlns:a="urn:a"><a:Ansat><a:Navn>Anna Lund</a:Navn><a:Bruttoløn>1</a:Bruttoløn></a:Ansat>'
        "<a:Ansat><a:Navn>Bo Bro</a:Navn><a:Bruttoløn>2</a:Bruttoløn></a:Ansat></a:Personale>",
        Label.INCOME_WEALTH,
    ),
    "a payment file of salaries": (PAIN.format("SALA", SEVERAL), Label.INCOME_WEALTH),
    "a payment file of one pension": (
        PAIN.format("PENS", PAID.format(14000, "Anna Lund")),
        Label.INCOME_WEALTH,
    ),
    "a payment that the bank returned": (RETURNED, Label.PAYMENT_DEFAULT),
    "an e-invoice of somebody's power": (
        UBL.format(BUYER.format("Anna Lund") + LINE.format("KWH")),
        Label.BILLING,
    ),
    "an e-invoice of somebody's water": (
        UBL.format(BUYER.format("Anna Lund") + LINE.format("MTQ")),
        Label.BILLING,
    ),
}
HARMLESS = {
    "a payment file of suppliers": PAIN.format("SUPP", SEVERAL),
    "an e-invoice of a firm's power": UBL.format(BUYER.format("Nordrør ApS") + LINE.format("KWH")),
    "an e-invoice of a sofa": UBL.format(BUYER.format("Anna Lund") + LINE.format("EA")),
    "contacts": '[{"name": "Anna Lund", "company": "Nordrør ApS"}, {"name": "Bo Bro", "company": "Holm A/S"}]',
    "goods": '[{"item": "Karton", "netWeight": 4, "grossWeight": 5}, {"item": "Tape", "netWeight": 1}]',
    "settings": '{"name": "portal", "author": {"name": "Anna Lund"}, "scripts": {"build": "make"}}',
    "firms in arrears": '[{"kunde": "Nordrør ApS", "restance": 1}, {"kunde": "Holm VVS A/S", "restance": 2}]',
}


def judged(data: str, kind: str, name: str) -> Verdict:
    mail = (
        "From: a@bo.example\nTo: b@by.example\nSubject: Data\nMIME-Version: 1.0\n"
        "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\nHermed filen.\n\n"
        f"--b\nContent-Type: {kind}\nContent-Transfer-Encoding: 8bit\n"
        f"Content-Disposition: attachment; filename={name}\n\n{data}\n--b--\n"
    )
    written = "iso-8859-1" if "ISO-8859-1" in data else "utf-8"
    return classify(mail.encode(written), shipped_rules(), model=SURE_OF_NOTHING)


def kinds_of(data: str) -> list[tuple[str, str]]:
    if data.lstrip().startswith("<"):
        return [("application/xml", "data.xml"), ("text/xml", "data.xml"), ("text/plain", "data.xml")]
    return [
        ("application/json", "data.json"),
        ("text/plain", "data.json"),
        ("application/octet-stream", "d.json"),
    ]


@pytest.mark.parametrize(("data", "label"), TOLD.values(), ids=TOLD)
def test_what_the_fields_are_called_tells_what_it_is_about(data: str, label: Label) -> None:
    for kind, name in kinds_of(data):
        assert label in judged(data, kind, name).labels, kind


@pytest.mark.parametrize("data", HARMLESS.values(), ids=HARMLESS)
def test_data_without_a_persons_matter_are_plain(data: str) -> None:
    for kind, name in kinds_of(data):
        assert judged(data, kind, name).decision is Decision.PLAIN, kind


def test_a_personal_number_that_json_has_as_a_number_gets_its_zero_back() -> None:
    data = '[{"navn": "Anna Lund", "cpr": 707614285}, {"navn": "Bo Bro", "cpr": 1111111118}]'
    assert Label.CPR in judged(data, "application/json", "d.json").labels


def test_records_of_one_kind_are_a_table_and_what_there_is_one_of_a_form() -> None:
    assert told_of_json('{"year": 2026, "rows": [{"a": 1, "b": {"c": true}}, {"b": {"c": "x\\ty"}}]}') == (
        "year: 2026\n\na\tb c\n1\ttrue\n\tx y"
    )


NO_RECORDS = {
    "prose": "[sic] det skrev hun",
    "a list of words": '["a", "b"]',
    "half a file": '{"navn": "Anna',
    "deep": "[" * 100_000 + "]" * 100_000,
    "deep objects": '{"a":' * 900 + "1" + "}" * 900,
    "a number without end": '{"a": ' + "1" * 100_000 + "}",
}


@pytest.mark.parametrize("text", NO_RECORDS.values(), ids=NO_RECORDS)
def test_what_is_no_such_json_has_no_records(text: str) -> None:
    assert told_of_json(text) == ""


NO_DATA = {
    "prose": "a < b",
    "a page": "<html><body><p>Hej</p><p>Hilsen</p></body></html>",
    "half a file": "<a><b>1</b>",
    "entities": '<!DOCTYPE a [<!ENTITY b "c">]><a><c>&b;</c></a>',
    "deep": "<a>" * 100_000,
}


@pytest.mark.parametrize("markup", NO_DATA.values(), ids=NO_DATA)
def test_what_is_no_such_xml_has_none(markup: str) -> None:
    assert told_of_xml(markup) == ""


def test_a_large_file_is_told_by_its_beginning() -> None:
    row = "<r><navn>Anna Lund</navn><restance>1</restance></r>"
    assert told_of_xml(f"<a>{row * 40_000}</a>").startswith("navn\trestance\nAnna Lund\t1\n")


def test_it_takes_time_in_proportion() -> None:
    def wide(size: int) -> str:
        inner = [{"a": 1}, {"a": 2}]
        return json.dumps(
            {f"k{n}": inner for n in range(size)} | {"l": [{f"f{n}": n for n in range(size)}] * 3}
        )

    growth.in_proportion(wide, told_of_json)
