"""Tags before a subject: a sender's is known however it is written and whatever mail programs put before it; what only
we may write is taken out of what others wrote, and nothing else is."""

from __future__ import annotations

import time
from email.header import decode_header, make_header

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segl.subject_tags import encoded, leading_tags, without_tags

TAGS = ("[sikker]", "[ulæselig]", "")
ASKING = ("sikker:", "[sikker]")


@pytest.mark.parametrize(
    "subject",
    [
        "sikker: referat",
        "SIKKER:referat",
        "[Sikker] referat",
        "  sikker: referat",
        "Sikker : referat",
        "sikker\N{NO-BREAK SPACE}: referat",
        "[ sikker ] referat",
        "\N{FULLWIDTH LEFT SQUARE BRACKET}sikker\N{FULLWIDTH RIGHT SQUARE BRACKET} referat",
        "sikker\N{FULLWIDTH COLON} referat",
        "\N{ZERO WIDTH SPACE}sikker: referat",
        "\N{ZERO WIDTH NO-BREAK SPACE}sikker: referat",
        "\N{SOFT HYPHEN}sik\N{SOFT HYPHEN}ker: referat",
        "\N{LEFT-TO-RIGHT MARK}[sikker] referat",
        "sik ker: referat",
    ],
)
def test_a_senders_tag_is_known_however_it_is_written(subject: str) -> None:
    assert leading_tags(subject, ASKING)


@pytest.mark.parametrize(
    "before",
    [
        *(
            "Re:",
            "RE: ",
            "Sv:",
            "SV: ",
            "Svar: ",
            "Automatisk svar: ",
            "VS: ",
            "Videresendt: ",
            "FW: ",
            "Fwd: ",
        ),
        *("Fw:", "VB: ", "AW: ", "Antw: ", "WG: ", "TR : ", "RE : ", "Re[2]: ", "Re(3): ", "RE^4: "),
        *("[EKSTERN] ", "[EXTERNAL] ", "(External) ", "EKSTERN: ", "***EXTERNAL*** ", "[nordby-liste] "),
        *(
            "SV: VS: Fwd: VB: Fw: ",
            "[EKSTERN] Svar: [EXTERNAL] Videresendt: TR: ",
            "Re\N{FULLWIDTH COLON} " * 50,
        ),
        "\N{ZERO WIDTH SPACE}SV\N{NO-BREAK SPACE}: ",
    ],
)
@pytest.mark.parametrize("tag", ["sikker: ", "[Sikker]"])
def test_a_senders_tag_counts_behind_what_programs_put_before_a_subject(before: str, tag: str) -> None:
    assert leading_tags(f"{before}{tag}referat", ASKING)
    assert not leading_tags(f"{before}referat {tag}", ASKING)


@pytest.mark.parametrize(
    "subject",
    [
        "er det sikker: referat",
        "usikker: referat",
        "sikkerhed",
        "sikker",
        "Regarding sikker: x",
        "ikke-sikker: referat",
        "Referat [sikker]",
        "[EKSTERN]",
        "Re: ",
        "",
    ],
)
def test_other_subjects_ask_for_nothing(subject: str) -> None:
    assert not leading_tags(subject, ASKING)


def test_tags_that_are_one_to_a_reader_all_count() -> None:
    assert leading_tags("sikker: x", ("sikker:", "Sikker :", "[sikker]")) == {"sikker:", "Sikker :"}


def test_of_several_tags_in_a_row_all_count() -> None:
    assert leading_tags("SV: [fortrolig] sikker: x", ("sikker:", "[fortrolig]", "[andet]")) == {
        "sikker:",
        "[fortrolig]",
    }
    nested = ("sik", "sikker:", "fortrolig:")
    assert leading_tags("sikker: fortrolig: x", nested) == set(nested)
    assert leading_tags("x", ("", " ", "\N{ZERO WIDTH SPACE}")) == frozenset()


@pytest.mark.parametrize(
    ("subject", "left"),
    [
        ("[sikker] Opsigelse", "Opsigelse"),
        ("Re: [sikker] Opsigelse", "Re: Opsigelse"),
        ("[SIKKER]Opsigelse", "Opsigelse"),
        ("［ｓｉｋｋｅｒ］ hej", "hej"),
        ("[ s i k\tk e r ] hej", "hej"),
        ("[sik\u200bker\u2060] hej", "hej"),
        ("[sik\n ker] hej", "hej"),
        ("[sik[sikker]ker] hej", "hej"),
        ("[ulæselig] [ULÆSELIG] hej", "hej"),
        ("[sikker]", ""),
        ("sikker: hej", None),
        ("[sikke", None),
        ("Er [det] sikkert?", None),
        ("", None),
    ],
)
def test_a_tag_of_ours_is_taken_out_however_it_is_written(subject: str, left: str | None) -> None:
    assert without_tags(subject, TAGS) == left


def test_without_tags_in_use_nothing_is_looked_for() -> None:
    assert without_tags("[sikker] hej", ("", "")) is None


@pytest.mark.parametrize("subject", ["[sikker] " * 20_000, "[sikke" * 200_000, "=?" * 200_000, "[" * 200_000])
def test_long_subjects_cost_little(subject: str) -> None:
    begun = time.process_time()
    without_tags(subject, TAGS)
    assert time.process_time() - begun < 2


@pytest.mark.parametrize(
    "subject",
    [
        "Re: " * 250_000,
        "[x]" * 350_000,
        "[" * 1_000_000,
        "*" * 1_000_000,
        "re" * 500_000,
        "a\u0301\u0327" * 350_000,
    ],
)
def test_a_subject_of_a_megabyte_is_looked_at_in_no_time(subject: str) -> None:
    tags = ("sikker:", *(f"[{number}-mærke]" for number in range(2_000)))
    begun = time.process_time()
    assert not leading_tags(subject, tags)
    assert leading_tags("Sikker : " + subject, tags) == {"sikker:"}
    assert time.process_time() - begun < 2


def test_half_a_character_is_written_as_a_question_mark() -> None:
    assert encoded("S\ud800 og m\u00f8de") == encoded("S? og m\u00f8de")
    assert encoded("a\ud800") == "a?"


@settings(deadline=None)
@given(st.text(max_size=60), st.text(max_size=60))
def test_none_is_left_whatever_stands_around_it(before: str, after: str) -> None:
    left = without_tags(f"{before}[sikker]{after}", TAGS)
    assert left is not None
    assert without_tags(left, TAGS) is None


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=300))
def test_what_is_written_is_read_again(text: str) -> None:
    text = " ".join(text.split())
    written = encoded(text)
    assert all(line.isascii() and len(line) < 78 for line in written.split("\r\n")) or text.isascii()
    assert str(make_header(decode_header(written.replace("\r\n", "")))) == text or "=?" in text
