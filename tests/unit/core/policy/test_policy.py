"""Which policy entries hold for a message, and what they say."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segl.policy.table import Level, Message, PolicyTable, Term
from segl.settings.document import Settings
from segl.settings.file import parse_settings
from segl.settings.policy import Policy
from segl.vocabulary import Decision, Label, Proof, Way

ANNA, BO = "anna@skole.example", "bo@kommune.example"
HOUSES: dict[str, Any] = {
    "organisation": {"name": "Nordby", "domains": ["nordby.example"]},
    "tenant": [{"name": "Skolen", "domains": ["skole.example"]}],
}


def settings(*policies: dict[str, Any], **tables: Any) -> Settings:
    named = [{"name": f"p{number}", **one} for number, one in enumerate(policies, 1)]
    return parse_settings({**HOUSES, "policy": named, **tables})


def message(sender: str | None = ANNA, **known: Any) -> Message:
    facts: dict[str, Any] = {"labels": (), "cpr_numbers": 0, "scores": {}, "size": 1000, "tags": ()}
    return Message(sender=sender, **{**facts, **known})


def name_of(entry: Policy | None) -> str:
    return entry.name if entry else ""


HOLD = {"verdict": "hold"}


@pytest.mark.parametrize(
    ("conditions", "sender", "recipient", "known", "holds"),
    [
        ({}, ANNA, BO, {}, True),
        ({"sender": ["skole.example"]}, ANNA, BO, {}, True),
        ({"sender": ["skole.example"]}, "<Anna@SKOLE.example.>", BO, {}, True),
        ({"sender": ["skole.example"]}, "anna@post.skole.example", BO, {}, False),
        ({"sender": [".skole.example"]}, "anna@post.skole.example", BO, {}, True),
        ({"sender": [".skole.example"]}, ANNA, BO, {}, False),
        ({"sender": ["ANNA@skole.example"]}, ANNA, BO, {}, True),
        ({"sender": ["anna@skole.example"]}, "anne@skole.example", BO, {}, False),
        ({"sender": ["skole.example"]}, "", BO, {}, False),  # the null sender is nobody
        ({"sender": ["group:ledelse"]}, ANNA, BO, {}, True),
        ({"sender": ["group:ledelse"]}, "x@skole.example", BO, {}, False),
        ({"sender": ["x.example", "skole.example"]}, ANNA, BO, {}, True),
        ({"organisation": "Skolen"}, ANNA, BO, {}, True),
        ({"organisation": "Nordby"}, ANNA, BO, {}, False),
        ({"organisation": "Nordby"}, "x@elsewhere.example", BO, {}, False),
        ({"recipient": ["kommune.example"]}, ANNA, BO, {}, True),
        ({"recipient": ["kommune.example"]}, ANNA, "bo@xkommune.example", {}, False),
        ({"recipient": ["kommune.example"]}, ANNA, "uden-domæne", {}, False),
        ({"recipient": ["bo@kommune.example"]}, ANNA, BO, {}, True),
        ({"recipient": ["ærø.example"]}, ANNA, "a@ÆRØ.example", {}, True),
        ({"labels": ["health", "cpr"]}, ANNA, BO, {"labels": (Label.CPR,)}, True),
        ({"labels": ["health"]}, ANNA, BO, {"labels": (Label.CPR,)}, False),
        ({"labels": ["health"]}, ANNA, BO, {}, False),
        ({"cpr_numbers": 2}, ANNA, BO, {"cpr_numbers": 2}, True),
        ({"cpr_numbers": 2}, ANNA, BO, {"cpr_numbers": 1}, False),
        ({"scores": {"health": 0.8}}, ANNA, BO, {"scores": {Label.HEALTH: 0.8}}, True),
        ({"scores": {"health": 0.8}}, ANNA, BO, {"scores": {Label.HEALTH: 0.79, Label.CPR: 1.0}}, False),
        ({"scores": {"health": 0.8, "family": 0.8}}, ANNA, BO, {"scores": {Label.FAMILY: 0.8}}, True),
        ({"min_bytes": 1000}, ANNA, BO, {}, True),
        ({"min_bytes": 1001}, ANNA, BO, {}, False),
        ({"max_bytes": 1000}, ANNA, BO, {}, True),
        ({"max_bytes": 999}, ANNA, BO, {}, False),
        ({"tags": ["[Fortroligt]"]}, ANNA, BO, {"tags": {"fortroligt"}}, True),
        ({"tags": ["fortroligt:"]}, ANNA, BO, {"tags": {"sikker"}}, False),
        ({"sender": ["skole.example"], "labels": ["cpr"]}, ANNA, BO, {}, False),  # all must hold
    ],
)
def test_when_an_entry_holds(
    conditions: dict[str, Any], sender: str, recipient: str, known: dict[str, Any], holds: bool
) -> None:
    loaded = settings({**conditions, **HOLD}, group=[{"name": "ledelse", "members": ["anna@skole.example"]}])
    terms = loaded.policies.about(message(sender, **known)).terms(recipient)
    assert (terms.verdict is not None) is holds
    assert not terms.perhaps, "everything is known"


@pytest.mark.parametrize(
    ("conditions", "known"),
    [
        ({"labels": ["cpr"]}, {"labels": None}),
        ({"cpr_numbers": 1}, {"cpr_numbers": None}),
        ({"scores": {"health": 0.5}}, {"scores": None}),
        ({"min_bytes": 5}, {"size": None}),
        ({"tags": ["fortroligt"]}, {"tags": None}),
        ({"sender": ["skole.example"]}, {"sender": None}),
        ({"organisation": "Skolen"}, {"sender": None}),
    ],
)
def test_what_is_not_known_is_perhaps(conditions: dict[str, Any], known: dict[str, Any]) -> None:
    table = settings({**conditions, **HOLD}, {"verdict": "secure"}).policies
    terms = table.about(message(**known)).terms(BO)
    assert name_of(terms.verdict) == "p2"
    assert [entry.name for entry in terms.perhaps[Term.VERDICT]] == ["p1"]
    unknown = settings({"recipient": ["kommune.example"], **HOLD}).policies.about(message()).terms(None)
    assert (unknown.verdict, [one.name for one in unknown.perhaps[Term.VERDICT]]) == (None, ["p1"])


def test_the_narrower_goes_before_and_inherits_what_it_does_not_say() -> None:
    table = settings(
        {"recipient": ["kommune.example"], "verdict": "hold", "least": "dane"},
        {"organisation": "Skolen", "verdict": "secure", "receipts": None},
        {"sender": ["skole.example"], "receipts": "daily"},
        {"sender": ["anna@skole.example"], "receipts": "all"},
        {"recipient": ["kommune.example"], "order": ["certificate", "portal"]},
    ).policies
    assert [(one.name, level) for one, level in zip(table.entries, table.levels, strict=True)] == [
        ("p4", Level.ADDRESS),
        ("p2", Level.ORGANISATION),
        ("p3", Level.ORGANISATION),
        ("p1", Level.INSTALLATION),
        ("p5", Level.INSTALLATION),
    ]
    terms = table.about(message()).terms(BO)
    assert {term: name_of(terms.of(term)) for term in Term} == {
        Term.VERDICT: "p2",
        Term.LEAST: "p1",
        Term.ORDER: "p5",
        Term.RECEIPTS: "p4",
        Term.LOOK: "",
    }
    other = table.about(message("x@nordby.example")).terms(BO)
    assert [name_of(other.verdict), name_of(other.receipts)] == ["p1", ""]


def test_of_demands_the_strictest_counts_and_those_about_the_recipient_are_not_the_messages() -> None:
    table = settings(
        {"sender": ["skole.example"], "least": "pinned"},
        {"labels": ["health"], "least": "mta-sts"},
        {"recipient": ["kommune.example"], "least": "dane"},
        {"recipient": ["kommune.example"], "labels": ["health"], "least": "sealed"},
    ).policies
    plain, ill = table.about(message()), table.about(message(labels=(Label.HEALTH,)))
    assert name_of(plain.terms(BO).least) == "p3"
    assert name_of(ill.terms(BO).least) == "p4"
    assert name_of(ill.terms("x@y.example").least) == "p2"
    assert name_of(plain.message_least([BO])) == "p1"
    assert name_of(ill.message_least(["x@y.example"])) == "p2"
    assert name_of(ill.message_least(["x@y.example", BO])) == "p4", "one recipient asks for all"
    unread = table.about(message(labels=None)).terms(BO)
    assert [one.name for one in unread.perhaps[Term.LEAST]] == ["p4"], (
        "what is weaker than dane changes nothing"
    )
    known_to_the_map = table.about(Message())
    assert name_of(known_to_the_map.terms(BO).least) == "p3"
    assert known_to_the_map.terms("x@y.example").least is None


PARTIES = st.lists(st.sampled_from(["a.example", ".a.example", "x@a.example", "b.example"]), max_size=2)
ENTRY = st.fixed_dictionaries(
    {"sender": PARTIES, "recipient": PARTIES},
    optional={
        "labels": st.lists(st.sampled_from(["cpr", "health"]), min_size=1, max_size=2, unique=True),
        "cpr_numbers": st.integers(1, 3),
        "min_bytes": st.integers(0, 10),
        "verdict": st.sampled_from(["secure", "hold", "reject"]),
    },
)
ADDRESSES = st.sampled_from(
    ["x@a.example", "y@a.example", "x@in.a.example", "x@b.example", "x@c.example", ""]
)
KNOWN = st.builds(
    Message,
    sender=ADDRESSES,
    labels=st.sampled_from([(), (Label.CPR,), (Label.HEALTH, Label.CPR)]),
    cpr_numbers=st.integers(0, 3),
    scores=st.just({}),
    size=st.integers(0, 10),
    tags=st.just(()),
)


def built(entries: list[dict[str, Any]]) -> tuple[Policy, ...]:
    """As read from a file, but for what each says."""
    return tuple(
        Policy(
            name=f"p{number}",
            sender=tuple(entry["sender"]),
            recipient=tuple(entry["recipient"]),
            labels=tuple(Label(one) for one in entry.get("labels", ())),
            cpr_numbers=entry.get("cpr_numbers"),
            min_bytes=entry.get("min_bytes"),
            verdict=Decision(entry.get("verdict", "secure")),
        )
        for number, entry in enumerate(entries)
    )


def party_holds(parties: tuple[str, ...], address: str) -> bool:
    domain = address.partition("@")[2]
    return not parties or any(
        domain.endswith(one) if one.startswith(".") else one in (address, domain) for one in parties
    )


def slowly(entry: Policy, known: Message, recipient: str) -> bool:
    """The meaning of an entry, as plainly as it can be written."""
    assert known.labels is not None
    assert known.cpr_numbers is not None
    assert known.size is not None
    return (
        party_holds(entry.sender, known.sender or "")
        and party_holds(entry.recipient, recipient)
        and (not entry.labels or any(label in known.labels for label in entry.labels))
        and known.cpr_numbers >= (entry.cpr_numbers or 0)
        and known.size >= (entry.min_bytes or 0)
    )


@given(st.lists(ENTRY, max_size=8), KNOWN, ADDRESSES)
def test_the_first_that_holds_wins(entries: list[dict[str, Any]], known: Message, recipient: str) -> None:
    table = PolicyTable(built(entries))
    first = next((entry for entry in table.entries if slowly(entry, known, recipient)), None)
    assert table.about(known).terms(recipient).verdict is first


@given(st.lists(ENTRY, max_size=6), ENTRY, KNOWN, ADDRESSES)
def test_an_entry_at_the_end_changes_no_match_of_its_level_or_a_narrower_one(
    entries: list[dict[str, Any]], last: dict[str, Any], known: Message, recipient: str
) -> None:
    before, after = PolicyTable(built(entries)), PolicyTable(built([*entries, last]))
    was = before.about(known).terms(recipient).verdict
    if was is None:
        return
    level = list(Level).index(before.levels[before.entries.index(was)])
    added = next(n for n, one in enumerate(after.entries) if one.name == f"p{len(entries)}")
    if list(Level).index(after.levels[added]) >= level:
        assert name_of(after.about(known).terms(recipient).verdict) == was.name


@given(
    st.lists(ENTRY, max_size=6), KNOWN, ADDRESSES, st.sets(st.sampled_from(["labels", "cpr_numbers", "size"]))
)
def test_what_is_not_known_is_never_taken_for_a_yes_or_a_no(
    entries: list[dict[str, Any]], known: Message, recipient: str, hidden: set[str]
) -> None:
    """Whatever the unknown turns out to be: what is sure stays, and what wins then was told of before."""
    from dataclasses import replace

    table = PolicyTable(built(entries))
    less = table.about(replace(known, **dict.fromkeys(hidden))).terms(recipient)
    full = table.about(known).terms(recipient).verdict
    assert full in (less.verdict, *less.perhaps.get(Term.VERDICT, ()))


@given(st.lists(st.tuples(PARTIES, st.sampled_from(list(Proof)[1:])), max_size=6), ADDRESSES, ADDRESSES)
def test_one_more_entry_never_makes_the_least_weaker(
    entries: list[tuple[list[str], Proof]], sender: str, recipient: str
) -> None:
    every = [Policy(name=f"p{n}", sender=tuple(who), least=least) for n, (who, least) in enumerate(entries)]
    ranks = []
    for number in range(len(every) + 1):
        found = PolicyTable(every[:number]).about(message(sender)).terms(recipient).least
        ranks.append(found.least.rank if found and found.least else -1)
    assert ranks == sorted(ranks)


def test_order_and_least_are_what_was_written() -> None:
    [entry] = settings({"recipient": ["x.dk"], "order": ["tls", "portal"], "least": "dane"}).policies.entries
    assert (entry.order, entry.least) == ((Way.TLS, Way.PORTAL), Proof.DANE)
