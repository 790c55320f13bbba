"""The record of a decision: what is written is read back, and nothing that could hold text is taken."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segl.decisions.reading import BadRecord, from_bytes, from_form
from segl.decisions.record import (
    FILE_TYPES,
    LONGEST,
    Best,
    DecisionRecord,
    Hit,
    Place,
    Said,
    lowering_step,
    place_of,
    rule_step,
)
from segl.vocabulary import Adjustment, Decision, Effect, Label, Mode
from segl_classifier.message import Source
from segl_classifier.understanding import lowering, passing

SCORES = st.floats(0, 1)
RULES = st.from_regex(re.compile(r"[a-z0-9][a-z0-9._-]{1,63}", re.ASCII), fullmatch=True)
PLACES = st.sampled_from([*(place.value for place in Place), "attachment.pdf", "attachment.docx"])
LABELS = st.sampled_from(Label)
NAMES = st.sampled_from(["weight", "near:person", "boost:person_or_home", "unless:general"])
STEPS = st.lists(st.builds(Adjustment, NAMES, st.floats(-5, 5)), max_size=5).map(tuple)
LOWERING = sorted({passing.LOWERED, *(rule.reason for rule in lowering.RULES)})
LOWERED = st.lists(st.builds(lowering_step, st.sampled_from(LOWERING), st.floats(-5, 0)), max_size=2)
HITS = st.builds(
    Hit,
    rule=RULES,
    label=st.none() | LABELS,
    effect=st.sampled_from(Effect),
    score=SCORES,
    place=PLACES,
    times=st.integers(1, 1000),
    weight=SCORES,
    steps=STEPS,
    match=st.sampled_from(["", "0f" * 8]),
)
SAID = st.builds(
    Said,
    any=SCORES,
    scores=st.dictionaries(LABELS, SCORES),
    complete=st.booleans(),
    windows=st.integers(0, 10_000),
    read=st.integers(0, 10_000),
    best=st.lists(
        st.builds(Best, st.none() | LABELS, PLACES, st.integers(1, 2), SCORES, LOWERED.map(tuple)), max_size=4
    ).map(tuple),
)
RECORDS = st.builds(
    DecisionRecord,
    id=st.from_regex(re.compile(r"([0-9a-f]{32}){1,2}"), fullmatch=True),
    at=st.floats(0, 4e9),
    domain=st.sampled_from(["", "nordby.example", "xn--r-3fa9c.dk"]),
    verdict=st.sampled_from(Decision),
    mode=st.sampled_from(Mode),
    labels=st.lists(LABELS, max_size=3).map(tuple),
    why=st.lists(RULES, max_size=3).map(tuple),
    queue_id=st.sampled_from(["", "4bX1Yz0Q2xz1"]),
    recipients=st.integers(0, 5000),
    size=st.integers(0, 10**9),
    ms=st.floats(0, 60_000),
    rules=st.sampled_from(["", "0123456789abcdef"]),
    model=st.sampled_from(["", "fedcba9876543210"]),
    numbers=st.integers(0, 50),
    cut=st.booleans(),
    chars=st.dictionaries(st.sampled_from([place.value for place in Place]), st.integers(0, 10**7)),
    hits=st.lists(HITS, max_size=4).map(tuple),
    said=st.none() | SAID,
)
PLAIN = DecisionRecord("0" * 32, 1000.5, "nordby.example", Decision.PLAIN)


@given(RECORDS)
def test_what_is_written_is_read_back_and_written_the_same(record: DecisionRecord) -> None:
    raw = record.to_bytes()
    assert from_bytes(raw) == record
    assert from_bytes(raw).to_bytes() == raw


@given(st.binary(max_size=200) | st.text().map(str.encode))
def test_anything_else_is_refused_and_nothing_worse(raw: bytes) -> None:
    with pytest.raises(BadRecord):
        from_bytes(raw)


def leaves(form: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if isinstance(form, dict):
        return [leaf for key in form for leaf in leaves(form[key], (*path, key))]
    if isinstance(form, list):
        return [leaf for key, item in enumerate(form) for leaf in leaves(item, (*path, key))]
    return [path]


FULL = DecisionRecord(
    "ab" * 32,
    1000.5,
    "nordby.example",
    Decision.SECURE,
    labels=(Label.HEALTH,),
    why=("health",),
    queue_id="4bX1Yz0Q2xz1",
    rules="01" * 8,
    model="23" * 8,
    chars={"body": 12},
    hits=(
        Hit(
            "health.disease",
            Label.HEALTH,
            Effect.RAISE,
            0.5,
            "attachment.pdf",
            steps=(Adjustment("near:person", 0.0),),
            match="45" * 8,
        ),
    ),
    said=Said(0.5, {Label.HEALTH: 0.5}, best=(Best(None, "body", 2, 0.5, (Adjustment("company", -1.0),)),)),
)


HOSTILE: list[Any] = ["Preben er sygemeldt", "010190-1234", "æ", "", "x" * 500, None, [], {}, -1, 1e300]


@pytest.mark.parametrize("path", leaves(FULL.as_dict()), ids=lambda path: ".".join(map(str, path)))
def test_no_field_takes_text_or_numbers_of_persons(path: tuple[Any, ...]) -> None:
    """Whatever is put in the place of any one value, what is kept has neither a sentence nor a whole CPR number."""
    for text in HOSTILE:
        form = json.loads(FULL.to_bytes())
        place: Any = form
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = text
        try:
            kept = from_form(form).to_bytes().decode()
        except BadRecord:
            continue
        assert "Preben" not in kept
        assert "010190-1234" not in kept


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[]",
        b"null",
        PLAIN.to_bytes()[:-1],
        PLAIN.to_bytes().replace(b'"v":1', b'"v":2'),
        PLAIN.to_bytes().replace(b'"at":1000.5', b'"at":NaN'),
        PLAIN.to_bytes().replace(b'"at":1000.5', b'"at":true'),
        PLAIN.to_bytes().replace(b'"hits":[]', b'"hits":' + b"[" * 5000),
        b'{"v":1}' + b" " * LONGEST,
    ],
)
def test_what_is_no_record(raw: bytes) -> None:
    with pytest.raises(BadRecord):
        from_bytes(raw)


HEX = "0f" * 16
BAD_IDS = [
    *(
        "",
        HEX[:31],
        HEX + "0",
        HEX * 2 + "0",
        HEX * 1000,
        HEX.upper(),
        HEX[:31] + "g",
        HEX[:31] + "\n",
        HEX + "\n",
    ),
    *(
        HEX[:31] + "\0",
        HEX[:31] + "\x1b",
        HEX[:31] + " ",
        "../" + HEX[:29],
        HEX[:31] + "'",
        HEX[:31] + "\u0665",
    ),
    *(HEX[:31] + "\ud800", HEX[:31] + "\u202e"),
]


@pytest.mark.parametrize("ident", BAD_IDS, ids=ascii)
def test_an_id_is_32_or_64_small_hex_digits(ident: str) -> None:
    with pytest.raises(BadRecord, match="id: is not of its form"):
        from_bytes(json.dumps({**PLAIN.as_dict(), "id": ident}).encode())


@pytest.mark.parametrize(
    "ident", ["a" * 33, "4bX1 z", "4bX1\n", "4bX1\0", "4bX1æ", "4bX1\u0665", "4bX1;--", "\x1b[31m"]
)
def test_a_queue_id_is_what_postfix_makes(ident: str) -> None:
    with pytest.raises(BadRecord, match="queue_id: is not of its form"):
        from_bytes(json.dumps({**PLAIN.as_dict(), "queue_id": ident}).encode())


@pytest.mark.parametrize(
    "raw",
    [
        PLAIN.to_bytes().replace(b'"id":"0', b'"id":"\xff'),
        PLAIN.to_bytes().replace(b'"id":"0', b'"id":"\x00'),
        PLAIN.to_bytes() + b"\x00",
        PLAIN.to_bytes() * 2,
        b"\xef\xbb\xbf" + PLAIN.to_bytes(),
        PLAIN.to_bytes().decode().encode("utf-16"),
        PLAIN.to_bytes().replace(b'"size":0', b'"size":' + b"9" * 5000),
        PLAIN.to_bytes().replace(b'"at":1000.5', b'"at":1e999'),
    ],
)
def test_hostile_bytes_are_no_record(raw: bytes) -> None:
    assert raw != PLAIN.to_bytes()
    with pytest.raises(BadRecord):
        from_bytes(raw)


def test_a_field_that_stands_twice_is_checked_as_the_one_that_counts() -> None:
    raw = PLAIN.to_bytes()
    with pytest.raises(BadRecord):
        from_bytes(raw.replace(b'"id":', b'"id":"Preben","id":"Hansen","ident":'))
    assert from_bytes(raw.replace(b'"id":', b'"id":"Preben","id":')) == PLAIN


@pytest.mark.parametrize(
    ("reason", "kept"),
    [
        ("weight of the rule", "weight"),
        ("boost: person “Preben Hansen”", "boost:person"),
        ("near: person_or_home “mo”r”", "near:person_or_home"),
        ("unless: general", "unless:general"),
        ("unless: Preben", None),
        ("modulus 11 holds", None),
        ("“sygemeldt”", None),
        ("", None),
    ],
)
def test_steps_keep_the_list_and_lose_the_word(reason: str, kept: str | None) -> None:
    step = rule_step(Adjustment(reason, 0.25))
    assert step == (Adjustment(kept, 0.25) if kept else None)


def test_places_are_those_of_the_classifier_and_types_are_known() -> None:
    assert {source.value for source in Source} <= {place.value for place in Place}
    assert place_of(Place.ATTACHMENT, "pdf") == "attachment.pdf"
    assert place_of(Place.ATTACHMENT, "preben") == "attachment"
    assert all(word.isalnum() and len(word) <= 7 for word in FILE_TYPES)
