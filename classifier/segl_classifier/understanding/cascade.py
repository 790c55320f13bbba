"""The cascade: windows through the linear stage, doubtful ones through the sieve, uncertain ones through the encoder,
scores to a message.

All stages give logits: the first for "anything here must be sent securely", the others a category each. For windows
that several have read (:mod:`.asking` chooses them) theirs are mixed. The message's score is that of its best window,
on a scale that was fitted to mails the model had not seen. Sentences that the cheap stages find likely are read by
themselves, too (:mod:`.passing`).

A model may be fitted to look once more at windows that would count: where the matter is a company's, an animal's, a
novel's …, and no person stands by, they are lowered (:mod:`.lowering`). The shipped one is not: its encoder has learnt
to tell them apart. There spaCy and the recogniser of names run for ``segl explain`` only (decision 9).
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from segl.vocabulary import Label
from segl_classifier.deadline import NEVER, Deadline
from segl_classifier.message import Text
from segl_classifier.understanding import passing, titles
from segl_classifier.understanding.asking import Budget, Gates, in_doubt, in_turn
from segl_classifier.understanding.frame import LONGEST, Frame
from segl_classifier.understanding.interface import (
    CascadeStage,
    Reading,
    Threshold,
    Understanding,
    Window,
    Words,
)
from segl_classifier.understanding.linear import Linear
from segl_classifier.understanding.logits import Logits
from segl_classifier.understanding.lowering import Lowered, lowered_by, speaking
from segl_classifier.understanding.recalling import Encoder, Sieve
from segl_classifier.understanding.windows import MOST, SplitWindow, split_windows

LABELS = tuple(label for label in Label if label is not Label.CPR)
_BATCH, _SIEVE_BATCH = 8, 64  # windows to the encoder and to the sieve between looks at the clock


@dataclass(frozen=True, slots=True)
class Fit:
    """What was fitted on mails held out: when who is asked, how the stages are mixed and what a logit means.

    ``sieve_share`` is the sieve's part of what it and the linear stage say together, ``encoder_share`` the encoder's of
    what all three say; probability = sigmoid(slope · logit + offset), the first for anything, then one a label.
    """

    gates: Gates
    sieve_share: float
    encoder_share: float
    slope: tuple[float, ...]
    offset: tuple[float, ...]
    thresholds: Mapping[Label, Threshold]
    any_threshold: Threshold


@dataclass(frozen=True, slots=True)
class Cascade:
    """The trained model."""

    linear: Linear
    sieve: Sieve
    encoder: Encoder
    fit: Fit
    budget: Budget = field(default_factory=Budget)
    frame: Frame | None = None  # without it nothing is lowered
    digest: str = ""  # tells one model from another: 16 hex digits
    words: Words | None = None  # what the rules say; without it no sentence is believed sooner

    @property
    def thresholds(self) -> Mapping[Label, Threshold]:
        return self.fit.thresholds

    @property
    def any_threshold(self) -> Threshold:
        return self.fit.any_threshold

    def hearing(self, words: Words) -> Cascade:
        """The same model, which believes a sentence sooner where *words* say as much."""
        return replace(self, words=words)

    def prepare(self) -> None:
        """Load now what is else loaded when first needed. For servers, before they fork."""
        if self.frame:
            self.frame.prepare()

    def understand(self, texts: Sequence[Text], deadline: Deadline = NEVER, /) -> Understanding:
        """Everything the model has to say of *texts*, all parts of one message. The looks, from cheap to dear, each at
        what those before leave open:

        1. the linear stage at every window;
        2. the sieve at those of which that is not sure (:meth:`_sifted`);
        3. the encoder at the uncertain ones, the likeliest first (:meth:`_asked`);
        4. the encoder at what would alarm without it, where nothing that it read does (:meth:`_alarming`);
        5. all three, one after the other, at the sentences that are likely by themselves (:meth:`_in_passing`);
        6. and at the titles (:mod:`.titles`) that are (:meth:`_in_titles`).

        Then the scores: each window's is calibrated, less what lowers it, and the message's is that of its best.
        """
        split = list(islice(split_windows(texts), MOST + 1))
        if not split:
            return Understanding()
        windows = [window for window, _ in split]
        all_seen = len(windows) <= MOST
        linear = self.linear.logits([window.text for window in windows])
        ends = min(time.monotonic() + self.budget.seconds, deadline.at)
        sifted, sieved, all_sifted = self._sifted(windows, linear, ends)
        mixed, read, all_asked = self._asked(windows, linear, sifted, ends)
        all_asked &= self._alarming(windows, sifted, mixed, read, ends)
        held = self._held(windows, mixed)
        alone, said, less, all_alone = self._in_passing(split, held, ends)
        named = titles.titles(texts, split)
        named, of_titles, all_named = self._in_titles(named, held, ends)
        windows, mixed = [*windows, *alone, *named], np.concatenate([mixed, said, of_titles])
        less += [titles.BY_ITSELF] * len(named)
        by_themselves = range(len(split), len(windows))
        last = dict.fromkeys(sieved, CascadeStage.SIEVE) | dict.fromkeys(
            (*read, *by_themselves), CascadeStage.ENCODER
        )
        lowered = self._lowered(windows, mixed)
        for number, by in zip(by_themselves, less, strict=True):
            lowered[number] = (*lowered.get(number, ()), (passing.LOWERED, by))
        scores = self._calibrated(mixed, lowered)
        readings = tuple(
            Reading(
                window,
                last.get(number, CascadeStage.LINEAR),
                float(row[0]),
                {label: float(score) for label, score in zip(LABELS, row[1:], strict=True)},
                lowered.get(number, ()),
            )
            for number, (window, row) in enumerate(zip(windows, scores, strict=True))
        )
        best = self._joined(scores)
        return Understanding(
            readings,
            float(best[0]),
            {label: float(score) for label, score in zip(LABELS, best[1:], strict=True)},
            all_seen and all_sifted and all_asked and all_alone and all_named,
        )

    def _joined(self, scores: Logits) -> Logits:
        """The message's scores from those of its windows. A category is no surer than that there is anything, and
        reaches its threshold only where that is at least in doubt."""
        best: Logits = scores.max(axis=0)
        doubt = self.any_threshold.leaves_room
        most = [self.thresholds[label].unsure if label in self.thresholds else 1.0 for label in LABELS]
        near = best[0] / doubt if best[0] < doubt else math.inf
        best[1:] = np.minimum(best[1:], np.minimum(best[0], np.array(most, np.float32) * near))
        return best

    def _sifted(
        self, windows: Sequence[Window], linear: Logits, ends: float
    ) -> tuple[Logits, Sequence[int], bool]:
        """The logits with the sieve's word on the doubtful windows, which those were, and whether there was time
        for all of them."""
        sifted = linear.copy()
        doubtful = in_doubt(linear, self.fit.gates, self.budget)
        share = self.fit.sieve_share
        for first in range(0, len(doubtful), _SIEVE_BATCH):
            if time.monotonic() > ends:
                return sifted, doubtful[:first], False
            chosen = doubtful[first : first + _SIEVE_BATCH]
            said = self.sieve.logits([windows[n].text for n in chosen])
            sifted[chosen] = share * said + (1 - share) * linear[chosen]
        return sifted, doubtful, True

    def _asked(
        self, windows: Sequence[Window], linear: Logits, sifted: Logits, ends: float
    ) -> tuple[Logits, set[int], bool]:
        """The logits with the encoder's word on the uncertain windows, which those were, and whether there
        was time for all of them."""
        mixed = sifted.copy()
        read: set[int] = set()
        for turn in in_turn(linear, sifted, self.fit.gates, self.budget):
            if read and np.max(mixed[list(read), 0]) < self.fit.gates.go_on:
                break
            for first in range(0, len(turn), _BATCH):
                if time.monotonic() > ends:
                    return mixed, read, False
                chosen = turn[first : first + _BATCH]
                said = self.encoder.logits([windows[n].text for n in chosen])
                share = self.fit.encoder_share
                mixed[chosen] = share * said + (1 - share) * sifted[chosen]
                read.update(chosen)
                if len(read) >= self.budget.windows_when_certain and self._is_certain(mixed[chosen]):
                    return mixed, read, True  # a list of a hundred patients needs no hundredth look
        return mixed, read, True

    def _alarming(
        self, windows: Sequence[Window], sifted: Logits, mixed: Logits, read: set[int], ends: float
    ) -> bool:
        """Asks the encoder, into *mixed* and *read*, of what would alarm by the stages before it alone, where nothing
        that was read does and they are not too many; and says whether there was time."""
        while True:
            scores = self._calibrated(mixed)[:, 0]
            counting = np.flatnonzero(scores >= self.any_threshold.unsure)
            too_many = len(counting) > self.budget.windows - len(read)
            if not len(counting) or too_many or read.intersection(map(int, counting)):
                return True  # what counts does so whatever the others hold
            if time.monotonic() > ends:
                return False
            chosen = sorted(map(int, counting), key=lambda n: (-scores[n], n))[:_BATCH]
            share = self.fit.encoder_share
            said = self.encoder.logits([windows[n].text for n in chosen])
            mixed[chosen] = share * said + (1 - share) * sifted[chosen]
            read.update(chosen)

    def _in_passing(
        self, split: Sequence[SplitWindow], held: NDArray[np.bool_], ends: float
    ) -> tuple[list[Window], Logits, list[float], bool]:
        """The sentences that the encoder read by themselves, what all stages say of each, how much is taken from that,
        and whether there was time for all that were likely. *held* are the categories that the windows tell for
        certain."""
        told = passing.told(split, self.words)
        said = self.linear.logits([one.window.text for one in told])
        full = self._linear_in_full(told, said)
        spoken = set(passing.spoken(told, full, self.words, self.budget) if self.words else ())
        long = np.array([not one.is_short for one in told], bool)
        chosen = sorted({*passing.for_sieve(said, self.fit.gates, self.budget, long), *spoken})
        said[sorted(spoken)] = full[sorted(spoken)]
        as_read = [passing.Sentence.of(told[n], spoken=n in spoken) for n in chosen]
        found = [told[n].window for n in chosen]
        said, all_sifted = self._read(self.sieve, [one.read for one in as_read], said[chosen], ends)
        heard = np.array([one.spoken for one in as_read[: len(said)]], bool)
        chosen = passing.for_encoder(said, held, self.fit.gates, self.budget, heard)
        said, all_read = self._read(self.encoder, [as_read[n].read for n in chosen], said[chosen], ends)
        chosen = chosen[: len(said)]
        return [found[n] for n in chosen], said, [as_read[n].by for n in chosen], all_sifted and all_read

    def _linear_in_full(self, told: Sequence[passing.Told], said: Logits) -> Logits:
        """What the linear stage says of *told* with whole names, of which it *said* that without."""
        full = said.copy()
        other = [n for n, one in enumerate(told) if one.full != one.window.text]
        if other:
            full[other] = self.linear.logits([told[n].full for n in other])
        return full

    def _in_titles(
        self, found: list[Window], held: NDArray[np.bool_], ends: float
    ) -> tuple[list[Window], Logits, bool]:
        """Those of the titles *found* that the encoder read, what all stages say of each, and whether there was time
        for all that are likely. What the windows tell for certain they need not tell again."""
        gates, budget = self.fit.gates, self.budget
        linear = self.linear.logits([title.text for title in found])
        chosen = in_doubt(linear, gates, budget)
        found = [found[n] for n in chosen]
        said, all_sifted = self._read(self.sieve, [title.text for title in found], linear[chosen], ends)
        first, others = in_turn(linear[chosen[: len(said)]], said, gates, budget)
        news = ~held[said[:, 1:].argmax(axis=1)]
        found = [found[n] for n in (*first, *others) if news[n]]
        chosen = [n for n in (*first, *others) if news[n]]
        said, all_read = self._read(self.encoder, [title.text for title in found], said[chosen], ends)
        return found[: len(said)], said, all_sifted and all_read

    def _read(
        self, stage: Sieve | Encoder, texts: Sequence[str], before: Logits, ends: float
    ) -> tuple[Logits, bool]:
        """What *stage* says of *texts*, together with what was said *before*, of as many as there is time for; and
        whether that is all of them."""
        share, most = (
            (self.fit.sieve_share, _SIEVE_BATCH) if stage is self.sieve else (self.fit.encoder_share, _BATCH)
        )
        mixed = before[:0]
        while len(mixed) < len(texts) and time.monotonic() <= ends:
            some = slice(len(mixed), len(mixed) + most)
            said = stage.logits(texts[some])
            mixed = np.concatenate([mixed, share * said + (1 - share) * before[some]])
        return mixed, len(mixed) == len(texts)

    def _held(self, windows: Sequence[Window], logits: Logits) -> NDArray[np.bool_]:
        """Which categories the message holds by what was said of its windows."""
        best = self._joined(self._calibrated(logits, self._lowered(windows, logits)))
        holds = [self.thresholds[label].holds if label in self.thresholds else 1.1 for label in LABELS]
        return np.asarray(best[1:] >= np.array(holds, np.float32))

    def _is_certain(self, logits: Logits) -> bool:
        return bool(np.max(self._calibrated(logits)[:, 0]) >= self.budget.certain)

    def _lowered(self, windows: Sequence[Window], logits: Logits) -> dict[int, Lowered]:
        """What lowers those windows that would count, by their numbers. Persons are looked for only where the
        words of a rule stand; what is too many or too long to be looked at stays as it is."""
        if self.frame is None:
            return {}
        scores = self._calibrated(logits)
        counting = np.flatnonzero((scores >= self._unsure()).any(axis=1))
        most = sorted(counting, key=lambda n: -scores[n, 0])[: self.budget.windows]
        spoken = {n: speaking(windows[n].text) for n in map(int, most) if len(windows[n].text) <= LONGEST}
        numbers = [n for n, rules in spoken.items() if rules]
        seen = self.frame.look([windows[n].text for n in numbers])
        return {
            n: lowered_by(spoken[n], one.signs, LABELS[int(np.argmax(scores[n, 1:]))])
            for n, one in zip(numbers, seen, strict=True)
        }

    def _unsure(self) -> Logits:
        """From which score on each output would count for something."""
        labels = (self.thresholds[label].unsure if label in self.thresholds else 1.1 for label in LABELS)
        return np.array([self.any_threshold.leaves_room, *labels], np.float32)

    def _calibrated(self, logits: Logits, lowered: Mapping[int, Lowered] = MappingProxyType({})) -> Logits:
        scaled = logits * np.array(self.fit.slope, np.float32) + np.array(self.fit.offset, np.float32)
        for number, reasons in lowered.items():
            scaled[number] -= sum(by for _, by in reasons)
        return np.asarray(1 / (1 + np.exp(-np.clip(scaled, -30, 30))), np.float32)
