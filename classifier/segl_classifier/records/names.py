"""What the fields of records are called: ``TerminationDate`` as words, and the names of two standards in Danish.

A payment file says of its persons ``Cdtr/Nm`` and of their pay ``InstdAmt`` with the purpose ``SALA``, which no list of
words knows. The names are those of ISO 20022 (pain.001, pain.008, camt.053, camt.054) and of UBL 2 (OIOUBL, Peppol BIS
Billing 3); the purposes those of ISO 20022's external code sets (ExternalCategoryPurpose1Code, ExternalPurpose1Code),
the units those of UN/ECE recommendation 20.
"""

from __future__ import annotations

import re
from functools import lru_cache

_HUMP = re.compile(r"(?<=[a-zæøå])(?=[A-ZÆØÅ])|(?<=[A-ZÆØÅ])(?=[A-ZÆØÅ][a-zæøå])")
_JOINTS = re.compile(r"[_\s]+")

AMOUNT, PURPOSE = "Beløb", "Formål"

# The name of an element: what it is called, "" for one that only holds others.
_STANDARD = {
    "Nm": "Navn",
    "Cdtr": "Modtager",
    "UltmtCdtr": "Modtager",
    "Dbtr": "Debitor",
    "UltmtDbtr": "Debitor",
    "InstdAmt": AMOUNT,
    "TxAmt": AMOUNT,
    "Amt": AMOUNT,
    "CtgyPurp": PURPOSE,
    "Purp": PURPOSE,
    "Ustrd": "Tekst",
    "RtrInf": "Manglende betaling",
    "AddtlInf": "Årsag",
    "AccountingCustomerParty": "Kunde",
    "BuyerCustomerParty": "Kunde",
    "AccountingSupplierParty": "Udsteder",
    "Contact": "Kontakt",
    "FamilyName": "Efternavn",
    "FirstName": "Fornavn",
    **dict.fromkeys(("Pty", "Party", "PartyName", "Person", "RmtInf", "RltdPties", "Cd", "Prtry"), ""),
}
_PURPOSES = {
    **dict.fromkeys(("SALA", "PAYR", "BONU", "COMM"), "Løn"),
    **dict.fromkeys(("PENS", "PENO"), "Pension udbetalt"),
    **dict.fromkeys(("SSBE", "BENE", "UBIL", "UNEM", "BECH", "GOVT"), "Ydelse"),
}
_USED = dict.fromkeys(("KWH", "MWH", "MTQ", "GJ", "GV"), "Forbrug")


@lru_cache(2_000)
def name_of(written: str) -> str:
    """The field *written* so as words; ``""`` if it only holds others."""
    bare = written.rpartition(":")[2]
    if (known := _STANDARD.get(bare)) is not None:
        return known
    return _JOINTS.sub(" ", _HUMP.sub(" ", bare)).strip()


def paid_for(code: str) -> str:
    """What an amount with the purpose *code* is to whoever gets it; ``""`` if that is nobody's matter."""
    return _PURPOSES.get(code, "")


def measured_in(unit: str) -> str:
    """What a quantity of that *unit* is on a bill; ``""`` if it may be anything."""
    return _USED.get(unit.upper(), "")
