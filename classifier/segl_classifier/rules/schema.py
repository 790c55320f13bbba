"""The form of a rule file, checked by pydantic. These types do not leave :mod:`segl_classifier.rules`."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    StrictBool,
    StringConstraints,
    model_validator,
)
from pydantic_core import PydanticCustomError

from segl.vocabulary import Decision, Effect, Label
from segl_classifier.message import Source
from segl_classifier.rules.model import ALL, Scope, Within

_RESERVED = re.compile(r"(?:cpr|model|unreadable|veto)(?:\..*)?")


def _free(value: str) -> str:
    if _RESERVED.fullmatch(value):
        raise ValueError("is a name that Segl itself gives to what it finds; write own.…")
    return value


Id = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{1,63}$"), AfterValidator(_free)]
_LIST_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
ListName = Annotated[str, StringConstraints(pattern=f"^{_LIST_NAME.pattern}$")]
Text = Annotated[str, StringConstraints(min_length=1, max_length=2000)]
MOST_WORDS = 40
Weight = Annotated[float, Field(gt=0, le=1, strict=True)]


def is_list_name(name: str) -> bool:
    return _LIST_NAME.fullmatch(name) is not None


def _words(value: Any) -> Any:
    """A list of words, or one text with the words divided by commas or line ends."""
    if isinstance(value, str):
        return tuple(word for part in value.splitlines() for word in part.split(",") if word.strip())
    return value


def _within(value: Any) -> Within:
    """How far a condition looks, as words away or as a named reach."""
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= MOST_WORDS:
        return value
    if isinstance(value, str) and value in list(Scope):
        return Scope(value)
    raise ValueError(
        f'must be "phrase", "sentence", "passage", "message" or a number of words from 1 to {MOST_WORDS}'
    )


def _label(value: Any) -> Label | None:
    if value == ALL:
        return None
    try:
        return Label(value)
    except ValueError:
        raise PydanticCustomError("enum", "is no category") from None


def _decision(value: Any) -> Decision:
    if value in (Decision.SECURE, Decision.HOLD, Decision.REJECT):
        return Decision(value)
    raise ValueError('must be "secure", "hold" or "reject"')


Words = Annotated[tuple[str, ...], BeforeValidator(_words), Field(max_length=20_000)]
Patterns = Annotated[tuple[str, ...], Field(max_length=200)]
Examples = Annotated[tuple[Text, ...], Field(max_length=50)]


class Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ConditionTable(Table):
    """``"person"`` or ``{list = "person", within = 8, by = 0.3}``; ``list`` may name several: any of them."""

    list: tuple[ListName, ...] = Field(min_length=1)
    within: Annotated[Any, PlainValidator(_within)] = Scope.PASSAGE
    by: Weight | None = None

    @model_validator(mode="before")
    @classmethod
    def _short_forms(cls, value: Any) -> Any:
        if isinstance(value, str):
            return {"list": (value,)}
        if isinstance(value, dict) and isinstance(value.get("list"), str):
            return {**value, "list": (value["list"],)}
        return value


class RuleTable(Table):
    """``[[rule]]``"""

    id: Id
    label: Annotated[Label | None, PlainValidator(_label)]
    effect: Effect = Effect.RAISE
    weight: Weight
    why: Annotated[str, StringConstraints(min_length=8, max_length=300)]
    enabled: StrictBool = True
    # The words name a column of a list of persons.
    column: StrictBool = False
    # Of such a rule: its persons must stand in a column headed by a word of one of these lists.
    persons: tuple[ListName, ...] = ()
    # What it finds counts with the model as it does without.
    alone: StrictBool = False
    # So many different words of it must stand in one passage, or one statement.
    distinct: Annotated[int, Field(ge=1, le=20, strict=True)] = 1
    # Only where the text is written as notes, with few little words.
    notes: StrictBool = False
    # Its words stand before the amounts of a statement.
    entries: StrictBool = False
    words: Words = ()
    patterns: Patterns = ()
    lists: tuple[ListName, ...] = ()
    near: tuple[ConditionTable, ...] = ()
    boost: tuple[ConditionTable, ...] = ()
    unless: tuple[ConditionTable, ...] = ()
    where: Annotated[tuple[Source, ...], Field(min_length=1)] = (
        Source.SUBJECT,
        Source.FILENAME,
        Source.BODY,
        Source.ATTACHMENT,
        Source.SURROUND,
    )
    matches: Examples = ()
    not_matches: Examples = ()

    @model_validator(mode="after")
    def _known_effect(self) -> RuleTable:
        if self.label is None and self.effect is Effect.RAISE:
            raise ValueError(
                f'label = "{ALL}" belongs to effect = "lower" or "veto"; to raise, name one category'
            )
        return self


class OffTable(Table):
    """``[[rule]]`` with ``enabled = false``: turns a rule of an earlier file off."""

    id: Id
    enabled: StrictBool


class ListTable(Table):
    """``[list.NAME]``"""

    why: Text = ""
    words: Words = ()
    patterns: Patterns = ()
    lists: tuple[ListName, ...] = ()
    # Only where the message writes the word with a capital first letter.
    capital: StrictBool = False
    # Adds to the list of that name in an earlier file instead of replacing it.
    extend: StrictBool = False


class LabelTable(Table):
    """``[label.NAME]``"""

    threshold: Weight | None = None
    decision: Annotated[Decision, PlainValidator(_decision)] | None = None


class PolicyTable(Table):
    """``[policy]``"""

    ignore: tuple[ListName, ...] | None = None
