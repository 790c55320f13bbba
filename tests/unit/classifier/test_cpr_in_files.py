"""Personal numbers in attachments of every format: three hundred texts in each, through the readers themselves."""

from __future__ import annotations

from functools import cache

import pytest

from bench.cpr_cases import Case, cases
from bench.cpr_numbers import TODAY
from corpus.written import WRITERS
from segl.settings_detection import Limits
from segl.vocabulary import Finding
from segl_classifier.cpr import THRESHOLD, find_cpr
from segl_classifier.formats.unfold import unfold
from segl_classifier.message import Part, Source, Text

TEXTS, RECALL = 300, 0.99
LETTER = "Kære {name}\n\nHermed som aftalt.\n\n{text}\n\nMed venlig hilsen\nKontoret"


class Texts(list[Text]):
    """What a reader finds in a file."""

    def __init__(self, name: str, data: bytes) -> None:
        super().__init__()
        self.gaps: list[Finding] = []
        ending = name.split(" ", 1)[0]
        part = Part("part 2", "application/octet-stream", "", f"bilag.{ending}", True, data)
        unfold(part, Limits(), self)

    def text(self, text: Text) -> None:
        self.append(text)

    def unread(self, finding: Finding) -> None:
        self.gaps.append(finding)

    def flush(self) -> None:
        pass

    @property
    def hold_a_number(self) -> bool:
        return any(f.score >= THRESHOLD for text in self for f in find_cpr(text, today=TODAY))


@cache
def written() -> list[Case]:
    """Texts with a number in which the detector finds it: what is measured here are the readers."""
    return [
        case
        for case in cases(4 * TEXTS, seed=3)
        if case.positive
        and any(f.score >= THRESHOLD for f in find_cpr(Text(case.text, "body", Source.BODY), today=TODAY))
    ]


def fits(case: Case, name: str) -> bool:
    """Whether a file of this format can say *case*: not all letters are in Windows-1252, and an HTML entity does not
    stand in a sheet (its semicolon would divide cells)."""
    if name in ("txt in Windows-1252", "dat"):
        return case.text.encode("cp1252", "ignore").decode("cp1252") == case.text
    return not (name in ("xls", "xlsx", "ods") and case.kind.startswith("entity"))


@pytest.mark.parametrize("name", WRITERS)
def test_a_number_is_found_in_a_file_of_every_format(name: str) -> None:
    missed, gaps = [], []
    chosen = [case for case in written() if fits(case, name)][:TEXTS]
    for case in chosen:
        text = case.text if case.context == "table" else LETTER.format(name="Ida", text=case.text)
        texts = Texts(name, WRITERS[name](text))
        gaps += texts.gaps
        if not texts.hold_a_number:
            missed.append(f"{case.kind}: {case.text!r}")
    assert len(chosen) == TEXTS
    assert not gaps
    assert len(missed) <= TEXTS * (1 - RECALL), "\n".join(missed)
