"""The figures of an evaluation, against counts made by hand."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segl.vocabulary import Decision, Label
from segl_classifier.evaluation.score import Count, Judgement, Score, score

HEALTH, FAMILY, CPR = Label.HEALTH, Label.FAMILY, Label.CPR


def judged(
    true: Iterable[Label],
    said: Iterable[Label],
    number: int = 0,
    value: float = 0.5,
    secured: bool | None = None,
) -> Judgement:
    said = frozenset(said)
    sent = bool(said) if secured is None else secured
    decision = Decision.SECURE if sent else Decision.PLAIN
    labels = frozenset(true)
    return Judgement(f"a-{number}", f"f:{number:03}", "", labels, bool(labels), said, decision, (), value)


FOUR = [
    judged([HEALTH], [HEALTH], 1),
    judged([HEALTH, FAMILY], [FAMILY], 2),
    judged([FAMILY], [], 3),
    judged([], [HEALTH], 4),
]


def test_counts_by_hand() -> None:
    result = score(FOUR)
    assert result.must.recall == pytest.approx(2 / 3)
    assert result.must.alarms == 1.0
    assert result.labels[HEALTH] == Count(found=1, missed=1, false=1, quiet=1)
    assert result.labels[FAMILY] == Count(found=1, missed=1, false=0, quiet=2)
    assert [result.labels[HEALTH].f1, result.labels[FAMILY].f1] == pytest.approx([0.5, 2 / 3])
    assert result.all_labels.f1 == pytest.approx(4 / 7)
    assert result.macro_f1 == pytest.approx((0.5 + 2 / 3) / 2), "only categories that occur"


def test_secured_for_another_reason_is_found_but_no_category_is() -> None:
    result = score([judged([HEALTH], [], secured=True)])
    assert (result.must.recall, result.labels[HEALTH].recall) == (1.0, 0.0)


def test_how_many_were_secured_only_because_they_could_not_be_read_is_told() -> None:
    unread = judged([], [], secured=True)
    told = [replace(unread, reasons=reasons) for reasons in (("unreadable.damaged",), ("unsure",))]
    assert score(told).unread == 1


def test_the_worst_come_first() -> None:
    wrong = [
        judged([HEALTH], [], 1, 0.3),
        judged([HEALTH], [], 2, 0.1),
        judged([], [HEALTH], 3, 0.6),
        judged([], [HEALTH], 4, 0.9),
    ]
    result = score(wrong)
    assert [j.id for j in result.worst_missed()] == ["a-2", "a-1"]
    assert [j.id for j in result.worst_false_alarms()] == ["a-4", "a-3"]


def test_what_went_as_it_must_for_other_categories_is_told_apart_the_most_astray_first() -> None:
    judgements = [
        judged([HEALTH], [FAMILY], 1),
        judged([HEALTH], [HEALTH], 2),
        judged([HEALTH], [], 3, secured=True),
        judged([HEALTH], [], 4),
        judged([], [FAMILY], 5),
    ]
    assert [j.kind.value for j in judgements] == [
        "other categories",
        "right",
        "other categories",
        "missed",
        "false alarm",
    ]
    first, second = score(judgements).worst_categories()
    assert (first.id, first.unseen, first.untrue) == ("a-1", frozenset({HEALTH}), frozenset({FAMILY}))
    assert (second.id, second.unseen, second.untrue) == ("a-3", frozenset({HEALTH}), frozenset())


def test_intervals_hold_the_figure_and_shrink_with_the_set() -> None:
    small, large = score(_shares(40, 30)), score(_shares(1000, 750))
    for result in (small, large):
        low, high = result.recall
        assert low < result.must.recall < high
    assert _width(small) > 3 * _width(large)
    # Of 1,000 with a share of 0.75 the normal interval is ± 1.96 · sqrt(0.75 · 0.25 / 1000) = ± 0.027.
    assert list(large.recall) == pytest.approx([0.723, 0.777], abs=0.006)


def test_equal_judgements_give_equal_intervals() -> None:
    assert score(_shares(200, 150)).as_dict() == score(_shares(200, 150)).as_dict()


def test_an_empty_set_has_figures_too() -> None:
    assert score([]).as_dict()["must_encrypt"]["recall"] == 0.0


@given(
    st.lists(
        st.builds(
            judged,
            st.lists(st.sampled_from([HEALTH, FAMILY, CPR])),
            st.lists(st.sampled_from([HEALTH, FAMILY, CPR])),
            st.integers(0, 99),
        ),
        max_size=12,
    )
)
def test_every_figure_is_a_share(judgements: list[Judgement]) -> None:
    result = score(judgements)
    figures = [result.must.recall, result.must.alarms, result.macro_f1, result.all_labels.f1]
    figures += [*result.recall, *result.alarms, *result.f1]
    assert all(0.0 <= figure <= 1.0 for figure in figures)
    assert result.must.n + result.must.false + result.must.quiet == len(judgements)


def _shares(n: int, found: int) -> list[Judgement]:
    return [judged([HEALTH], [HEALTH] if number < found else [], number) for number in range(n)]


def _width(result: Score) -> float:
    return result.recall[1] - result.recall[0]
