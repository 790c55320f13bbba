"""How well and how fast the CPR detector works: ``python tests/bench/bench_cpr.py [COUNT]``.

Prints recall and false alarms over COUNT generated cases (ten thousand unless given), by spelling and by kind
of look-alike, with examples of what went wrong, and milliseconds per KB over texts of several kinds. A second set
of sentences, in another vocabulary, tells how much of that is owed to the word lists; it has no bar.
Ends with 1 when a bar is missed.
"""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path
from random import Random
from time import process_time

sys.path.insert(0, str(Path(__file__).parents[1]))  # run as a script: "bench" lies beside "unit"

from bench.cpr_cases import Case, cases
from bench.cpr_lookalikes import OTHER_WORDS
from bench.cpr_numbers import TODAY, cpr, lookalike
from bench.cpr_sentences import CALLED
from bench.cpr_unseen import unseen_cases
from bench.processes import bar, tell_noise
from segl_classifier.cpr.find import find_cpr
from segl_classifier.cpr.judging.score import THRESHOLD
from segl_classifier.message import Source, Text

EXAMPLES = 3  # of each kind that goes wrong
RECALL, FALSE_ALARMS = 0.995, 0.005
MS_A_KB = 0.2


def found(text: str) -> bool:
    """Whether the detector takes *text* to hold a CPR number."""
    return any(f.score >= THRESHOLD for f in find_cpr(Text(text, "body", Source.BODY), today=TODAY))


def quality(cases: Iterable[Case]) -> tuple[float, float]:
    """The part of the numbers that is found, and of the look-alikes that is taken for one; both told with examples."""
    total: Counter[tuple[bool, str]] = Counter()
    wrong: dict[tuple[bool, str], list[Case]] = defaultdict(list)
    for case in cases:
        kind = (case.positive, case.kind)
        total[kind] += 1
        if found(case.text) != case.positive:
            wrong[kind].append(case)
    parts = []
    for positive, called in ((True, "recall"), (False, "false alarms")):
        of = sum(n for (p, _), n in total.items() if p is positive)
        bad = sum(len(w) for (p, _), w in wrong.items() if p is positive)
        parts.append(1 - bad / of if positive else bad / of)
        print(f"{called}: {parts[-1]:.4f}  ({bad} wrong of {of})")
        worst = sorted((k for k in wrong if k[0] is positive), key=lambda k: -len(wrong[k]) / total[k])
        for kind in worst:
            print(f"  {kind[1]}: {len(wrong[kind])} wrong of {total[kind]}")
            for case in wrong[kind][:EXAMPLES]:
                print(f"    [{case.context}] {case.text!r}")
    recall, alarms = parts
    return recall, alarms


def texts() -> dict[str, str]:
    """Texts of the kinds that mail holds, without any secret: all of it is made up here."""
    rnd = Random(1)
    words = "det er en prøve på den slags tekst som står i almindelige breve fra et vandværk til dets kunder".split()
    prose = "\n".join(" ".join(rnd.choices(words, k=12)).capitalize() + "." for _ in range(150))
    mail = (
        prose[:900] + "\n\nRing på 20 00 00 41, faktura 88120 af 12.03.2026. CPR 010190-1234.\n" + prose[:100]
    )
    ids = [str(rnd.randrange(10**10)).zfill(10) for _ in range(400)]
    rows = [
        f"{n};Engvej {i};{rnd.randrange(9999)},{rnd.randrange(99):02};{i % 28 + 1:02}-11-2026"
        for i, n in enumerate(ids)
    ]
    orders = [f"{lookalike(rnd)};Engvej {i};{rnd.randrange(9999)},00" for i in range(400)]
    people = [f"{cpr(rnd)};Engvej {i};{rnd.randrange(9999)},00" for i in range(400)]
    others = [f.format(n=lookalike(rnd)) for group in OTHER_WORDS.values() for f in group]
    return {
        "prose": prose,
        "a mail of 1 KB with one number": mail,
        "table of amounts": "\n".join(
            "\t".join(f"{rnd.randrange(10**5) / 100:.2f}" for _ in range(8)) for _ in range(300)
        ),
        "table of ids, one in 27 a date": "id;adresse;beløb;dato\n" + "\n".join(rows),
        "the same with CRLF": "\r\n".join(["id;adresse;beløb;dato", *rows]),
        "table of order numbers, all dates": "ordrenr;adresse;beløb\n" + "\n".join(orders),
        "table of CPR numbers": "cpr;adresse;beløb\n" + "\n".join(people),
        "nothing but look-alikes in sentences": "\n".join(others),
        "nothing but CPR numbers in sentences": "\n".join(
            f.format(n=cpr(rnd), name="Ida Kjær") for f in CALLED * 10
        ),
    }


def speed() -> bool:
    """Whether every text is read as fast as it must be."""
    good = True
    for name, text in texts().items():
        one = Text(text, "body", Source.BODY)
        best = min(_seconds(one) for _ in range(15))
        each = best * 1000 / (len(text) / 1024)
        what = f"{name} ({len(text) / 1024:.1f} KB)"
        good &= bar(what, f"{each:.3f} ms a KB", each < MS_A_KB, f"below {MS_A_KB:g}")
    return good


def _seconds(text: Text) -> float:
    start = process_time()
    find_cpr(text, today=TODAY)
    return process_time() - start


def main(count: int) -> int:
    tell_noise()
    recall, alarms = quality(cases(count))
    good = bar("recall", f"{recall:.2%}", recall >= RECALL, f"at least {RECALL:.1%}")
    good &= bar("false alarms", f"{alarms:.2%}", alarms <= FALSE_ALARMS, f"at most {FALSE_ALARMS:.1%}")
    print("\nsentences of another vocabulary, whose look-alikes no word list knows:")
    quality(unseen_cases(8))
    print()
    return 0 if good & speed() else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000))
