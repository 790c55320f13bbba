"""Scores the classifier on labelled texts: ``score_corpus.py FILE…``, one JSON object a line.

Each record is made into a real message (RFC 5322, attachments as text files) and given to ``classify``, the
way the milter does it. Printed: how many of the messages that must be sent securely were found, how many of
the others were taken for such, precision and recall per category, and with ``--wrong`` the ids of the
messages judged wrongly. Records marked ``unclear`` are left out.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from segl.settings import Limits
from segl.vocabulary import Decision, Label, Verdict
from segl_classifier.classify import classify
from segl_classifier.rules import RuleSet, load_rules

Record = dict[str, Any]


def records(files: Iterable[Path]) -> Iterator[Record]:
    """The clear records of *files*; a passage (``text``) becomes a mail without subject."""
    for file in files:
        with file.open(encoding="utf-8") as lines:
            for line in lines:
                record = json.loads(line)
                if not record.get("unclear"):
                    yield {"body": record.get("text", ""), **record}


def message(record: Record) -> bytes:
    """*record* as a message on its way."""
    mail = EmailMessage()
    mail["From"] = record.get("from") or "afsender@example"
    mail["To"] = ", ".join(record.get("to") or ["modtager@example"])
    mail["Subject"] = " ".join((record.get("subject") or "").split())
    mail["Date"] = "Mon, 24 Nov 2025 10:00:00 +0100"
    mail["Message-ID"] = "<1@segl.example>"
    mail.set_content(record["body"], subtype="html" if record.get("html") else "plain", cte="8bit")
    for part in record.get("attachments") or ():
        name = Path(part["filename"]).stem
        kind = "html" if part.get("type") == "html" else "plain"
        mail.add_attachment(
            part["text"], subtype=kind, filename=f"{name}.{'html' if kind == 'html' else 'txt'}"
        )
    return mail.as_bytes()


@dataclass(slots=True)
class Count:
    """Right and wrong answers to one question."""

    found: int = 0
    missed: int = 0
    false: int = 0
    quiet: int = 0

    def add(self, true: bool, said: bool) -> None:
        if true:
            self.found, self.missed = self.found + said, self.missed + (not said)
        else:
            self.false, self.quiet = self.false + said, self.quiet + (not said)

    @property
    def recall(self) -> float:
        return self.found / max(1, self.found + self.missed)

    @property
    def precision(self) -> float:
        return self.found / max(1, self.found + self.false)

    @property
    def alarms(self) -> float:
        return self.false / max(1, self.false + self.quiet)

    @property
    def f1(self) -> float:
        return 2 * self.found / max(1, 2 * self.found + self.missed + self.false)


@dataclass(slots=True)
class Score:
    must: Count
    labels: dict[Label, Count]

    def add(self, record: Record, verdict: Verdict) -> bool:
        """Counts *verdict*; whether it was right about sending securely."""
        said = verdict.decision is not Decision.PLAIN
        self.must.add(bool(record["must_encrypt"]), said)
        for label, count in self.labels.items():
            count.add(label in record["labels"], label in verdict.labels)
        return said == bool(record["must_encrypt"])

    @property
    def micro_f1(self) -> float:
        counts = self.labels.values()
        right = sum(c.found for c in counts)
        return 2 * right / max(1, 2 * right + sum(c.missed + c.false for c in counts))

    def lines(self) -> Iterator[str]:
        macro = sum(c.f1 for c in self.labels.values()) / len(self.labels)
        must = self.must
        yield (
            f"must encrypt: recall {must.recall:.3f} ({must.found}/{must.found + must.missed}), "
            f"false alarms {must.alarms:.3f} ({must.false}/{must.false + must.quiet}); "
            f"labels: micro F1 {self.micro_f1:.3f}, macro F1 {macro:.3f}"
        )
        for label, c in self.labels.items():
            yield f"  {label:26} P {c.precision:.2f} R {c.recall:.2f} F1 {c.f1:.2f}  n {c.found + c.missed}"


def score(found: Iterable[Record], rules: RuleSet) -> tuple[Score, list[tuple[Record, Verdict]]]:
    result, wrong = Score(Count(), {label: Count() for label in Label}), []
    for record in found:
        verdict = classify(message(record), rules, Limits())
        if not result.add(record, verdict):
            wrong.append((record, verdict))
    return result, wrong


def main() -> None:
    parser = argparse.ArgumentParser(description="Scores the classifier on labelled texts.")
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    parser.add_argument("--rules", action="append", default=[], type=Path, help="extra rule file")
    parser.add_argument("--wrong", action="store_true", help="name the messages judged wrongly")
    options = parser.parse_args()
    started = time.perf_counter()
    rules = load_rules(options.rules)
    all_records = list(records(options.files))
    result, wrong = score(all_records, rules)
    print("\n".join(result.lines()))
    print(f"{len(all_records)} messages, {time.perf_counter() - started:.1f} s")
    if options.wrong:
        for record, verdict in wrong:
            kind = "missed" if record["must_encrypt"] else "false "
            print(f"{kind} {record['id']:8} {','.join(record['labels']) or '-':30} {verdict}")


if __name__ == "__main__":
    main()
