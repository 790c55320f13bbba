"""A verdict after the policies: what raises it, what alone may lower it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segl.policy.table import Message, PolicyTable
from segl.policy.verdict import counting, decided, in_the_way, ruled
from segl.settings.policy import Policy
from segl.vocabulary import Decision, Doubt, Finding, Label, Verdict

UNREAD = Finding("unreadable.encrypted", None, "part 1")
READ = Finding("billing.amount", Label.BILLING, "body")


def policy(name: str = "p", **facts: Any) -> Policy:
    return Policy(name=name, **facts)


def plain(*lowers: Label | Doubt, **facts: Any) -> Policy:
    return policy("klar", verdict=Decision.PLAIN, lowers=lowers, recipient=("x.example",), **facts)


def secure(*labels: Label, reasons: tuple[str, ...] | None = None, **facts: Any) -> Verdict:
    told = tuple(label.value for label in labels) if reasons is None else reasons
    return Verdict(Decision.SECURE, labels=labels, reasons=told, **facts)


BILL = plain(Label.BILLING)


@pytest.mark.parametrize(
    ("verdict", "entry", "outcome"),
    [
        (secure(Label.BILLING), BILL, Decision.PLAIN),
        (secure(Label.BILLING, reasons=("billing", "veto.house")), BILL, Decision.PLAIN),
        (secure(Label.BILLING, Label.CPR), BILL, Decision.SECURE),
        (secure(Label.CPR), BILL, Decision.SECURE),
        (secure(Label.CPR), plain(Label.CPR), Decision.PLAIN),  # said in so many words
        (secure(Label.BILLING, reasons=("billing", "unreadable.encrypted")), BILL, Decision.SECURE),
        (secure(Label.BILLING, findings=(UNREAD,)), BILL, Decision.SECURE),
        (secure(Label.BILLING, reasons=("requested", "billing")), BILL, Decision.SECURE),
        (secure(Label.BILLING, reasons=("answers_sealed", "billing")), BILL, Decision.SECURE),
        (secure(Label.BILLING, reasons=("always", "billing")), BILL, Decision.SECURE),
        (secure(Label.BILLING, doubtful=(Label.HEALTH,)), BILL, Decision.SECURE),
        (secure(Label.BILLING, doubtful=(Label.HEALTH,)), plain(Label.BILLING, Doubt.UNSURE), Decision.PLAIN),
        (secure(Label.BILLING, doubtful=(Label.HEALTH,)), plain(Label.BILLING, Label.HEALTH), Decision.PLAIN),
        (secure(Label.BILLING, findings=(READ,)), BILL, Decision.PLAIN),
        (secure(reasons=("personal",)), BILL, Decision.SECURE),
        (secure(reasons=("personal",)), plain(Doubt.PERSONAL), Decision.PLAIN),
        (secure(reasons=("unsure",), doubtful=(Label.HEALTH,)), plain(Doubt.UNSURE), Decision.PLAIN),
        (secure(reasons=()), plain(*Label, *Doubt), Decision.SECURE),
        (Verdict(Decision.HOLD, labels=(Label.BILLING,), reasons=("billing",)), BILL, Decision.HOLD),
        (Verdict(Decision.REJECT, labels=(Label.BILLING,), reasons=("billing",)), BILL, Decision.REJECT),
        (Verdict(Decision.PLAIN), BILL, Decision.PLAIN),
        (Verdict(Decision.PLAIN), policy(verdict=Decision.HOLD), Decision.HOLD),
        (Verdict(Decision.HOLD), policy(verdict=Decision.SECURE), Decision.HOLD),
        (Verdict(Decision.SECURE), None, Decision.SECURE),
        (Verdict(Decision.SECURE), policy(least="dane"), Decision.SECURE),
    ],
)
def test_one_entry_and_one_recipient(verdict: Verdict, entry: Policy | None, outcome: Decision) -> None:
    assert decided(verdict, entry) is outcome
    if entry is not None and entry.verdict is Decision.PLAIN and outcome is not Decision.PLAIN:
        assert in_the_way(verdict, entry), "why it does not lower is told"


HOLD, REJECT = policy("hold", verdict=Decision.HOLD), policy("nej", verdict=Decision.REJECT)


@pytest.mark.parametrize(
    ("verdict", "entries", "decision", "reasons"),
    [
        (secure(Label.BILLING), [BILL], "plain", ("billing", "lowered.klar")),
        (secure(Label.BILLING), [BILL, BILL], "plain", ("billing", "lowered.klar")),
        (secure(Label.BILLING), [BILL, None], "secure", ("billing",)),  # one recipient is enough
        (secure(Label.BILLING), [BILL, HOLD], "hold", ("policy.hold", "billing")),
        (
            secure(Label.BILLING),
            [policy(verdict=Decision.SECURE)],
            "secure",
            ("billing",),
        ),  # nothing is changed
        (Verdict(Decision.PLAIN), [None, REJECT, HOLD], "reject", ("policy.nej",)),
        (Verdict(Decision.PLAIN), [], "plain", ()),
        (secure(Label.BILLING), [], "secure", ("billing",)),
    ],
)
def test_a_message_has_the_strictest_verdict_of_its_recipients(
    verdict: Verdict, entries: list[Policy | None], decision: str, reasons: tuple[str, ...]
) -> None:
    found = ruled(verdict, entries)
    assert (found.verdict.decision, found.verdict.reasons) == (decision, reasons)
    assert found.lowered is any(reason.startswith("lowered.") for reason in reasons)
    assert set(found.by) == {one.partition(".")[2] for one in reasons if "." in one}


def test_an_entry_that_does_not_lower_gives_way_to_the_next() -> None:
    table = PolicyTable((BILL, policy("straf", labels=(Label.CRIMINAL,), verdict=Decision.HOLD)))
    for labels, name in (((Label.BILLING,), "klar"), ((Label.CRIMINAL,), "straf"), ((Label.HEALTH,), "")):
        verdict = secure(*labels)
        about = table.about(
            Message(sender="a@b.example", labels=labels, cpr_numbers=0, scores={}, size=1, tags=())
        )
        entry = counting(about, "bo@x.example", verdict)
        assert (entry.name if entry else "") == name
    nothing = table.about(Message(sender="a@b.example"))
    assert counting(nothing, "bo@x.example", Verdict(Decision.PLAIN)) is BILL, (
        "where there is nothing to lower it counts"
    )


FEW = (Label.BILLING, Label.HEALTH, Label.CPR)


@given(
    st.sets(st.sampled_from(FEW), min_size=1, max_size=2),
    st.one_of(
        *[st.just("")] * 3,
        st.sampled_from(
            ["unreadable.damaged", "requested", "always", "answers_sealed", "unsure", "personal"]
        ),
    ),
    st.lists(
        st.one_of(
            st.none(),
            st.builds(lambda decision: policy(verdict=decision), st.sampled_from(list(Decision)[1:])),
            st.builds(lambda lowers: plain(*lowers), st.lists(st.sampled_from(FEW), max_size=3)),
            *[st.just(plain(*FEW))] * 3,  # without such weights nearly nothing would be lowered
        ),
        max_size=2,
    ),
)
def test_it_is_lowered_where_each_has_the_word_for_all_of_it_and_nowhere_else(
    labels: set[Label], more: str, entries: list[Policy | None]
) -> None:
    reasons = (*(label.value for label in labels), *([more] if more else []))
    found = ruled(secure(*labels, reasons=reasons), entries)
    may = [
        entry is not None and entry.verdict is Decision.PLAIN and labels <= set(entry.lowers)
        for entry in entries
    ]
    assert (found.verdict.decision is Decision.PLAIN) is bool(not more and may and all(may))
