"""Shows a decision from what is remembered of it: the sums, and no text."""

from __future__ import annotations

import errno
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from segl.cli.output import Exit, fail, fail_of, paint, printable, say, say_json
from segl.counted import counted
from segl.errors import SeglError
from segl.places import DEFAULT_FILE
from segl.vocabulary import Decision

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection, Engine

    from segl.decisions.record import Best, DecisionRecord
    from segl.scope import Scope
    from segl_classifier.tuning.again import Terms

_ID = re.compile(r"[0-9a-f]{6,64}|[0-9A-Za-z]{10,20}|<?[^<>\s/]+@[^<>\s/]+>?")


def looks_like_id(name: str) -> bool:
    """Whether an argument names a message that was decided on, and no file."""
    return _ID.fullmatch(name) is not None and not _is_there(Path(name))


def _is_there(file: Path) -> bool:
    """Also where that may not be asked; no file has so long a name as a Message-ID can be."""
    try:
        return file.exists()
    except OSError as error:
        return error.errno != errno.ENAMETOOLONG


def named(connection: Connection, name: str) -> list[DecisionRecord]:
    """The records of the message *name*: by id, queue id, or the Message-ID of one that went securely."""
    from segl.decisions import kept
    from segl.receipts import lookup

    if found := kept.find(connection, name):
        return found
    sent = lookup.find(connection, name) if "@" in name else []
    return [record for message in sent for record in kept.find(connection, message.id)]


def one_named(engine: Engine, name: str, scope: Scope) -> DecisionRecord:
    """Ends the run when there is none that *scope* shows, or several."""
    from segl.store.engine import transaction

    with transaction(engine) as connection:
        found = [record for record in named(connection, name) if scope.shows(record.domain)]
    if not found:
        hint = "its time is over, it was to own domains alone, or it came in this moment: segl decisions list"
        fail(f"no decision {name} is remembered", hint, Exit.FAILED)
    if len(found) > 1:
        fail(f"{name} names several decisions", f"one is {found[0].id}; segl decisions list shows all")
    return found[0]


def explain_ids(
    names: Sequence[str], file: Path | None, extra: Sequence[Path], organisation: str = "", *, as_json: bool
) -> list[Decision]:
    """``segl explain ID…``; what was decided."""
    from segl.cli.organisation import scope_of
    from segl.cli.sealed import store_of
    from segl_classifier.tuning.again import Terms

    decisions = []
    with store_of(file or DEFAULT_FILE, scoped=True) as (settings, engine):
        scope = scope_of(settings, organisation)
        try:
            terms = Terms.of(settings, extra)
        except SeglError as error:
            fail_of(error)
        for name in names:
            record = one_named(engine, name, scope)
            if as_json:
                say_json(told(engine, record, terms))
            else:
                show(engine, record, terms)
            decisions.append(record.verdict)
    return decisions


def told(engine: Engine, record: DecisionRecord, terms: Terms) -> dict[str, Any]:
    """The record, and what is known beside it, as JSON."""
    from segl.decisions import feedback
    from segl.store.engine import transaction
    from segl_classifier.tuning.again import by_another_model

    now = terms.decide(record)
    with transaction(engine) as connection:
        said = feedback.read(connection, record.id)
        ways = _ways(connection, record.id)
    return {
        **record.as_dict(),
        "ways": dict(ways),
        "feedback": None if said is None else said.as_dict(),
        "by_present_rules": {"verdict": now.decision.value, "why": list(now.reasons)},
        "model_changed": by_another_model(record, terms.model),
    }


def show(engine: Engine, record: DecisionRecord, terms: Terms) -> None:
    """The record in words: what was read, the sums by the present rules, and what was decided then."""
    from segl.cli.explain import show_arithmetic
    from segl.decisions import feedback
    from segl.store.engine import transaction
    from segl_classifier.decide import weigh_all
    from segl_classifier.explain import whys_of
    from segl_classifier.tuning.again import by_another_model, findings_of, outdated, understanding_of

    rules, model = terms.rules, terms.model
    with transaction(engine) as connection:
        said = feedback.read(connection, record.id)
        ways = _ways(connection, record.id)
    say(paint(f"{record.id}  {when(record.at)}", bold=True))
    say(f"  from      {record.domain or '-'} to {record.recipients}, {record.size} bytes, {record.ms:.0f} ms")
    chars = ", ".join(f"{place} {number}" for place, number in sorted(record.chars.items()))
    passages = (
        f"; {counted(record.said.windows, 'passage')}, {record.said.read} by the encoder"
        if record.said
        else ""
    )
    say(f"  read      {chars or 'nothing'} characters{passages}")
    if ways:
        say(f"  ways      {', '.join(f'{way} {number}' for way, number in ways.items())}")
    for best in record.said.best if record.said else ():
        say(paint(f"  {_passage(best)}", dim=True))
    understanding = understanding_of(record) if model is not None else None
    findings = list(findings_of(record, rules))
    weighings = weigh_all(findings, rules, terms.strictness, model=model, understanding=understanding)
    show_arithmetic(terms.decide(record), weighings, whys_of(findings, rules))
    if record.rules != rules.digest[:16] or outdated(record, rules):
        say(paint("the sums are by the present rules; it was decided by others", "yellow"))
    if by_another_model(record, model):
        say(
            paint(
                "the model has changed since: its scores are those of then, the thresholds are today's",
                "yellow",
            )
        )
    say(f"decided: {record.verdict} ({', '.join(record.why) or 'nothing'}), mode {record.mode}")
    if said is not None:
        say(f"feedback: {said.says} by {printable(said.by)}, {when(said.at)} {printable(said.note)}".rstrip())


def when(moment: float) -> str:
    import time

    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(moment))


_STAGES = {1: "linear stage", 2: "encoder stage", 3: "sieve stage"}  # segl_classifier.understanding.interface


def _passage(best: Best) -> str:
    lowered = "".join(f", {step}" for step in best.lowered)
    stage = _STAGES.get(best.stage, best.stage)
    return f"model: {best.label or 'anything'} {best.score:.2f} in {best.place}, {stage}{lowered}"


def _ways(connection: Connection, name: str) -> Counter[str]:
    """How many recipients went which way, as far as receipts know."""
    from segl.receipts.records import read

    message = read(connection, name)
    lines = message.lines if message else ()
    return Counter(line.way.value if line.way else line.state.value for line in lines)
