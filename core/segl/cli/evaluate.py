"""``segl evaluate FILE…``: how well labelled messages are judged, and which are judged worst."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from segl.cli.options import SettingsFileIfAny
from segl.cli.output import columns, complain, fail_of, paint, printable, say, say_json
from segl.cli.rule_files import Rules
from segl.counted import counted
from segl.errors import SeglError

if TYPE_CHECKING:
    from segl.cli.checking import Checker
    from segl_classifier.evaluation.labelled import LabelledMessage
    from segl_classifier.evaluation.score import Judgement, Score

_SHOWN = 10  # mistakes of each kind
_TEXT = 400  # characters of a message, with --show


def evaluate(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE…", readable=False, help="Labelled messages, one JSON a line."),
    ],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object, every mistake in it.")] = False,
    settings: SettingsFileIfAny = None,
    rules: Rules = None,
    no_model: Annotated[bool, typer.Option("--no-model", help="Words alone decide.")] = False,
    worst: Annotated[int, typer.Option("--worst", min=0, help="How many mistakes of each kind.")] = _SHOWN,
    show: Annotated[bool, typer.Option("--show", help="Show the text of the mistakes as well.")] = False,
) -> None:
    """Score the classifier on labelled messages, in the form described in docs/labels.md.

    Each is made into a real message with real attachments and judged as the milter would judge it. Records
    marked unclear are left out. Intervals are 95 % bootstrap intervals, the same at each run.

    Exit code: 0 scored, 2 when a file cannot be used.
    """
    from segl.cli.checking import Checker
    from segl_classifier.evaluation.labelled import read_labelled
    from segl_classifier.evaluation.score import score

    try:
        records = read_labelled(files)
        checker = Checker.make(settings, rules or [], with_model=not no_model)
    except SeglError as error:
        fail_of(error)
    started = time.perf_counter()
    result = score(_judged(records, checker))
    if as_json:
        say_json({**result.as_dict(), "model": checker.model is not None})
        return
    _show(result, checker, time.perf_counter() - started)
    texts = {record.place: record for record in records} if show else {}
    _mistakes("missed, the surest first", result.worst_missed(), worst, texts)
    _mistakes("false alarms, the surest first", result.worst_false_alarms(), worst, texts)
    _mistakes("for other categories, the most astray first", result.worst_categories(), worst, texts)


def _judged(records: list[LabelledMessage], checker: Checker) -> list[Judgement]:
    """The judgements, over the cores."""
    from segl.cli.spread import Lost, cores, spread
    from segl_classifier.evaluation.judge import judge

    work = partial(
        judge, gather=checker.gather, rules=checker.rules, model=checker.model, strictness=checker.strictness
    )
    if len(records) < 20 or cores() < 2:
        return [work(record) for record in records]
    found = []
    for done in spread(work, records, sum(map(_size, records)), _size):
        if isinstance(done, Lost):
            complain(f"{done.job.place}: could not be judged: a worker process was killed", "it is left out")
        else:
            found.append(done)
    return found


def _size(record: LabelledMessage) -> int:
    return len(record.body) + sum(len(attached.text) for attached in record.attachments)


def _show(result: Score, checker: Checker, seconds: float) -> None:
    from segl_classifier.evaluation.score import lines

    must = result.must
    by = "words and model" if checker.model is not None else "words alone"
    say(f"{counted(result.n, 'message')} in {seconds:.1f} s, judged by {by}")
    figures = [
        ("must be secure, found", must.recall, result.recall, must.found, must.n),
        ("false alarms", must.alarms, result.alarms, must.false, must.false + must.quiet),
        ("categories, micro F1", result.all_labels.f1, result.f1, None, None),
    ]
    for name, value, (low, high), part, whole in figures:
        counts = f"  {part} of {whole}" if whole is not None else ""
        say(f"{name:<23}{paint(f'{value:.3f}', bold=True)}  [{low:.3f}, {high:.3f}]{counts}")
    if result.unread:
        say(f"{result.unread} of them only because something in them could not be read")
    table = list(columns(lines(result)))
    say(paint(table[0], bold=True))
    for line in table[1:]:
        say(line)


def _taken_for(j: Judgement) -> tuple[str, str]:
    """What is true of a message, and what was said of it; of one that went as it must, only what is not the same."""
    from segl_classifier.evaluation.score import Kind

    if j.kind is Kind.CATEGORIES:
        return ",".join(sorted(j.unseen)) or "-", ",".join(sorted(j.untrue)) or "-"
    return ",".join(sorted(j.true)) or "-", ",".join(j.reasons) or "-"


def _mistakes(what: str, found: list[Judgement], most: int, texts: dict[str, LabelledMessage]) -> None:
    if not found or not most:
        return
    say()
    say(paint(f"{len(found)} {what}", bold=True))
    rows = [
        (
            f"{j.score:.3f}",
            printable(j.id)[:40],
            *_taken_for(j),
            printable(j.why)[:100],
        )
        for j in found[:most]
    ]
    for judgement, line in zip(found[:most], columns(rows), strict=True):
        say(line)
        if record := texts.get(judgement.place):
            text = " ".join(f"{record.subject} | {record.body}".split())
            say(paint(f"       {printable(text[:_TEXT])}", dim=True))
