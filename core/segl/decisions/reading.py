"""Reads records of decisions, and takes nothing that could hold text.

A record comes by a socket into which others than segl-milter might write; what gets past here is kept.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, Final, TypeVar

from segl.decisions.record import (
    FILE_TYPES,
    LONGEST,
    MOST_HITS,
    MOST_WORDS,
    VERSION,
    Best,
    DecisionRecord,
    Hit,
    Place,
    Said,
    place_of,
)
from segl.vocabulary import Adjustment, Decision, Effect, Label, Mode

_ID = re.compile(r"[0-9a-f]{32}(?:[0-9a-f]{32})?")
_QUEUE_ID = re.compile(r"[0-9A-Za-z]{0,32}")
_DOMAIN = re.compile(r"(?!.*\d{6}-?\d{4})[a-z0-9._-]{0,253}")
_RULE = re.compile(r"(?!.*\d{6}-?\d{4})[a-z0-9][a-z0-9._-]{0,79}")
_DIGEST = re.compile(r"[0-9a-f]{0,16}")
_STEP = re.compile(r"weight|few-words|(?:near|boost|unless):(?!.*\d{6}-?\d{4})[a-z0-9_-]{1,64}")
_LOWERING = re.compile(r"[a-z]{2,20}(?:-[a-z]{2,20}){0,2}")
_PLACES: Final = frozenset(place.value for place in Place)


class BadRecord(ValueError):
    """What came is no record. Its text names the field, never what stood in it."""


def from_bytes(raw: bytes) -> DecisionRecord:
    """The record in *raw*. Raises :class:`BadRecord` for anything that is not one to the last field."""
    if len(raw) > LONGEST:
        raise BadRecord("is too long")
    try:
        form = json.loads(raw.decode("ascii"), parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise BadRecord("is no JSON") from None
    return from_form(form)


def from_form(form: Any) -> DecisionRecord:
    """As :func:`from_bytes`, of what JSON gave."""
    if not isinstance(form, dict) or form.get("v") != VERSION:
        raise BadRecord("is of another version")
    said = form.get("said")
    return DecisionRecord(
        id=_word(form, "id", _ID),
        at=_number(form, "at", 0, 1e11),
        domain=_word(form, "domain", _DOMAIN),
        verdict=_member(form, "verdict", Decision),
        mode=_member(form, "mode", Mode),
        labels=tuple(_label(item) for item in _items(form, "labels", MOST_WORDS)),
        why=tuple(_text(item, "why", _RULE) for item in _items(form, "why", MOST_WORDS)),
        queue_id=_word(form, "queue_id", _QUEUE_ID),
        recipients=_whole(form, "recipients"),
        size=_whole(form, "size"),
        ms=_number(form, "ms", 0, 1e9),
        rules=_word(form, "rules", _DIGEST),
        model=_word(form, "model", _DIGEST),
        numbers=_whole(form, "numbers"),
        cut=_flag(form, "cut"),
        chars=_chars(form.get("chars")),
        hits=tuple(_hit(item) for item in _items(form, "hits", MOST_HITS)),
        said=None if said is None else _said(said),
    )


def _hit(form: Any) -> Hit:
    if not isinstance(form, dict):
        raise BadRecord("hits: is no hit")
    return Hit(
        rule=_word(form, "rule", _RULE),
        label=None if form.get("label") is None else _label(form["label"]),
        effect=_member(form, "effect", Effect),
        score=_number(form, "score", 0, 1),
        place=_place(form.get("place")),
        times=_whole(form, "times"),
        weight=_number(form, "weight", 0, 1),
        steps=_steps(form.get("steps"), _STEP),
        match=_word(form, "match", _DIGEST),
    )


def _said(form: Any) -> Said:
    if not isinstance(form, dict) or not isinstance(form.get("scores"), dict):
        raise BadRecord("said: is nothing a model says")
    scores = form["scores"]
    return Said(
        any=_number(form, "any", 0, 1),
        scores={_label(name): _number(scores, name, 0, 1) for name in scores},
        complete=_flag(form, "complete"),
        windows=_whole(form, "windows"),
        read=_whole(form, "read"),
        best=tuple(_best(item) for item in _items(form, "best", MOST_WORDS)),
    )


def _best(item: Any) -> Best:
    if not isinstance(item, list) or len(item) != 5:
        raise BadRecord("best: is no passage")
    label, place, stage, score, lowered = item
    return Best(
        None if label is None else _label(label),
        _place(place),
        _whole({"stage": stage}, "stage"),
        _number({"score": score}, "score", 0, 1),
        _steps(lowered, _LOWERING),
    )


def _steps(items: Any, names: re.Pattern[str]) -> tuple[Adjustment, ...]:
    if not isinstance(items, list) or len(items) > MOST_WORDS:
        raise BadRecord("steps: is no list of steps")
    if not all(isinstance(item, list) and len(item) == 2 for item in items):
        raise BadRecord("steps: is no step")
    return tuple(
        Adjustment(_text(reason, "steps", names), _number({"by": by}, "by", -100, 100))
        for reason, by in items
    )


def _chars(value: Any) -> dict[str, int]:
    if not isinstance(value, dict) or not value.keys() <= _PLACES:
        raise BadRecord("chars: names no places")
    return {name: _whole(value, name) for name in value}


def _place(value: Any) -> str:
    kind, _, file_type = value.partition(".") if isinstance(value, str) else ("", "", "")
    if kind not in _PLACES or (file_type and file_type not in FILE_TYPES):
        raise BadRecord("place: is no kind of place")
    return place_of(Place(kind), file_type)


def _items(form: Mapping[str, Any], key: str, most: int) -> list[Any]:
    value = form.get(key)
    if not isinstance(value, list) or len(value) > most:
        raise BadRecord(f"{key}: is no list, or too long")
    return value


def _word(form: Mapping[str, Any], key: str, pattern: re.Pattern[str]) -> str:
    return _text(form.get(key), key, pattern)


def _text(value: Any, key: str, pattern: re.Pattern[str]) -> str:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise BadRecord(f"{key}: is not of its form")
    return value


def _number(form: Mapping[str, Any], key: str, low: float, high: float) -> float:
    value = form.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise BadRecord(f"{key}: is no number from {low:g} to {high:g}")
    return float(value)


def _whole(form: Mapping[str, Any], key: str) -> int:
    value = form.get(key)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 1 << 40:
        raise BadRecord(f"{key}: is no count")
    return value


def _flag(form: Mapping[str, Any], key: str) -> bool:
    value = form.get(key)
    if not isinstance(value, bool):
        raise BadRecord(f"{key}: is neither true nor false")
    return value


_Member = TypeVar("_Member", bound=StrEnum)


def _member(form: Mapping[str, Any], key: str, kind: Callable[[Any], _Member]) -> _Member:
    try:
        return kind(form.get(key))
    except ValueError:
        raise BadRecord(f"{key}: is none of its words") from None


def _label(value: Any) -> Label:
    return _member({"label": value}, "label", Label)


def _no_number(_text: str) -> float:
    raise ValueError
