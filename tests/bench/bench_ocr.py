"""How pictures of letters are read: ``python tests/bench/bench_ocr.py [KIND] [--harmless FOLDER]``.

Prints what became of each letter of ``ocr_pages.py`` (of those whose kind has KIND in its name): read, told of as not
read, or missed, which is a breach; then which harmless pictures (``ocr_harmless.py``, and those in FOLDER) raised an
alarm; and the processor time of each. Takes some two minutes. Ends with 1 when a letter is missed, or more than one in
fifty harmless pictures drawn here raises an alarm.
"""

from __future__ import annotations

import argparse
import re
import resource
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))  # run as a script: "bench" lies beside "unit"

from bench.ocr_harmless import harmless
from bench.ocr_pages import NUMBER, Case, kinds
from corpus.reading import WITH_OCR, stands_in, text_of
from segl_classifier.formats.pictures.ocr import read

LETTER = (
    f"Kære Jens Hansen\nVedr. din sag, CPR {NUMBER}\nVi har modtaget din ansøgning om sygedagpenge. Lægen skriver, at "
    "du har en svær depression og er indlagt på psykiatrisk afdeling. Kommunen skal bruge en udtalelse fra din "
    "arbejdsgiver, før vi kan afgøre sagen.\nVenlig hilsen\nInger Krogh, sagsbehandler"
)
MOST_ALARMS = 0.02
ALL_WORDS = 0.7  # of the words of four letters and more


def seconds() -> float:
    return sum(resource.getrusage(who).ru_utime for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


def became(case: Case) -> tuple[str, str]:
    """What became of a letter, and why."""
    content = read(case.data, "", WITH_OCR)
    if content.lacks:
        return "told", content.lacks[0].detail.rpartition(": ")[2]
    words = set(re.findall(r"[a-zæøå]{4,}", text_of(content).lower()))
    wanted = set(re.findall(r"[a-zæøå]{4,}", case.text.lower()))
    share = len(words & wanted) / max(1, len(wanted))
    if not stands_in(content, NUMBER):
        return "missed", f"{share:.0%} of the words"
    return "read" if share >= ALL_WORDS else "number only", ""


def letters(kind: str) -> Iterator[Case]:
    for name, made in kinds():
        if kind in name:
            yield Case(name, made(LETTER), LETTER)


def alarms(cases: Iterable[Case]) -> float:
    """The part of harmless pictures that is told of."""
    started, count, raised = seconds(), 0, 0
    for case in cases:
        count += 1
        for lack in read(case.data, "", WITH_OCR).lacks[:1]:
            raised += 1
            print(f"  {case.kind}: {lack.detail}")
    print(f"{raised} alarms on {count} harmless pictures, {(seconds() - started) / max(1, count):.2f} s each")
    return raised / max(1, count)


def main() -> int:
    asked = argparse.ArgumentParser()
    asked.add_argument("kind", nargs="?", default="")
    asked.add_argument("--harmless", type=Path)
    given = asked.parse_args()
    started, found = seconds(), Counter[str]()
    for case in letters(given.kind):
        what, why = became(case)
        found[what] += 1
        print(f"  {what:12} {case.kind:32} {why}", flush=True)
    print(f"{dict(found)}, {(seconds() - started) / max(1, found.total()):.2f} s each")
    share = 0.0 if given.kind else alarms(harmless())
    if given.harmless:
        alarms(Case(path.name, path.read_bytes(), "") for path in sorted(given.harmless.iterdir()))
    return 1 if found["missed"] or share > MOST_ALARMS else 0


if __name__ == "__main__":
    sys.exit(main())
