"""Headers: what a person wrote there is read, what programs wrote is not."""

from __future__ import annotations

import time
from datetime import date
from email.header import Header

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segl.mime.encoded_words import decode_header, shown_header
from segl_classifier.cpr.find import find_cpr
from segl_classifier.cpr.judging.score import THRESHOLD
from segl_classifier.message import Source
from segl_classifier.parsing.headers import display_names, is_technical, read_headers


def latin(text: str, charset: str = "utf-8") -> str:
    """Raw 8-bit text as it stands in a header block: one character for each byte."""
    return text.encode(charset).decode("latin-1")


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("Almindelig emne", "Almindelig emne"),
        ("=?utf-8?Q?Bl=C3=A5b=C3=A6r?=", "Blåbær"),
        ("=?UTF-8?B?QmzDpWLDpnI=?= til dig", "Blåbær til dig"),
        ("=?iso-8859-1*da?q?Bl=E5b=E6r?=", "Blåbær"),
        ("=?utf-8?q?Bl=C3?= =?utf-8?q?=A5b=C3=A6r?=", "Blåbær"),  # cut inside a character
        ("=?utf-8?B?QmzD?=\t=?utf-8?Q?=A5b=C3=A6r?=", "Blåbær"),
        ("=?utf-8?q?a?= =?iso-8859-1?q?=E6?=", "aæ"),
        ("=?utf-8?q?a?= og =?utf-8?q?b?=", "a og b"),
        ("=?utf-8?q?med mellemrum og ?_tegn?=", "med mellemrum og ? tegn"),
        ("=?x-klingon?q?=E6?=", "æ"),
        ("=?utf-8?q?ikke lukket", "ikke lukket"),
        ("=?utf-8?q?a?==?utf-8?q?b?=", "ab"),
        ("=?utf-16?B?AGEAYg==?=", "ab"),
        ("=??q?x?=", "=??q?x?="),
        ("=?utf-8?x?abc?=", "=?utf-8?x?abc?="),
        (latin("Blåbær"), "Blåbær"),
        (latin("Blåbær", "cp1252"), "Blåbær"),
        (latin("æ") + "=?utf-8?q?_b?=", "æ b"),
    ],
)
def test_encoded_words(raw: str, text: str) -> None:
    assert decode_header(raw) == text


@pytest.mark.parametrize(
    "raw",
    [
        "=?utf-8?B?010190-1234?=",
        "=?utf-8?B?w6bD cpr 010190-1234",
        "=?utf-8?B?QQ==?= 010190-1234",
        "=?utf-8?Q?010190=?= =?utf-8?Q?-1234?= 010190-1234",
        "=?utf-8?Q?0101=39=30-1234?=",
        "=?utf-8?B 010190-1234",
        "=?utf-8?B?MDEwMT?= =?utf-8?b?kwLTEyMzQ=?=",  # cut within four letters, or within an escape
        "=?utf-8?Q?0101=3?= =?utf-8?q?90-1234?=",
        "=?utf-8?B?w6bD cpr 0101=?utf-8?q?90-1234?=",  # a word without an end stays as it is
    ],
)
def test_a_broken_word_hides_nothing(raw: str) -> None:
    assert "010190-1234" in decode_header(raw)


def test_a_person_is_shown_a_header_without_the_second_reading() -> None:
    word = "=?utf-8?B?SGVqMTIzNDU2Nzg5?="
    assert decode_header(word).startswith(shown_header(word))
    assert decode_header("=?utf-8?Q?CPR=30?= x") == "CPR0 x CPR=30"
    assert shown_header("=?utf-8?Q?CPR=30?= x") == "CPR0 x"
    assert shown_header("=?utf-8?Q?uden_ende") == "uden ende"


@pytest.mark.parametrize(
    ("value", "names"),
    [
        ("Bente Sørensen <bente@vand.example>", "Bente Sørensen"),
        ('"Hansen, Per" <per@vand.example>, bo@vand.example (Bo)', "Hansen, Per\n(Bo)"),
        ("010190-1234 <a@b.example>", "010190-1234"),
        ("a@b.example", ""),
        ("<a@b.example>, <c@d.example>", ""),
        ("Bestyrelsen: a@b.example, Bo <c@d.example>;", "Bestyrelsen:\nBo"),
        ("=?utf-8?q?S=C3=B8ren?= <s@b.example>", "Søren"),
        ("Ingen adresse 010190-1234", "Ingen adresse 010190-1234"),
        ("0101901234@vand.example", ""),
    ],
)
def test_names_beside_addresses(value: str, names: str) -> None:
    assert display_names(value if value.isascii() else latin(value)) == names


@pytest.mark.parametrize(
    "name",
    [
        "received", "message-id", "dkim-signature", "arc-seal", "x-ms-exchange-organization-scl",
        "references", "x-mailgun-sid", "list-unsubscribe", "x-campaign-id", "x-session-token",
        "content-type", "thread-index",
    ],
)  # fmt: skip
def test_fields_of_programs_are_not_read(name: str) -> None:
    assert is_technical(name)
    assert read_headers([(name, "0101901234")], "") == []


@pytest.mark.parametrize("name", ["comments", "keywords", "x-sagsbehandler", "organization", "x-cpr"])
def test_any_other_field_is_read(name: str) -> None:
    (text,) = read_headers([(name, "cpr 010190-1234")], "part 2 > brev.eml > ")
    assert text.text.endswith("cpr 010190-1234")
    assert text.where == f"part 2 > brev.eml > header {name}"
    assert text.source is Source.SURROUND


@pytest.mark.parametrize(
    "name",
    ["x-borger-id", "x-patient-key", "x-cpr-uid", "x-author", "x-listing-note", "x-campaigner", "list-id"],
)
def test_what_systems_write_about_people_is_read_whatever_its_name_is_like(name: str) -> None:
    (text,) = read_headers([(name, "borger 010190-1234 <a.b>")], "")
    assert "010190-1234" in text.text


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("x-borger-id", "0101901234"),
        ("x-request-id", "4f3a010190-1234-4abc-9def"),
        ("x-trace-id", "010190-1234-44"),
        ("x-mail-id", "<010190-1234@x.example>"),
        ("x-job-id", f"0106{date.today():%y}-1830"),
        ("x-ms-exchange-crosstenant-id", "010190-1234"),
        ("list-id", "b04d5f6 mc list <010190-1234.list.example>"),
        ("x-borger-id", "320190-1234"),
        ("x-auth-user", "010190-1234"),
        ("x-spam-score", "010190-1234"),
    ],
)
def test_ids_of_programs_are_no_numbers_of_people(name: str, value: str) -> None:
    assert read_headers([(name, value)], "") == []


NUMBER, UNSIGNED = "120385-1002", "1203851002"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("message-id", f"<{NUMBER}.7@journal.example>"),
        ("message-id", f"<cpr{UNSIGNED}.7@journal.example>"),
        ("message-id", "<301126-4040@journal.example>"),
        ("in-reply-to", f"<cpr_nr_{UNSIGNED}@journal.example>"),
        ("references", f"<1@a.example> <sag-{NUMBER}@journal.example>"),
        ("content-id", f"<{NUMBER}_brev.pdf@journal.example>"),
        ("list-unsubscribe", f"<https://a.example/afmeld?cpr={UNSIGNED}>"),
        ("list-unsubscribe", f"<mailto:a@b.example?subject=afmeld%20{NUMBER}>"),
        ("feedback-id", f"{NUMBER}:brev:by"),
        ("x-mailgun-variables", f'{{"cpr": "{UNSIGNED}"}}'),
        ("x-campaign-borger", f"CPR-nummer: {UNSIGNED}"),
        ("user-agent", f"journal/4.1 (cpr {NUMBER})"),
        ("x-sag-cpr", UNSIGNED),
        ("x-cpr", UNSIGNED),
        ("x-cpr-id", UNSIGNED),
        ("x-borger", UNSIGNED),
        # what Postfix makes of words in an address field
        ("to", f"Jens@mail.example, Hansen@mail.example,\n\t{NUMBER}@mail.example"),
        ("to", f"bo@kunde.example, Hansen@mail.example, {NUMBER}@mail.example, har@mail.example"),
        ("cc", f"Jens@mail.example, CPR@mail.example, {UNSIGNED}@mail.example"),
        (
            "cc",
            "Jens@mail.example, Hansen@mail.example, cpr@mail.example, 120385@mail.example, 1002@mail.example",
        ),
        ("from", f"<a@b.example>, CPR-nr.{NUMBER}@mail.example"),
        ("reply-to", f"<{NUMBER}@mail.example>"),
        ("to", f"{NUMBER}@mail.example"),
    ],
)
def test_a_number_in_the_field_of_a_program_is_found(name: str, value: str) -> None:
    (text,) = read_headers([(name, value)], "")
    assert any(finding.score >= THRESHOLD for finding in find_cpr(text))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("message-id", f"<{UNSIGNED}.7@a.example>"),
        ("message-id", "<301125-1430@a.example>"),
        ("message-id", "<150620-0930.4f2@a.example>"),
        ("message-id", f"<4f3a-{NUMBER}-9def@a.example>"),
        ("message-id", f"<7f.{NUMBER}@a.example>"),
        ("message-id", "<cpr.20261130044021.1764477621@a.example>"),
        ("content-id", "<image001.png@01DC0A1B.0101F000>"),
        ("list-unsubscribe", "<https://a.example/u/1203851002/4f>"),
        ("dkim-signature", "v=1; t=1203851002; bh=cpr+1203851002x="),
        ("received", "from a by b id 120385-1002"),
        ("to", f"{UNSIGNED}@vand.example"),
        ("to", f"svar-{NUMBER}@vand.example, bo@vand.example"),
        ("cc", f"bo@kunde.example, {UNSIGNED}@vand.example"),
        ("to", f"sag.{UNSIGNED}@vand.example"),
        ("to", f"<{UNSIGNED}@vand.example>, <svar-{NUMBER}@vand.example>"),
        ("to", "bo@vand.example, 120385@vand.example, ib@vand.example, 1002@vand.example"),
    ],
)
def test_ids_of_messages_are_no_numbers_of_people(name: str, value: str) -> None:
    assert not any(
        finding.score >= THRESHOLD for text in read_headers([(name, value)], "") for finding in find_cpr(text)
    )


@pytest.mark.parametrize(
    ("name", "source"), [("thread-topic", Source.SUBJECT), ("content-description", Source.FILENAME)]
)
def test_what_programs_show_as_a_title_is_read_as_what_it_is_the_title_of(name: str, source: Source) -> None:
    (text,) = read_headers([(name, "cpr 010190-1234")], "")
    assert (text.text, text.source) == ("cpr 010190-1234", source)


def test_subject_and_names_have_their_own_source() -> None:
    fields = [("subject", "Hej"), ("from", "Bo <b@x.example>"), ("to", "a@x.example"), ("subject", "Igen")]
    texts = [(t.text, t.where, t.source) for t in read_headers(fields, "")]
    assert texts == [
        ("Hej", "subject", Source.SUBJECT),
        ("Bo", "from", Source.NAME),
        ("Igen", "subject", Source.SUBJECT),
    ]


@given(
    st.text(st.characters(max_codepoint=255), max_size=120), st.text('=?utf-8qQbB_ \t"<>@,()', max_size=60)
)
def test_nothing_raises(noise: str, signs: str) -> None:
    for value in (noise, signs, signs + noise + signs):
        decode_header(value)
        display_names(value)


@given(st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), max_size=40))
def test_words_encoded_by_the_standard_library_come_back(words: str) -> None:
    text = f"æ{words}å"
    assert decode_header(Header(text, "utf-8", maxlinelen=40).encode(linesep="")).startswith(text)


@pytest.mark.slow
@pytest.mark.parametrize(
    "value",
    [
        "=?" * 60_000,
        "=?utf-8?q?" + " " * 200_000,
        "=?a?q?" * 30_000,
        "<" + "@" * 200_000,
        "cpr" * 60_000,
        "cpr" + "1" * 200_000,
        ("cpr" + "_" * 12) * 15_000,
        "aa-010190-" * 20_000,
        "a@" * 100_000,
        "!" * 200_000,
        "1234@b, " * 30_000,
        "<1234@" * 40_000,
        "1234@b ,," * 20_000,
    ],
    ids=[
        "openings",
        "blanks",
        "unclosed",
        "at signs",
        "labels",
        "digits",
        "lines",
        "ids",
        "addresses",
        "one atom",
        "addresses at one domain",
        "addresses in brackets",
        "commas",
    ],
)
def test_hostile_headers_cost_linear_time(value: str) -> None:
    start = time.process_time()
    decode_header(value)
    display_names(value)
    read_headers([("message-id", value), ("to", value)], "")
    assert time.process_time() - start < 2
