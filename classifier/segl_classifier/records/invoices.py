"""E-invoices (UBL 2: OIOUBL, Peppol BIS Billing 3): what their bare numbers are.

The number of an invoice, of the supplier's account, of an order and of each article stand in elements that are all
called ``ID``; what they are is told by the element around, which is gone when the page is read. One account number in
27 begins with a date, and each invoice with it would have been taken for a personal number. So before these their word
is put. The number of a party, which may be a person's, has its own scheme, and gets none.
"""

from __future__ import annotations

import re

_HEAD = 4096
_STANDARD = "urn:oasis:names:specification:ubl:schema:xsd:"
_TAG = r"[\w.-]{0,20}:?"
_ID = rf"<{_TAG}(?:ID|LineID|UUID)\b[^<>]{{0,200}}>\s{{0,20}}"
_AROUND = (
    (r"Pay(?:ee|er)FinancialAccount", "Kontonr. "),
    (r"(?:Sellers|Buyers|Standard|Manufacturers|Additional)ItemIdentification", "Varenr. "),
    (r"(?:Order|OrderLine|Contract|ContractDocument|OriginatorDocument|AdditionalDocument|DespatchDocument|"
     r"ReceiptDocument|InvoiceDocument|CreditNoteDocument|DespatchLine)Reference", "Ordrenr. "),
)  # fmt: skip
_WORDS = tuple((re.compile(rf"<{_TAG}{around}>\s{{0,80}}{_ID}(?=\d)"), word) for around, word in _AROUND)
# The invoice's own stands behind what standard it keeps to.
_OWN = re.compile(
    rf"</{_TAG}(?:UBLVersionID|CustomizationID|ProfileID)>\s{{0,80}}<{_TAG}ID(?:\s[^<>]{{0,200}})?>(?=\d)"
)


def with_words(markup: str) -> str:
    """*markup* with a word before the numbers of an invoice; as it is if it is none."""
    if _STANDARD not in markup[:_HEAD]:
        return markup
    for pattern, word in (*_WORDS, (_OWN, "Fakturanr. ")):
        markup = pattern.sub(rf"\g<0>{word}", markup)
    return markup
