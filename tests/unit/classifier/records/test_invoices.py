"""E-invoices: numbers of invoices, accounts, orders and articles are nobody's; that of a person is found."""

from __future__ import annotations

import pytest

from segl.vocabulary import Decision
from segl_classifier.classify import classify
from segl_classifier.records.invoices import with_words
from segl_classifier.rules import shipped_rules

LOOKS_SO = "1506844279"  # an account, with a day and modulus 11
PARTS = {
    "own": "<cbc:ProfileID>urn:x</cbc:ProfileID><cbc:ID>{}</cbc:ID>",
    "account": "<cac:PayeeFinancialAccount>\n  <cbc:ID>{}</cbc:ID></cac:PayeeFinancialAccount>",
    "article": '<cac:SellersItemIdentification><cbc:ID schemeID="n/a">{}</cbc:ID></cac:SellersItemIdentification>',
    "order": "<cac:OrderReference><cbc:ID>{}</cbc:ID></cac:OrderReference>",
    "without prefix": "<PayeeFinancialAccount><ID>{}</ID></PayeeFinancialAccount>",
}
PERSON = '<cac:PartyIdentification><cbc:ID schemeID="DK:CPR">{}</cbc:ID></cac:PartyIdentification>'


def invoice(part: str) -> str:
    standard = "urn:oasis:names:specification:ubl:schema:xsd:"
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><Invoice xmlns="{standard}Invoice-2" xmlns:cac="a" xmlns:cbc="b">'
        f"<cac:AccountingCustomerParty><cbc:Name>Solvang</cbc:Name></cac:AccountingCustomerParty>{part}"
        '<cbc:PayableAmount currencyID="DKK">6312.50</cbc:PayableAmount></Invoice>'
    )


def decision(xml: str) -> Decision:
    mail = (
        "From: a@vand.example\nTo: b@firma.example\nSubject: Faktura\nMIME-Version: 1.0\n"
        f"Content-Type: application/xml\nContent-Disposition: attachment; filename=faktura.xml\n\n{xml}"
    )
    return classify(mail.encode(), shipped_rules()).decision


@pytest.mark.parametrize("part", PARTS.values(), ids=PARTS)
def test_the_numbers_of_an_invoice_are_nobodys(part: str) -> None:
    assert decision(invoice(part.format(LOOKS_SO))) is Decision.PLAIN


def test_that_of_a_person_is_found() -> None:
    assert decision(invoice(PERSON.format(LOOKS_SO))) is Decision.SECURE
    assert with_words(invoice(PERSON.format(LOOKS_SO))) == invoice(PERSON.format(LOOKS_SO))


def test_other_xml_stays_as_it_is() -> None:
    other = f"<a>{PARTS['account'].format(LOOKS_SO)}</a>"
    assert with_words(other) == other
