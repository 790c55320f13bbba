"""``segl feedback ID wrong|right`` and ``segl feedback list``: what people say of decisions. It changes no rule."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

import typer

from segl.cli.options import JsonLines, SettingsFile
from segl.cli.organisation import Organisation
from segl.places import DEFAULT_FILE

if TYPE_CHECKING:
    from sqlalchemy.engine import Engine

    from segl.decisions.record import DecisionRecord
    from segl.decisions.said import Feedback
    from segl.scope import Scope

_LIST = "list"


def feedback(
    message: Annotated[
        str,
        typer.Argument(
            metavar="ID|list",
            help="A decision's id, the beginning of it, its queue id or Message-ID; or the word list.",
        ),
    ],
    says: Annotated[str, typer.Argument(metavar="wrong|right", help="Whether it was decided rightly.")] = "",
    note: Annotated[str, typer.Option("--note", help="Why, in a few words; numbers are masked.")] = "",
    limit: Annotated[
        int, typer.Option("--limit", min=1, max=100_000, help="With list: at most so many.")
    ] = 20,
    organisation: Organisation = "",
    as_json: JsonLines = False,
    settings: SettingsFile = DEFAULT_FILE,
) -> None:
    """Note whether a decision was right, or list what was said, the newest first.

    wrong: it went securely and was not sensitive, or it was sensitive and did not. The latest word counts; said
    again it changes nothing. Senders say it by the link in their receipt. No rule changes by it: segl rules cost,
    segl thresholds and the weekly report show what it comes to.

    Exit code: 0, 1 when no such decision is remembered, 2 bad input.
    """
    from segl.cli.organisation import scope_of
    from segl.cli.output import fail
    from segl.cli.sealed import store_of
    from segl.decisions.said import Says

    if message != _LIST and says not in set(Says):
        fail(f"{says!r} is neither wrong nor right" if says else "was the decision wrong or right?")
    if message == _LIST and (says or note):
        fail("list takes nothing more", "segl feedback ID wrong|right")
    with store_of(settings, scoped=True) as (loaded, engine):
        scope = scope_of(loaded, organisation)
        if message == _LIST:
            _show(engine, scope, limit, as_json)
        else:
            _note(engine, scope, message, Says(says), note, as_json)


def _note(engine: Engine, scope: Scope, message: str, says: str, note: str, as_json: bool) -> None:
    from segl.cli.decided import one_named
    from segl.cli.output import say, say_json
    from segl.cli.person import me
    from segl.decisions import feedback
    from segl.decisions.said import Says
    from segl.store.engine import transaction

    record = one_named(engine, message, scope)
    with transaction(engine) as connection:
        new = feedback.say(connection, record.id, Says(says), me(), time.time(), note)
        said = feedback.read(connection, record.id)
    if as_json:
        say_json({**(said.as_dict() if said else {}), "new": new})
        return
    was = f"{record.verdict} ({', '.join(record.why) or 'nothing'})"
    say(f"{record.id[:32]}: {was} was {says}{'' if new else ', as was said before'}")


def _show(engine: Engine, scope: Scope, limit: int, as_json: bool) -> None:
    from segl.cli.decided import when
    from segl.cli.output import columns, paint, printable, say, say_json
    from segl.decisions import feedback, kept
    from segl.store.engine import transaction

    found: list[Feedback] = []
    records: dict[str, DecisionRecord | None] = {}
    with transaction(engine) as connection:
        for said in feedback.latest(connection):
            record = next(iter(kept.find(connection, said.id)), None)
            if scope.shows(None if record is None else record.domain):
                found.append(said)
                records[said.id] = record
            if len(found) >= limit:
                break
    rows = [("when", "says", "by", "verdict", "why", "id", "note")]
    for said in found:
        record = records[said.id]
        if as_json:
            known = {"verdict": record.verdict, "why": list(record.why)} if record else {}
            say_json({**said.as_dict(), **known})
            continue
        verdict, why = (record.verdict.value, ", ".join(record.why) or "-") if record else ("-", "-")
        rows.append(
            (
                when(said.at),
                said.says.value,
                printable(said.by),
                verdict,
                why,
                said.id[:32],
                printable(said.note),
            )
        )
    for number, line in enumerate([] if as_json else columns(rows)):
        say(paint(line, bold=not number))
