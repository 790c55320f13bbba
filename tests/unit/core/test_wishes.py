"""Words in the subject that ask something of the portal: numbers for codes, and phrases."""

from __future__ import annotations

import re
from base64 import b64encode
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segl.errors import SettingsError
from segl.wishes import Wishes, asks, from_fields, normal_number, read_numbers, read_wishes, to_fields

NUMBER = "+4512345678"


@pytest.mark.parametrize(
    ("subject", "left", "number"),
    [
        ("[sms:+4512345678] Svar", "Svar", NUMBER),
        ("Svar [SMS: 12 34 56 78]", "Svar", NUMBER),
        ("Svar [ sms : 0045 12-34-56-78 ] til dig", "Svar til dig", NUMBER),
        ("[sms:+46701234567]", "", "+46701234567"),
        ("[sms:+45 12345678][sms:87654321] to", "to", "+4587654321"),
        ("[sms:12\xa034\u202f56\u200978] x", "x", NUMBER),  # blanks that do not break, as web pages have them
        ("[sms:\u202a12345678\u202c] x", "x", NUMBER),  # marks of direction, as copied from Windows' contacts
        ("[\u200bsms:12\u201134\u201156\u201178] x", "x", NUMBER),
        ("[sms:4512345678] x", "x", NUMBER),
        ("[sms:123] for kort", "[sms:123] for kort", None),
        ("[sms:1234567] syv cifre", "[sms:1234567] syv cifre", None),
        ("[sms:+45 123456789] ni cifre", "[sms:+45 123456789] ni cifre", None),
        ("[sms:+0012345678] nul", "[sms:+0012345678] nul", None),
        ("[sms:x@y.dk=] tom", "[sms:x@y.dk=] tom", None),
        ("sms:+4512345678", "sms:+4512345678", None),
        ("To  blanke", "To  blanke", None),
        ("", "", None),
    ],
)
def test_a_number_is_read_and_taken_off(subject: str, left: str, number: str | None) -> None:
    found = read_wishes(subject, "+45")
    assert (found.subject, found.number) == (left, number)


def test_numbers_may_name_their_recipients() -> None:
    found = read_wishes("[sms:Bo@Vestby.example=12345678] [sms:eva@vestby.example=87654321] x", "+45")
    assert found.subject == "x"
    assert found.number_for("bo@vestby.EXAMPLE", only=False) == NUMBER
    assert found.number_for("eva@vestby.example", only=False) == "+4587654321"
    assert found.number_for("ib@vestby.example", only=True) is None


def test_a_number_without_a_name_is_for_an_only_recipient() -> None:
    found = read_wishes("[sms:12345678] x", "+45")
    assert found.number_for("bo@vestby.example", only=True) == NUMBER
    assert found.number_for("bo@vestby.example", only=False) is None


def test_without_a_gateway_a_number_is_a_word_like_others() -> None:
    subject = "[sms:12345678] [kodeord: den røde cykel] x"
    assert read_wishes(subject, None) == Wishes("[sms:12345678] x", phrase="den røde cykel")


@pytest.mark.parametrize(
    ("subject", "left", "phrase"),
    [
        ("[kodeord: Den  røde cykel] Svar", "Svar", "Den røde cykel"),
        ("Svar [phrase:abcd]", "Svar", "abcd"),
        ("[kodeord: abc] kort", "[kodeord: abc] kort", None),
        ("[kodeord:]", "[kodeord:]", None),
        ("Nyt kodeord: hest", "Nyt kodeord: hest", None),
    ],
)
def test_a_phrase_is_read_and_taken_off(subject: str, left: str, phrase: str | None) -> None:
    found = read_wishes(subject, "+45")
    assert (found.subject, found.phrase) == (left, phrase)


@pytest.mark.parametrize(
    "subject",
    [
        "[sms:12345678 (mobil)] Svar",
        "[sms 12345678] Svar",
        "[SMS til Bo: 12 34 56 78] Svar",
        "Svar [sms=12345678]",
        "Svar [sms:12345678",
        "[kodeord: ost] Svar",
        "[kodeord den r\u00f8de cykel] Svar",
        "[kodeord: den r\u00f8de [cykel]] Svar",
        "[kodeord:\u200bost] Svar",
        "[password: den r\u00f8de cykel] Svar",
    ],
)
def test_what_is_not_understood_asks_all_the_same(subject: str) -> None:
    found = read_wishes(subject, "+45")
    assert not found.any
    assert asks(found.subject)


@pytest.mark.parametrize(
    "subject",
    [
        "[SMS] Ny besked",
        "[SMS-gateway] Drift den 12. maj 2026",
        "[smsdk] Kampagne 2026",
        "[sms kampagne] For\u00e5r",
        "Kodeord til wifi",
        "[Password reset] Din konto",
        "sms: ring 12345678",
        "[EXT] Husk kodeord: mandag",
        "[Sag 1234] sms",
    ],
)
def test_ordinary_subjects_ask_nothing(subject: str) -> None:
    assert not asks(subject)


def test_what_is_understood_leaves_nothing_that_asks() -> None:
    assert not asks(read_wishes("[sms:12345678] [kodeord: den r\u00f8de cykel] x", "+45").subject)
    assert asks(read_wishes("[sms:12345678] x", None).subject), "without a gateway it asks in vain"


NUMBERS = st.from_regex(r"\+[1-9][0-9]{6,14}", fullmatch=True)


@given(
    st.none() | NUMBERS,
    st.dictionaries(st.text(min_size=1, max_size=60), NUMBERS, max_size=20),
    st.none() | st.text(min_size=4, max_size=200),
)
def test_wishes_go_through_a_header_field(
    number: str | None, numbers: dict[str, str], phrase: str | None
) -> None:
    wishes = Wishes("", number, numbers, phrase)
    fields = to_fields(wishes)
    assert all(len(field) <= 900 and re.fullmatch("[A-Za-z0-9+/=]+", field) for field in fields)
    assert from_fields(field.encode() for field in fields) == wishes


@given(st.binary(max_size=200))
def test_any_other_field_is_none(value: bytes) -> None:
    assert from_fields([value]) is None


@pytest.mark.parametrize(
    "told",
    [
        "{}",
        "[]",
        '{"number": 1, "numbers": {}, "phrase": null}',
        '{"number": "x", "numbers": {}, "phrase": ""}',
    ],
)
def test_a_field_that_holds_something_else_is_none(told: str) -> None:
    assert from_fields([b64encode(told.encode())]) is None
    assert from_fields([b64encode(b"[" * 100_000)]) is None


@given(st.text(max_size=400))
def test_any_subject_is_read_and_reading_what_is_left_finds_no_more(subject: str) -> None:
    left = read_wishes(subject, "+45").subject
    again = read_wishes(left, "+45")
    assert again.subject == left or again.any


@given(st.text(max_size=60))
def test_a_number_is_e164_or_none(text: str) -> None:
    number = normal_number(text, "+45")
    assert number is None or (number.startswith("+") and number[1:].isascii() and number[1:].isdigit())


def test_an_address_book(tmp_path: Path) -> None:
    file = tmp_path / "numbers"
    file.write_text(
        "# vores kunder\nBo@vestby.example  12 34 56 78  # mobil\n\neva@vestby.example\t+46701234567\n"
    )
    assert read_numbers(file, "+45") == {"bo@vestby.example": NUMBER, "eva@vestby.example": "+46701234567"}


def test_a_byte_order_mark_is_no_part_of_the_first_address(tmp_path: Path) -> None:
    """Notepad and others write one; whose number it was would have had none."""
    file = tmp_path / "numbers"
    file.write_text("bo@vestby.example 12345678\n", "utf-8-sig")
    assert read_numbers(file, "+45") == {"bo@vestby.example": NUMBER}


def test_a_bad_address_book_names_every_line(tmp_path: Path) -> None:
    file = tmp_path / "numbers"
    file.write_text("bo@vestby.example\neva@vestby.example 12\nikke-en-adresse +4512345678\n")
    with pytest.raises(SettingsError) as caught:
        read_numbers(file, "+45")
    assert [fault.key for fault in caught.value.faults] == ["line 1", "line 2", "line 3"]
    for content in (None, b"\xff"):
        file.unlink() if content is None else file.write_bytes(content)
        with pytest.raises(SettingsError) as caught:
            read_numbers(file, "+45")
        [fault] = caught.value.faults
        assert fault.hint.startswith("portal.sms.numbers names it")


@pytest.mark.parametrize("other", ["\u212aim@kunde.example", "k\u0131m@kunde.example", "kim", ""])
def test_a_number_is_of_nobody_whose_name_only_looks_alike(other: str) -> None:
    wishes = read_wishes("[sms:kim@kunde.example=12345678] Svar", "+45")
    assert wishes.number_for("KIM@Kunde.example", only=False) == NUMBER
    assert wishes.number_for(other, only=False) is None
