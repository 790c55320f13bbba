"""Numbers that a reader of the text sees whole although the text has something else: dressed up, broken, told."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus import growth
from corpus.numbers import found
from segl.vocabulary import Finding
from segl_classifier.cpr.spelling.level import level
from segl_classifier.cpr.spelling.shape import digits_in, shape_of


def told(shown: str) -> list[Finding]:
    return found(f"Hej Bo\n\nHendes CPR-nummer er: {shown} siger hun\n\nHilsen Ida")


@pytest.mark.parametrize(
    "shown",
    [
        "⓪⑦⓪⑦⑥①-④②⑧⑤",
        "⁰⁷⁰⁷⁶¹-⁴²⁸⁵",
        "070761-⁴²⁸⁵",
        "¹²¹²⁶¹-¹³¹³",
        "₀₇₀₇₆₁₋₄₂₈₅",
        "❼❼❼❼".replace("❼❼❼❼", "07❼761-4285").replace("❼", "0"),
        "\u3164".join("070761-4285"),
        "\u2800".join("070761-4285"),
        "\uffa0".join("0707614285"),
        "07x\x0807y\x0861-4285",
        "07\x1b[1m07\x1b[0m61-4285",
        "07**07**61-4285",
        "07<b>0761</b>-4285",
        '<span class="a">07</span><span class="a">0761-4285</span>',
        "0707 \n61-4285",
        "0707 \r\n> 61-4285",
        "070761-42 \r\n85",
        "\\u0030\\u0037\\u0030\\u0037\\u0036\\u0031\\u002d4285",
        "O7O761-4285",
        "07076l-4285",
        "o7o76I-4285",
        "07O76l 42B5",
        "O7O76142BS",
        "O7Q76I 4Z8S",
        "O7.07.6l - 4285",
        "\u202e5824-167070\u202c",
        "\u202e5824-167070",
        "&#0000000048;&#0000000055;0761-4285",
    ],
)
def test_written_otherwise_than_shown(shown: str) -> None:
    assert told(shown)


@pytest.mark.parametrize(
    "shown", ["O7O761-4285", "07<b>0761</b>-4285", "⓪⑦⓪⑦⑥①-④②⑧⑤", "\u202e5824-167070\u202c"]
)
def test_found_without_a_word_for_it_too(shown: str) -> None:
    assert found(f"Kan du se på {shown} i dag?")


@pytest.mark.parametrize(
    "shown",
    [
        "070761 og 4285",
        "070761 sidste fire 4285",
        "070761, sidste 4: 4285",
        "070761 efterfulgt af 4285",
        "070761 bindestreg 4285",
        "070761 x 4285",
        "07.07.61 og så 4285",
        "7. jul 61, 4285",
        "7. juli 1961-4285",
        "7. juli 1961 (4285)",
        "den 7. juli 1961, slutter på 4285",
        "July 1961 7".replace("July 1961 7", "7 July 1961, ending in 4285"),
        "7. Juli 1961 / 4285".replace("/", "–"),
        "0\n7\n0\n7\n6\n1\n4\n2\n8\n5\n",
        "\n0\t7\t0\t7\t6\t1\t4\t2\t8\t5\n",
        "\n0\t7\t0\t7\t6\t1\t-\t4\t2\t8\t5\n",
    ],
)
def test_taken_apart_under_its_name(shown: str) -> None:
    assert told(shown)


@pytest.mark.parametrize(
    "text",
    [
        "Født den 7. juli 1961, cpr slutter på 4285.",
        "Kan du se på 070761 bindestreg 4285 i dag?",
        "Ida Kjær, 7. juli 1961-4285",
        "Ida\n0\n7\n0\n7\n6\n1\n-\n4\n2\n8\n5\n",
        "Navn\tFødselsdato\tLøbenr.\nBo Hansen\t07.07.1961\t4285",
        "navn;fødselsdato;løbenr\nBo Hansen;070761;4285",
        "Navn | Født | Sidste fire\nBo Hansen | 07-07-1961 | 4285",
    ],
)
def test_taken_apart(text: str) -> None:
    assert found(text)


@pytest.mark.parametrize(
    "text",
    [
        "Rummet er 12 m², gangen 5 m² og loftet 070761 m².",
        "Mødet den 7. juli 2026, 1400 deltagere ventes",
        "Født 7. juli 1961, 4700 Næstved",
        "Navn: Ida, cpr mangler, født 7. juli 1961, 4700 Næstved",
        "Perioden 1. maj 2025-2026 er dækket",
        "Vi ses 07.07.26 og 4285 andre kommer også",
        "Uge 1-10: 0\t1\t0\t1\t6\t1\t4\t2\t8\t6",
        "antal\n0\n1\n0\n1\n6\n1\n4\n2\n8\n5\n3\n2",
        "NOTE-O7O761 er en kode, ligesom IOlI11-OOIl",
        "1**0**85 er et regnestykke",
        "Fakturaen er delt: beløb 0107 \n614285 kr.",
        "Vare 07O76l 42B5 er udgået, og cpr mangler",
        "Cpr OIOISO-I2OI er en kode",
    ],
)
def test_what_only_looks_so(text: str) -> None:
    assert not found(text)


@given(st.text(st.sampled_from("01278OlI|-*_<b/> \n\r\u202e\u202c\u3164⑦²\x1b[m\x08\\u0030é漢𝟎")))
def test_made_plain_a_text_keeps_its_length(text: str) -> None:
    plain = level(text)
    assert len(plain) == len(shape_of(text)) == len(shape_of(plain)) == len(text)


@given(st.text())
def test_the_shape_tells_digits_from_letters_and_signs(text: str) -> None:
    shape = shape_of(text)
    assert len(shape) == len(text)
    assert all(what == ord("0") for what, char in zip(shape, text, strict=True) if char.isdecimal())
    assert all(what != ord("a") for what, char in zip(shape, text, strict=True) if re.match(r"[\W_]", char))
    assert digits_in(shape) >= sum(char.isdecimal() for char in text)


def test_no_excerpt_shows_a_number_that_is_written_otherwise() -> None:
    for finding in (*told("⓪⑦⓪⑦⑥①-④②⑧⑤"), *told("\u202e5824-167070\u202c"), *told("O7O761-4285")):
        assert "4285" not in finding.excerpt
        assert "5824" not in finding.excerpt
        assert "④" not in finding.excerpt


def test_a_word_before_a_number_is_no_part_of_it() -> None:
    (finding,) = found("My CPR no. is 24.07.2006-9482, flat 5b")
    assert "is 24.07." in finding.excerpt


@pytest.mark.slow
@pytest.mark.parametrize(
    "unit", ["<b>", "1<b>1", "**1", "1 \n", "O7O761-4285 ", "\x1b[", "\u202e1", "⑦", "7. juli 61 ", "1234 og ", "0\n",
             "0\t", "\\u00", "x\x08", "010190 og "]
)  # fmt: skip
def test_time_grows_with_length_and_no_faster(unit: str) -> None:
    growth.of_many(unit, found)
