"""``segl sealed list|show|revoke|extend|resend|adopt``: sealed messages, without their content."""

from __future__ import annotations

import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from segl.cli.options import JsonLines, SettingsFile
from segl.cli.organisation import Organisation, refuse_bound, scope_of
from segl.cli.output import minute, printable
from segl.cli.person import me
from segl.places import DEFAULT_FILE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.engine import Engine

    from segl.scope import Scope
    from segl.sealed.overview import CopySeen, MessageSeen, State
    from segl.settings.document import Settings

Message = Annotated[
    str, typer.Argument(metavar="ID", help="The message's id, or at least six digits of its beginning.")
]

app = typer.Typer(
    help="Sealed messages: who wrote to whom, and what became of it.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command("list")
def list_(
    sender: Annotated[str, typer.Option("--from", help="Only from this address, or part of one.")] = "",
    recipient: Annotated[str, typer.Option("--to", help="Only to this address, or part of one.")] = "",
    live: Annotated[bool, typer.Option("--live", help="Only those that can still be opened.")] = False,
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help="At most so many.")] = 50,
    organisation: Organisation = "",
    as_json: JsonLines = False,
    settings: SettingsFile = DEFAULT_FILE,
) -> None:
    """List the sealed messages, the newest first: one line for each recipient."""
    from segl.cli.output import columns, say, say_json, tell_of_more
    from segl.sealed.overview import list_messages

    with store_of(settings, scoped=True) as (loaded, engine):
        found = list_messages(
            engine,
            shows=scope_of(loaded, organisation).shows,
            sender=sender or None,
            recipient=recipient or None,
            live=True if live else None,
            limit=limit + 1,
        )
    if as_json:
        for message in found[:limit]:
            say_json(_as_dict(message))
        return
    rows = [(message, copy) for message in found[:limit] for copy in message.copies]
    states = [copy.state for _, copy in rows]
    lines = columns(
        (
            copy.state.value,
            message.id[:12],
            minute(message.created_at),
            printable(message.sender or "<>"),
            printable(copy.recipient),
            f"until {_date(message.expires_at)}",
        )
        for message, copy in rows
    )
    for state, line in zip(states, lines, strict=True):
        word, _, rest = line.partition(" ")
        say(f"{_painted(state, word)} {rest}")
    if not rows:
        say("there is none")
    if len(found) > limit:
        tell_of_more(limit)


@app.command()
def show(
    message: Message,
    organisation: Organisation = "",
    as_json: JsonLines = False,
    settings: SettingsFile = DEFAULT_FILE,
) -> None:
    """Show one message: each recipient's copy, and what the audit trail says of it."""
    from segl import audit
    from segl.cli.output import say, say_json

    with store_of(settings, scoped=True) as (loaded, engine):
        found = _one(engine, message, scope_of(loaded, organisation))
        subjects = (found.id, *(copy.id for copy in found.copies))
        trail = sorted(
            (entry for subject in subjects for entry in audit.entries(engine, subject=subject)),
            key=lambda entry: entry.number,
        )
    if as_json:
        from segl.cli.audit import as_dict

        say_json({**_as_dict(found), "trail": [as_dict(entry) for entry in trail]})
        return
    end = "can be opened until" if found.live else "gone; its end was"
    say(f"{found.id}  from {printable(found.sender or '<>')}  {minute(found.created_at)}, {found.size} bytes")
    say(f"  {end} {minute(found.expires_at)}{'; a new link can be made' if found.spare else ''}")
    if found.envelope_id:
        say(f"  receipts know it as {printable(found.envelope_id)}")
    for copy in found.copies:
        say(f"  {_painted(copy.state, copy.state.value)}  {printable(copy.recipient)}{_guards(copy)}")
    names = {copy.id: copy.recipient for copy in found.copies}
    for entry in trail:
        about = names.get(entry.subject, "")
        by = "" if entry.actor == about else f" by {entry.actor}"
        facts = ", ".join(_fact(name, value) for name, value in entry.facts.items() if value is not False)
        line = f"{minute(entry.at)}  {entry.act}  {about}{by}{f' ({facts})' if facts else ''}"
        say(f"    {printable(' '.join(line.split(' ')))}")


@app.command()
def revoke(
    message: Message,
    organisation: Organisation = "",
    as_json: JsonLines = False,
    settings: SettingsFile = DEFAULT_FILE,
) -> None:
    """Nobody can open the message any more: its keys are deleted at once. There is no way back.

    With it goes what else was sealed of the same mail: for recipients whose turn came later, or again.

    Exit code: 0 done, 1 it was gone already.
    """
    from segl.cli.output import Exit, fail, say, say_json
    from segl.events import Events
    from segl.sealed import life
    from segl.sealed.belonging import storage_of

    with store_of(settings, scoped=True) as (loaded, engine):
        found = _one(engine, message, scope_of(loaded, organisation))
        done = life.revoke(engine, storage_of(loaded.portal, engine), found.id, time.time(), actor=me())
    if not done:
        fail(f"{found.id} had ended already", "segl sealed show says when", Exit.FAILED)
    events = Events("segl-sealed")
    for one in done:
        events.sealed_revoked(one, me())
    if as_json:
        say_json({"id": found.id, "revoked": True, "messages": done})
        return
    for one in done:
        say(f"{one} is revoked: its links open nothing now")
    if len(done) > 1:
        say(f"these {len(done)} were sealed of one mail")


@app.command()
def adopt(as_json: JsonLines = False, settings: SettingsFile = DEFAULT_FILE) -> None:
    """Take the place that the settings name for the one where our sealed messages lie.

    For a place that was moved or restored, with what is in it: Segl writes to none that does not bear its store's id.
    """
    from segl.cli.output import Exit, fail, say, say_json
    from segl.errors import SeglError
    from segl.sealed.belonging import storage_of

    with store_of(settings) as (loaded, engine):
        place = storage_of(loaded.portal, engine)
        try:
            before = place.adopt()
        except SeglError as error:
            fail(error.private, error.hint, Exit.FAILED)
    if as_json:
        say_json({"place": place.name, "before": before})
    else:
        say(f"{place.name} bears our store's id now" + (f"; it bore another ({before})" if before else ""))


@app.command()
def extend(
    message: Message,
    days: Annotated[int, typer.Option("--days", min=1, max=3650, help="From today.")],
    organisation: Organisation = "",
    as_json: JsonLines = False,
    settings: SettingsFile = DEFAULT_FILE,
) -> None:
    """The message can be read for so many days from today, to the end of the last. Wrong codes count anew.

    Exit code: 0 done, 1 it has ended.
    """
    from datetime import datetime

    from segl.cli.output import Exit, fail, say, say_json
    from segl.nodes import not_behind
    from segl.sealed import life
    from segl_delivery.sealing.seal import end_of_day

    with store_of(settings, scoped=True) as (loaded, engine):
        found = _one(engine, message, scope_of(loaded, organisation))
        now = not_behind(engine, time.time())
        until = end_of_day(datetime.fromtimestamp(now), days).timestamp()
        done = life.extend(engine, found.id, until, now, actor=me())
    if not done:
        fail(f"{found.id} has ended: its keys are gone", "ask the sender to send it again", Exit.FAILED)
    if as_json:
        say_json({"id": found.id, "expires_at": until})
    else:
        say(f"{found.id} can be read until {minute(until)}")


@app.command()
def resend(
    message: Message,
    recipient: Annotated[
        str, typer.Option("--to", help="To this recipient; else to all who have not opened it.")
    ] = "",
    organisation: Organisation = "",
    as_json: JsonLines = False,
    settings: SettingsFile = DEFAULT_FILE,
) -> None:
    """Send another notice. With portal.resend_key it has a new link; without, it reminds of the first mail.

    Exit code: 0 sent, 1 not to all, or there is nobody to send to.
    """
    from segl.cli.output import Exit, complain, fail, fail_of, say, say_json
    from segl.errors import SeglError
    from segl.events import Events
    from segl.mail.return_port import ReturnPort
    from segl_delivery.sealing.resending import Resender

    with store_of(settings, scoped=True) as (loaded, engine):
        found = _one(engine, message, scope_of(loaded, organisation))
        port = ReturnPort.at(loaded.reinject, loaded.delivery.reinject_seconds)
        resender = Resender(loaded, engine, port, Events("segl-sealed"), me())
        if not resender.whom(found, recipient):
            fail(*_nobody(found, recipient), Exit.FAILED)
        try:
            sent = resender.resend(found, recipient, time.time())
        except SeglError as error:
            fail_of(error)
    for one in sent:
        if as_json:
            say_json(
                {"id": found.id, "recipient": one.recipient, "new_link": one.link, "error": one.error or None}
            )
        elif one.error:
            complain(f"{one.recipient}: {one.error}")
        elif one.link:
            say(f"{printable(one.recipient)}: a new link is on its way; the first goes on working")
        else:
            say(
                f"{printable(one.recipient)}: a reminder is on its way, without a link: only the first mail has it"
            )
    raise typer.Exit(Exit.FAILED if any(one.error for one in sent) else Exit.OK)


@contextmanager
def store_of(file: Path, *, scoped: bool = False) -> Iterator[tuple[Settings, Engine]]:
    """The settings and the store. One that is not there is not made: it would belong to whoever ran the command.

    *scoped*: the command tells of nothing but what :func:`segl.cli.organisation.scope_of` shows; any other ends for
    whoever is bound to an organisation. Behind sudo no settings count but root's (:mod:`segl.cli.trusted`)."""
    from segl.cli.output import fail_of
    from segl.cli.trusted import trusted_settings
    from segl.errors import SeglError
    from segl.events import configure_log
    from segl.store.engine import open_existing

    configure_log("console", "error")
    try:
        settings = trusted_settings(file)
        if not scoped:
            refuse_bound(settings)
        engine = open_existing(settings.store.url)
        try:
            yield settings, engine
        finally:
            engine.dispose()
    except SeglError as error:
        fail_of(error)


def _one(engine: Engine, prefix: str, scope: Scope) -> MessageSeen:
    from segl.cli.output import Exit, fail
    from segl.sealed.overview import find_messages
    from segl.store.beginnings import LEAST_OF_ID

    wanted = prefix.lower()
    if len(wanted) < LEAST_OF_ID or set(wanted) - set("0123456789abcdef"):
        fail(f"{prefix!r} is no id", "segl sealed list shows them; the first six digits are enough")
    found = find_messages(engine, wanted, scope.shows)
    if not found:
        fail(f"no sealed message {prefix}", "segl sealed list shows them", Exit.FAILED)
    if len(found) > 1:
        fail(f"several ids begin with {prefix}", "give more of its digits")
    return found[0]


def _nobody(found: MessageSeen, recipient: str) -> tuple[str, str]:
    """Why nobody can be sent another notice, and what to do."""
    from segl.sealed.overview import State

    if recipient and recipient.casefold() not in {copy.recipient.casefold() for copy in found.copies}:
        return f"{found.id} was not sealed for {recipient}", "segl sealed show names its recipients"
    if all(copy.state in (State.EXPIRED, State.REVOKED) for copy in found.copies):
        return f"{found.id} has ended: its keys are gone", "ask the sender to send it again"
    hint = "segl sealed show tells who has opened it; name one with --to"
    return f"{found.id} has nobody to send to", hint


def _fact(name: str, value: object) -> str:
    words = "a new link can be made" if name == "spare" else name.replace("_", " ")
    if name == "until" and isinstance(value, float):
        return f"{words} {minute(value)}"
    return words if value is True else f"{words} {value}"


def _as_dict(message: MessageSeen) -> dict[str, Any]:
    return {
        "id": message.id,
        "sender": message.sender,
        "size": message.size,
        "created_at": message.created_at,
        "expires_at": message.expires_at,
        "envelope_id": message.envelope_id,
        "live": message.live,
        "new_link_possible": message.spare,
        "recipients": [
            {
                "id": copy.id,
                "recipient": copy.recipient,
                "state": copy.state.value,
                "phone": _masked(copy.phone),
                "phrase": copy.phrase,
                "notified_at": copy.notified_at,
                "opened_at": copy.opened_at,
                "answered_at": copy.answered_at,
                "reminded_at": copy.reminded_at,
                "revoked_at": copy.revoked_at,
                "answers": copy.answers,
            }
            for copy in message.copies
        ],
    }


def _guards(copy: CopySeen) -> str:
    told = []
    if copy.phone:
        told.append(f"codes to {_masked(copy.phone)}")
    if copy.phrase:
        told.append("with a phrase")
    if copy.answers:
        told.append(f"{copy.answers} answer{'' if copy.answers == 1 else 's'}")
    return f"  ({', '.join(told)})" if told else ""


def _masked(phone: str | None) -> str | None:
    """``+45xxxxxx78``."""
    return None if phone is None else phone[:3] + "x" * (len(phone) - 5) + phone[-2:]


def _painted(state: State, word: str) -> str:
    from segl.cli.output import paint
    from segl.sealed.overview import State

    colours = {
        State.WAITING: typer.colors.YELLOW,
        State.OPENED: typer.colors.GREEN,
        State.ANSWERED: typer.colors.GREEN,
        State.REVOKED: typer.colors.RED,
    }
    return paint(word, colours.get(state), dim=state in (State.EXPIRED, State.UNSENT))


def _date(at: float) -> str:
    return minute(at)[:10]
