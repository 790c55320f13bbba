"""What the model says of a message, as data: the seam between the model, the decision and ``explain``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import NamedTuple, NoReturn, Protocol

from segl.vocabulary import Label
from segl_classifier.deadline import NEVER, Deadline
from segl_classifier.message import Source, Text


class CascadeStage(IntEnum):
    """Which part of the cascade had the last word on a window. The sieve stands between the other two; the numbers are
    those of decisions kept from before it was there."""

    LINEAR = 1
    ENCODER = 2
    SIEVE = 3


@dataclass(frozen=True, slots=True)
class Window:
    """A passage the model reads at once. ``text`` is what it reads (with subject or table header put before
    it); ``start`` and ``end`` are offsets into the :class:`.message.Text` numbered ``source_index``."""

    text: str
    where: str
    source: Source
    source_index: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Reading:
    """The model's scores for one window, 0 to 1 and calibrated: ``any`` that something in it must be sent
    securely, ``scores`` for each category but ``cpr``. ``lowered`` names what took weight away, and how many
    log-odds of every score: that it is a sentence by itself (:mod:`.passing`); with a model that was fitted so, also
    what makes it nobody's matter, such as a company's or a novel's (:mod:`.lowering`)."""

    window: Window
    stage: CascadeStage
    any: float
    scores: Mapping[Label, float]
    lowered: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Understanding:
    """All readings of a message, in reading order and behind them those of sentences by themselves, and what they come
    to: ``any`` and ``scores`` of the whole message. ``complete`` is false when the budget ran out before the last
    window. ``tellers``: of a category (``None``: of anything) the reading that counts, where a surer one does not."""

    readings: tuple[Reading, ...] = ()
    any: float = 0.0
    scores: Mapping[Label, float] = field(default_factory=dict)
    complete: bool = True
    tellers: Mapping[Label | None, Reading] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Threshold:
    """From ``holds`` on a category holds; from ``unsure`` on the model will not say no. That is said of the message as
    a whole where no category holds; below ``opens`` it leaves no room for any (``None``: where it is unsure)."""

    holds: float
    unsure: float
    opens: float | None = None

    @property
    def leaves_room(self) -> float:
        """From which score of the whole on categories are heard."""
        return self.unsure if self.opens is None else self.opens

    def moved(self, holds: float) -> Threshold:
        """The same with another ``holds``, which none of the others exceeds."""
        return Threshold(holds, min(holds, self.unsure), min(holds, self.leaves_room))


def _no_names(_sentence: str) -> Sequence[tuple[int, int]]:
    return ()


def _none(_passage: str) -> bool:
    return False


class Words(NamedTuple):
    """What the rules say of a sentence by itself, without the model: whether their words are such that it must be sent
    securely, and from where to where the first names in it go; and of a passage whether who has a name there may be an
    animal, or somebody's invention."""

    secure: Callable[[str], bool]
    first_names: Callable[[str], Sequence[tuple[int, int]]] = _no_names
    may_be_none: Callable[[str], bool] = _none


class Model(Protocol):
    """What the classifier asks of a trained model. One is loaded before workers are forked and never changes."""

    @property
    def thresholds(self) -> Mapping[Label, Threshold]:
        """Of each category that the model knows; words alone decide on the others."""

    @property
    def any_threshold(self) -> Threshold:
        """Of the message as a whole."""

    def understand(self, texts: Sequence[Text], deadline: Deadline = NEVER, /) -> Understanding:
        """Read *texts*, all parts of one message (its subject among them). Keeps to its own budget of time, and to
        *deadline*."""

    def hearing(self, words: Words, /) -> Model:
        """The same model, which may believe itself sooner where *words* say of a sentence, without it, that it must be
        sent securely, or name somebody."""


@dataclass(frozen=True, slots=True)
class ModelThresholds:
    """A model's thresholds alone: what a decision needs of it when it has spoken already."""

    thresholds: Mapping[Label, Threshold]
    any_threshold: Threshold
    digest: str = ""

    def understand(self, _texts: Sequence[Text], _deadline: Deadline = NEVER, /) -> NoReturn:
        raise TypeError("only the thresholds of the model were loaded")

    def hearing(self, _words: Words, /) -> ModelThresholds:
        return self
