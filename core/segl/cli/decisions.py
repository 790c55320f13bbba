"""``segl decisions list|show``: what is remembered of the decisions on messages. No text, no address."""

from __future__ import annotations

import time
from itertools import islice
from typing import TYPE_CHECKING, Annotated

import typer

from segl.cli.options import JsonLines, SettingsFile
from segl.cli.organisation import Organisation
from segl.days import DAY_SECONDS
from segl.places import DEFAULT_FILE
from segl.vocabulary import Decision, Label

if TYPE_CHECKING:
    from segl.decisions.record import DecisionRecord


app = typer.Typer(
    help="Decisions on messages: rule ids, scores, lengths; no text.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command(name="list")
def list_(
    verdict: Annotated[Decision | None, typer.Option("--verdict", help="Only with this verdict.")] = None,
    label: Annotated[Label | None, typer.Option("--label", help="Only of this category.")] = None,
    rule: Annotated[str, typer.Option("--rule", help="Only where this rule found something.")] = "",
    domain: Annotated[str, typer.Option("--domain", help="Only of senders of this domain.")] = "",
    organisation: Organisation = "",
    days: Annotated[float, typer.Option("--days", min=0, help="Only of the last days.")] = 30,
    limit: Annotated[int, typer.Option("--limit", min=1, max=100_000, help="At most so many.")] = 20,
    as_json: JsonLines = False,
    settings: SettingsFile = DEFAULT_FILE,
) -> None:
    """List decisions, the newest first."""
    from segl.addresses import normal_domain
    from segl.cli.organisation import scope_of
    from segl.cli.output import columns, fail, paint, say, say_json, tell_of_more
    from segl.cli.sealed import store_of
    from segl.decisions import kept

    try:
        domain = normal_domain(domain) if domain else ""
    except ValueError as error:
        fail(f"--domain: {error}")
    since = time.time() - days * DAY_SECONDS
    with store_of(settings, scoped=True) as (loaded, engine):
        scope = scope_of(loaded, organisation)
        found = islice(
            kept.backwards(
                engine, since, domain=domain, verdict=verdict, label=label, rule=rule, of=scope.shows
            ),
            limit if as_json else limit + 1,
        )
        if as_json:  # one by one: a hundred thousand take their time, and a reader may have seen enough
            for record in found:
                say_json(record.as_dict())
            return
        listed = [_row(record) for record in found]
    rows = [("when", "verdict", "domain", "why", "queue id", "id"), *listed[:limit]]
    for number, line in enumerate(columns(rows)):
        say(paint(line, bold=not number))
    if len(listed) > limit:
        tell_of_more(limit)


@app.command()
def show(
    message: Annotated[
        str, typer.Argument(metavar="ID", help="Its id, the beginning of it, its queue id or Message-ID.")
    ],
    organisation: Organisation = "",
    as_json: JsonLines = False,
    settings: SettingsFile = DEFAULT_FILE,
) -> None:
    """Show one decision with its sums, as segl explain ID does.

    Exit code: 0, 1 when none is remembered, 2 bad settings or no store.
    """
    from segl.cli.decided import explain_ids

    explain_ids([message], settings, [], organisation, as_json=as_json)


def _row(record: DecisionRecord) -> tuple[str, ...]:
    from segl.cli.decided import when

    return (
        when(record.at),
        record.verdict.value,
        record.domain or "-",
        ", ".join(record.why) or "-",
        record.queue_id or "-",
        record.id[:32],
    )
