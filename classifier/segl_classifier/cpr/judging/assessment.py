"""What was found for and against one candidate, from its spelling to its last doubt: then it is judged."""

from __future__ import annotations

from dataclasses import dataclass

from segl.vocabulary import Adjustment
from segl_classifier.cpr.calendar import Birth
from segl_classifier.cpr.context.said import Said
from segl_classifier.cpr.judging import score
from segl_classifier.cpr.spelling.candidates import Candidate


@dataclass(slots=True)
class Assessment:
    """A candidate, who would be born with its digits, what was found for and against it (*steps*), and what the text
    says it is."""

    candidate: Candidate
    birth: Birth
    steps: list[Adjustment]
    said: Said
    column: str = ""  # the heading over it
    total: float | None = None  # of the first ``counted`` steps, once it was asked for
    counted: int = 0

    def score(self) -> float:
        """The sum of the steps so far."""
        if self.total is None or self.counted != len(self.steps):
            self.total, self.counted = score.total(self.steps), len(self.steps)
        return self.total
