"""Lists without a table: lines that begin with a name, below a caption."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from corpus import growth, lists
from segl_classifier.message import Source, Text
from segl_classifier.rules import shipped_rules


def found(text: str, subject: str = "Listen") -> set[str]:
    return lists.found(Text(subject, "subject", Source.SUBJECT), text)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("Langtidssyge:\n- Bo Hansen, 14 dage\n- Anna Lund, 9 dage", "column.work"),
        ("Sygemeldte\n• Bo Hansen – 14 dage\n• Anna Lund – 9 dage", "column.work"),
        ("Hej Per\n\nSygefravær uge 12\n\nBo Hansen 14\nAnna Lund 9\n\nHilsen Lis", "column.work"),
        ("Restancer pr. 1. maj\nJens Holm: 4.500\nOle Bang: 900", "column.overdue"),
        ("Rykkere:\n1. Jens Holm 4.500 kr.\n2. Ole Bang 900 kr.", "column.overdue"),
        ("Restancer:\nJens Holm (4.500 kr.)\nOle Bang (900 kr.)", "column.overdue"),
        ("Restancer:\nJens Holm\t4.500\nOle Bang\t900", "column.overdue"),
        ("Karakterer:\nAnna: 7\nBo: 10", "column.work"),
        ("Allergier:\nAnna, nødder\nBo, mælk", "column.health"),
        ("Gravide:\nAnna Lund, uge 12\nMette Krogh, uge 30", "column.health"),
        ("De syge i dag:\nAnna\nBo", "column.work"),
        ("Lejere med restance:\n- Anna Lund\n- Bo Hansen", "column.overdue"),
        ("Børn med allergi\n\nAnna, nødder\nBo, mælk", "column.health"),
        ("> Restancer:\n> Jens Holm, 4.500\n> Ole Bang, 900", "column.overdue"),
    ],
)
def test_lines_below_a_caption(text: str, rule: str) -> None:
    assert found(text) == {rule}


@pytest.mark.parametrize(
    "text",
    [
        "Møde om sygefravær:\nAnna Lund, HR\nBo Hansen, drift",
        "Udlæg:\nJens Holm: 4.500\nOle Bang: 900",
        "Dømt i weekenden:\n- Bo Hansen, 2 kampe\n- Ida Juhl, 1 kamp\n- Per Riis, 3 kampe",
        "Dømte kampe:\nBo Hansen 2\nIda Juhl 1",
        "Restancer:\nNord 400\nSyd 300\nVest 200",
        "Restancer:\nNordrør ApS, 400\nHolm A/S, 300",
        "Restancer:\nJens Holm, 4.500",
        "Restancer:\nMaj: 300\nJuni: 400\nAugust: 200",
        "Restancer sendes til os.\nJens Holm, 4.500\nOle Bang, 900",
        "Karakterer:\nEngelsk: 7\nDansk: 10\nFysik: 4",
        "Løn:\nAnna Lund 4711\nBo Hansen 4712",
        "Løn:\nAnna Lund, tlf. 12 34 56 78\nBo Hansen, tlf. 22 34 56 78",
        "Medicin:\n- Anna Lund, mandag\n- Bo Hansen, tirsdag",
        "Terapi:\nAnna Lund, kl. 10\nBo Hansen, kl. 11",
        "Sygefravær – kontakt:\nAnna Lund, HR\nBo Hansen, drift",
        "Sygemeldte:\nLager: 3\nKontor: 4",
        "Restancer\nAnna Lund\nBo Hansen",
    ],
)
def test_lines_that_say_something_else(text: str) -> None:
    assert found(text) == set()


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("Restanceliste", "Hej Per\n\nJens Holm 4.500 kr.\nOle Bang 900 kr.\n\nHilsen Lis"),
        ("Restanceliste", "Jens Holm;Elmevej 4;4.500\nOle Bang;Elmevej 6;900"),
        ("Restanceliste", "Jens Holm\t4.500\nOle Bang\t900\nAnna Lund\t300"),
        ("Dårlige betalere", "Hej Per\n\nJens Holm, Elmevej 4\nOle Bang, Elmevej 6\n\nHilsen Lis"),
    ],
)
def test_lines_below_a_subject(subject: str, text: str) -> None:
    assert found(text) == set()
    assert found(text, subject) == {"column.overdue"}


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("Restancer", "Hej Per\n\nTak for sidst.\n\nVenlig hilsen\n\nAnna Lund\nBo Hansen\nTlf. 12 34 56 78"),
        (
            "Sygemeldte",
            "Kære Anna\nKære Bo\n\nSe vedlagte.\n\nMed venlig hilsen\n\nAnna Lund\nNordby Kommune",
        ),
        ("Sygemeldte", "Hej Bo\n\nMvh\nAnna Lund\nBo Hansen"),
        ("Sygefravær", "Deltagere:\nAnna Lund, 3\nBo Hansen, 4"),
        ("Sygefravær", "Arbejdsgruppen:\nAnna Lund, HR\nBo Hansen, drift"),
        ("Løn", "Navn;Kontor\nAnna Lund;214\nBo Hansen;311"),
        ("Gentest", "Navn;Køn;Født;PRA\nAlma;tæve;14.02;ukendt\nAslan;han;14.02;fri"),
        ("Sygefravær", "Anna Lund, HR\nBo Hansen, drift\nCarl Toft, TR"),
    ],
)
def test_a_subject_says_nothing_of_other_lines(subject: str, text: str) -> None:
    assert found(text, subject) == set()


def test_the_finding_shows_the_caption() -> None:
    text = "Hej\n\nLangtidssyge:\n- Bo Hansen, 14 dage\n- Anna Lund, 9 dage"
    (finding,) = (
        f for f in shipped_rules().find([Text(text, "part 1", Source.BODY)]) if f.rule == "column.work"
    )
    assert "Langtidssyge:" in finding.excerpt


@pytest.mark.slow
@pytest.mark.parametrize(
    "large",
    [
        pytest.param(lambda n: "Sygemeldte\nX Y\nZ Q\n" * n, id="lists"),
        pytest.param(lambda n: "Sygemeldte\n" * n, id="captions"),
        pytest.param(lambda n: "Sygemeldte\n" + "X Aps, 3\n" * n, id="lines"),
        pytest.param(
            lambda n: "Restancer:\nBo " + "Bo " * n + "\nBo, " + "1 " * n + "\nBo" + " " * n + "x", id="long"
        ),
        pytest.param(lambda n: "Restancer:\n" + "- * " * n, id="marks"),
    ],
)
def test_large_lists_take_no_time_without_end(large: Callable[[int], str]) -> None:
    growth.in_proportion(large, lambda text: found(text, "Restancer"))


@pytest.mark.parametrize("caption", ["Sygefravær", "Advarsler:", "Diagnoser:"])
@pytest.mark.parametrize("said", ["leder", "12 min.", "psykolog"])
def test_what_somebody_does_hides_nobody_beside_it(caption: str, said: str) -> None:
    assert found(f"{caption}\n- Bo Hansen, {said}\n- Anna Lund, stress")
    assert not found(f"{caption}\n- Bo Hansen, {said}\n- Anna Lund, {said}")
