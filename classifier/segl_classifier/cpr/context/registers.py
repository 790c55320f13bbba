"""Numbers that programs name by their register: ``1.2.208.176.1.2`` is the object identifier of the Danish personal
numbers (OID, ITU-T X.660; assigned below Denmark's 1.2.208). In clinical documents it stands where people write "CPR":

    <id extension="…" root="1.2.208.176.1.2"/>                      HL7 CDA, in either order
    <system value="urn:oid:1.2.208.176.1.2"/><value value="…"/>     FHIR, in XML and the same in JSON
    PID|||…^^^&1.2.208.176.1.2&ISO||                                HL7 version 2

No other number stands between the two, and behind the number no other element begins.
"""

from __future__ import annotations

import re

_OID = "1.2.208.176.1.2"
_FAR_BEFORE, _FAR_BEHIND = 120, 60  # characters between the two
_NAMED_BEFORE = re.compile(rf"(?<![0-9.]){re.escape(_OID)}(?![0-9.])[^0-9{{}}|]{{1,{_FAR_BEFORE}}}\Z")
_NAMED_BEHIND = re.compile(rf"[^0-9<>{{}}]{{1,{_FAR_BEHIND}}}(?<![0-9.]){re.escape(_OID)}(?![0-9.])")


def names_register(text: str) -> bool:
    """Whether the register is named anywhere: else :func:`by_register` need not be asked."""
    return _OID in text


def by_register(text: str, start: int, end: int) -> bool:
    """Whether ``text[start:end]`` is said to be of the register of personal numbers."""
    before = text[max(0, start - _FAR_BEFORE - len(_OID) - 1) : start]
    at = before.rfind(_OID)
    if at >= 0 and _NAMED_BEFORE.match(before, at):
        return True
    return _NAMED_BEHIND.match(text, end) is not None
