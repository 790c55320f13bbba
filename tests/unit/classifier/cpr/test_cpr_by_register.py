"""Numbers that programs name by the register they are from (1.2.208.176.1.2), or by a field that ends in "cpr"."""

from __future__ import annotations

import pytest

from corpus.growth import in_proportion
from corpus.numbers import found, looked_at

OID = "1.2.208.176.1.2"
# Two persons' numbers: of one modulus 11 holds, of the other it does not, as of many given since 2007.
NUMBERS = ("0707614285", "0707614286")
NAMED = [
    '<id extension="{n}" root="{oid}"/>',
    '<id root="{oid}" extension="{n}" assigningAuthorityName="Det Centrale Personregister"/>',
    '<identifier>\n  <system value="urn:oid:{oid}"/>\n  <value value="{n}"/>\n</identifier>',
    '{{"system": "urn:oid:{oid}",\n  "value": "{n}"}}',
    '{{"value": "{n}", "system": "urn:oid:{oid}"}}',
    '{{"use": "official", "system": "urn:oid:{oid}", "assigner": {{"display": "CPR"}}, "value": "{n}"}}',
    "PID|||{n}^^^&{oid}&ISO||Holm^Anna",
    "PID|1||{n}^^^CPR&{oid}&ISO^NNDNK||",
]
OF_ANOTHER = [
    '<id extension="{n}" root="1.2.208.176.1.20"/>',
    '<id extension="{n}" root="11.2.208.176.1.2"/>',
    '<id extension="{n}" root="1.2.208.176.1.2.7"/>',
    '<telecom value="{n}"/><id root="{oid}" extension="070761-4285"/>',
    '{{"value": "{n}"}}, {{"system": "urn:oid:{oid}", "value": "070761-4285"}}',
    '{{"system": "urn:oid:{oid}", "value": "070761-4285"}}, {{"system": "phone", "value": "{n}"}}',
    "PID|||070761-4285^^^&{oid}&ISO||Holm^Anna||||||{n}",
]


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("text", NAMED)
def test_the_register_names_the_number(text: str, number: str) -> None:
    assert len(found(text.format(n=number, oid=OID))) == 1


@pytest.mark.parametrize("text", OF_ANOTHER)
def test_another_register_does_not_nor_does_one_that_names_another_number(text: str) -> None:
    counted = [
        finding
        for finding in looked_at(text.format(n="0707614286", oid=OID))
        if any("register" in step.reason for step in finding.adjustments)
    ]
    assert len(counted) == text.count("070761-4285"), "those alone that it names"


@pytest.mark.parametrize("field", ["BrugerCPR", "kundecpr", "customerCpr", "medarbejdercpr"])
@pytest.mark.parametrize("number", NUMBERS)
def test_a_field_may_say_first_whose_it_is(field: str, number: str) -> None:
    assert len(found(f"{field}={number};")) == 1


@pytest.mark.parametrize(
    "unit", [f'<id root="{OID}"/>', f'<id root="{OID}" extension="0707614286"/>\n', f"{OID} "]
)
def test_a_text_full_of_them_takes_time_in_proportion(unit: str) -> None:
    in_proportion(lambda n: unit * n, found, 100)
