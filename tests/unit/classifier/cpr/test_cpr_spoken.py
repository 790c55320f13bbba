"""Numbers in words, as somebody says them on the telephone or to a program that writes what is said."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus import growth
from corpus.numbers import found
from segl_classifier.cpr.hidden import hidden
from segl_classifier.cpr.spelling.number_words import BELOW_HUNDRED
from segl_classifier.cpr.spelling.spoken import in_figures
from segl_classifier.message import Source, Text

SPOKEN = (
    "Hans cpr er nul syv nul syv enogtres, toogfyrre femogfirs.",
    "Diktat: cpr-nummer nul syv nul syv seks en fire to otte fem, ny linje",
    "Personnummer: nul, syv, nul, syv, seks, et, fire, to, otte, fem.",
    "CPR-nr.: nul-syv-nul-syv-seks-en fire-to-otte-fem",
    "Cpr nul syv\nnul syv\n> enogtres bindestreg toogfyrre femogfirs",
    "CPR: Nul Syv Nul Syv Enogtres – Toogfyrre Femogfirs",
    "Mit cpr er 07 07 61 toogfyrre femogfirs",
    "Taler 1: cpr?\nTaler 2: nul syv nul syv enogtres toogfyrre femogfirs",
    "Cpr 070761 bindestreg fire to otte fem",
    "cpr nul syv nul syv seks en 4285",
    "Født nul syv nul syv enogtres, de sidste fire cifre er fire to otte fem",
    "Født 7. juli 1961, de sidste fire er toogfyrre femogfirs",
    "Født den syvende i syvende en og tres, sidste fire to og fyrre, fem og firs",
    "Cpr-nummeret: syvende juli nitten enogtres, og så toogfyrre femogfirs",
    "cpr nul syv nul syv nitten hundrede enogtres toogfyrre hundrede femogfirs",
    "Født nul syv nul syv enogtres, sidste fire: fire tusinde to hundrede og femogfirs",
    "My CPR number is zero seven zero seven sixty-one, four two eight five.",
    "Personnummeret er null sju null sju sekstien, førtito åttifem",
    "Danskt personnummer: noll sju noll sju sextioett, fyrtiotvå åttiofem",
    "Die dänische CPR-Nummer ist null sieben null sieben einundsechzig, zweiundvierzig fünfundachtzig",
    "Hans cpr er nul syv nul syv enogtres, toogfyrre femogfirs. En god dag til jer.",
    "Hendes cpr er nul syv nul syv enogtres\ntoogfyrre femogfirs, en kvinde i Ry.",
    "Fire har sendt cpr: to nul syv nul syv enogtres toogfyrre femogfirs",
    "Her cpr number is zero seven zero seven nineteen sixty-one, forty-two eighty-five to be used.",
    "Cpr:\n10. nul syv nul syv enogtres toogfyrre femogfirs",
    "Født nul syv nul syv enogtres. En af os spørger, sidste fire er toogfyrre femogfirs, en tirsdag",
)


@pytest.mark.parametrize("text", SPOKEN)
def test_a_number_in_words_is_found(text: str) -> None:
    (finding,) = found(text)
    for shown in (finding.excerpt, hidden(Text(text, "body", Source.BODY))):
        assert not {"firs", "femogfirs", "fem", "five", "fünfundachtzig", "åttiofem", "4285"} & set(
            shown.split()
        )


@pytest.mark.parametrize(
    "text",
    [
        "Han ringede fra nul syv nul syv enogtres, toogfyrre femogfirs.",  # nothing says what it is
        "Cpr-registret holder åbent fra otte tredive til tolv tredive.",
        "Cpr-udvalget: fra et til ti er det et to tre fire fem seks syv otte ni ti.",
        "Cpr står i journalen. Ring på tyve tolv fireogtredive seksoghalvtreds.",
        "Husk cpr. Koden til døren er ni ni otte syv seks fem fire tre to en.",
        "Der var én fra cpr, to fra skat og tre fra os, i alt seks ud af syv.",
        "Kundenr. nul syv nul syv enogtres toogfyrre femogfirs, cpr har vi ikke",
    ],
)
def test_other_numbers_in_words_are_none(text: str) -> None:
    assert not found(text)


def test_each_of_several_numbers_in_words_is_found() -> None:
    one, other = "nul syv nul syv enogtres toogfyrre femogfirs", "nul otte nul ni halvfjerds elleve toogtyve"
    for between in ("\n", " og ", ", en, ", ". To: "):
        text = f"Deres cpr: {one}{between}{other}."
        assert in_figures(text).replace("\u200b", "") == f"Deres cpr: 0707614285{between}0809701122."


@given(
    st.lists(
        st.sampled_from([*BELOW_HUNDRED, " ", ", ", "og", "hundrede", "tusind", "juli", "07", "cpr ", "漢"])
    )
)
def test_in_figures_a_text_keeps_its_length(words: list[str]) -> None:
    text = " ".join(words)
    assert len(in_figures(text)) == len(text)


@pytest.mark.slow
@pytest.mark.parametrize(
    "unit",
    [
        "cpr nul syv ",
        "cpr et to tre fire fem seks ",
        "cpr en og ",
        "cpr to hundrede ",
        "cpr\n" + 99 * "to nul ",
    ],
)
def test_time_grows_with_length_and_no_faster(unit: str) -> None:
    growth.of_many(unit, found)
