"""``segl audit verify|export|record``: the trail of what was done to sealed messages, and the article-30 record."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from segl.cli.options import Json, SettingsFile
from segl.counted import counted
from segl.places import DEFAULT_FILE

if TYPE_CHECKING:
    from segl.audit import Entry

_MOST_TOLD = 20


app = typer.Typer(
    help="The audit trail: what was done to messages; the record of processing activities.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command()
def verify(
    head: Annotated[
        str, typer.Option("--head", help="NUMBER:HASH as noted before (the log has one each hour).")
    ] = "",
    as_json: Json = False,
    settings: SettingsFile = DEFAULT_FILE,
) -> None:
    """Go through the whole chain: no entry changed, taken out, put in or moved. And through the records of decisions
    that are kept: all are as they were written.

    With --head also that nothing before it was cut off or written anew; without it the end is not proven, and that is
    said. Exit code: 0 whole, 1 broken, 2 bad input.
    """
    from segl import audit
    from segl.cli.bar import bar
    from segl.cli.output import Exit, complain, fail, paint, say, say_json
    from segl.cli.sealed import store_of
    from segl.decisions import kept

    try:
        known = audit.Head.parse(head) if head else None
    except ValueError as error:
        fail(f"--head: {error}", "look for audit_head in the log of segl-deliver")
    with store_of(settings) as (_, engine), bar(2 * audit.head(engine).number, counted=True) as shown:
        found = audit.verify(engine, known, shown.advance)
        records = kept.verify(engine, shown.advance)
    whole = found.broken is None and not records.broken
    if as_json:
        say_json(
            {
                "whole": whole,
                "entries": found.entries,
                "head": str(found.head),
                "end_proven": known is not None and found.broken is None,
                "broken": found.broken,
                "why": found.why or None,
                "decisions": {
                    "records": records.records,
                    "batches": records.batches,
                    "forgotten": records.forgotten,
                    "broken": list(records.broken),
                },
            }
        )
    elif whole:
        say(
            f"{paint('whole', typer.colors.GREEN)}: {counted(found.entries, 'entry', 'entries')}, head {found.head}"
        )
        if known is None:
            say("not proven: that its end was not cut off; give --head with one from the log of segl-deliver")
        over = f"; the time of {records.forgotten} more was over" if records.forgotten else ""
        are = "is as it was" if records.records == 1 else "are as they were"
        say(
            f"{counted(records.records, 'record')} of decisions in {counted(records.batches, 'batch', 'batches')}"
            f" {are} written{over}"
        )
    elif found.broken is not None:
        hint = f"{found.entries} entries before it follow each other; compare with an earlier export"
        complain(f"the trail is broken at entry {found.broken}: {found.why}", hint)
    for problem in () if as_json else records.broken[:_MOST_TOLD]:
        complain(f"decisions: {problem}")
    raise typer.Exit(Exit.OK if whole else Exit.FAILED)


@app.command()
def export(
    subject: Annotated[str, typer.Option("--about", help="Only this message or copy (its whole id).")] = "",
    since: Annotated[
        datetime | None, typer.Option("--since", formats=["%Y-%m-%d"], help="From this day on.")
    ] = None,
    masked: Annotated[bool, typer.Option("--masked", help="Of addresses only the domain.")] = False,
    settings: SettingsFile = DEFAULT_FILE,
) -> None:
    """Write the trail as JSON, an entry a line, with its hash."""
    from segl import audit
    from segl.cli.output import complain, say_json
    from segl.cli.sealed import store_of

    written = False
    with store_of(settings) as (_, engine):
        begin = since.timestamp() if since is not None else 0.0
        for entry in audit.entries(engine, subject=subject or None, since=begin):
            told = as_dict(entry)
            say_json({**told, "actor": masked_address(entry.actor)} if masked else told)
            written = True
    if subject and not written:
        complain(
            f"no entry of the trail is about {subject}",
            "the whole id, as `segl sealed show` and `segl decisions show` have it",
        )


@app.command("settings")
def settings_(
    as_json: Json = False,
    settings: SettingsFile = DEFAULT_FILE,
) -> None:
    """Note the settings and rules as they are now, under your name; say what has changed.

    Segl's processes note each change when it comes into force, and cannot know who made it. Run after an edit, and
    before the reload, this can (behind sudo too). Values are never written, only which keys and files changed.
    """
    from segl.cli.output import paint, printable, say, say_json
    from segl.cli.person import me
    from segl.cli.sealed import store_of
    from segl.left_rules import rule_digests
    from segl.settings.trail import note, note_files
    from segl_classifier.rules import named_files

    with store_of(settings) as (loaded, engine):
        changes = [note(engine, loaded, settings, me())]
        changes.append(note_files(engine, rule_digests(named_files(loaded.detection.rules)), me()))
    found = [change for change in changes if change is not None]
    if as_json:
        say_json(
            {
                change.file: {
                    "digest": change.digest,
                    "changed": change.changed,
                    "added": change.added,
                    "removed": change.removed,
                }
                for change in found
            }
        )
        return
    for change in found:
        say(f"{paint('noted', typer.colors.YELLOW)}: {printable(change.file)}")
        for what, names in (
            ("changed", change.changed),
            ("added", change.added),
            ("removed", change.removed),
        ):
            for name in names:
                say(f"  {what} {printable(name)}")
    if not found:
        say("nothing has changed since it was noted last")


@app.command()
def record(
    organisation: Annotated[
        str, typer.Option("--organisation", metavar="NAME", help="That of this one of several.")
    ] = "",
    settings: SettingsFile = DEFAULT_FILE,
) -> None:
    """Write the record of processing activities (GDPR article 30), in Danish, from the settings.

    Markdown on standard output. What only the organisation knows is left open.
    """
    from segl.article30 import record as written
    from segl.cli.organisation import named_owner
    from segl.cli.output import fail_of, say
    from segl.cli.trusted import trusted_settings
    from segl.errors import SeglError

    try:
        loaded = trusted_settings(settings)
        say(written(loaded, named_owner(loaded, organisation)).rstrip())
    except SeglError as error:
        fail_of(error)


def as_dict(entry: Entry) -> dict[str, Any]:
    return {
        "number": entry.number,
        "at": entry.at,
        "act": entry.act,
        "subject": entry.subject,
        "actor": entry.actor,
        "facts": dict(entry.facts),
        "hash": entry.hash.hex(),
    }


def masked_address(actor: str) -> str:
    """``b…@vestby.example``; what is no address stays."""
    local, at, domain = actor.rpartition("@")
    return f"{local[:1]}…@{domain}" if at else actor
