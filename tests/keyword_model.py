"""A model in miniature: real windows, scores by keyword. For tests of what is done with a model's word."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from email.message import EmailMessage

from segl.vocabulary import Label
from segl_classifier.classify import classify
from segl_classifier.deadline import NEVER, Deadline
from segl_classifier.message import Text
from segl_classifier.rules import shipped_rules
from segl_classifier.understanding.interface import (
    CascadeStage,
    Reading,
    Threshold,
    Understanding,
    Window,
    Words,
)
from segl_classifier.understanding.windows import windows_of


@dataclass(frozen=True)
class KeywordModel:
    """``scores`` gives each keyword what it says; the key ``None`` is the message as a whole, which otherwise
    is as sure as the surest category."""

    scores: Mapping[str, Mapping[Label | None, float]]
    thresholds: Mapping[Label, Threshold] = field(
        default_factory=lambda: {label: Threshold(0.5, 0.3) for label in Label if label is not Label.CPR}
    )
    any_threshold: Threshold = field(default_factory=lambda: Threshold(0.6, 0.4))
    complete: bool = True
    lowered: tuple[tuple[str, float], ...] = ()

    def understand(self, texts: Sequence[Text], deadline: Deadline = NEVER, /) -> Understanding:
        readings = tuple(self._reading(window) for window in windows_of(texts))
        scores: dict[Label, float] = {}
        for reading in readings:
            for label, score in reading.scores.items():
                scores[label] = max(score, scores.get(label, score))
        return Understanding(
            readings, max((r.any for r in readings), default=0.0), scores, complete=self.complete
        )

    def hearing(self, _words: Words, /) -> KeywordModel:
        return self

    def _reading(self, window: Window) -> Reading:
        found = [said for word, said in self.scores.items() if word in window.text.lower()]
        scores = {label: score for said in found for label, score in said.items() if label is not None}
        whole = max((said.get(None, max(said.values())) for said in found), default=0.0)
        return Reading(window, CascadeStage.ENCODER, whole, scores, self.lowered)


class BrokenModel(KeywordModel):
    """One that has a bug."""

    def understand(self, texts: Sequence[Text], deadline: Deadline = NEVER, /) -> Understanding:
        raise ZeroDivisionError("Preben er syg")


def labels_of_mail(subject: str, text: str, model: KeywordModel) -> tuple[Label, ...]:
    """What a mail of this *text* holds, by the shipped rules and *model*."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "bo@by.example", "tove@by.example", subject
    message.set_content(text)
    return classify(message.as_bytes(), shipped_rules(), model=model).labels
