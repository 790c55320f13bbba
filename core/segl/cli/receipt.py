"""``segl receipt``: what became of messages that went the secure way, from the store."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from segl.cli.options import JsonLines, SettingsFile
from segl.cli.organisation import Organisation, scope_of
from segl.cli.output import minute
from segl.places import DEFAULT_FILE
from segl.receipts.states import State

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from sqlalchemy.engine import Connection

    from segl.receipts.records import SentMessage
    from segl.receipts.states import Line
    from segl.settings.document import Settings
    from segl_delivery.receipts.since import Fates, Since
    from segl_delivery.receipts.view import Tls

app = typer.Typer(no_args_is_help=True, add_completion=False, rich_markup_mode=None)

_COLOUR = {
    State.SENT: typer.colors.GREEN,
    State.SEALED: typer.colors.YELLOW,
    State.FAILED: typer.colors.RED,
    State.DELAYED: typer.colors.MAGENTA,
    State.PENDING: typer.colors.MAGENTA,
}
_COLOUR_SINCE = {"opened": typer.colors.GREEN, "revoked": typer.colors.RED, "ended": typer.colors.RED}


@app.command()
def show(
    name: Annotated[
        str,
        typer.Argument(
            metavar="MESSAGE-ID|ENVELOPE-ID", help="Which message; a Message-ID in quotes, with its brackets."
        ),
    ],
    organisation: Organisation = "",
    as_json: Annotated[
        bool,
        typer.Option("--json", help="As in the receipt's machine-readable part (docs/receipt-schema.md)."),
    ] = False,
    settings: SettingsFile = DEFAULT_FILE,
) -> None:
    """Show what is known of one message, recipient by recipient.

    Exit code: 0, 1 when no such message is known, 2 bad settings or no store.
    """
    from segl.cli.output import Exit, fail, fail_of, say, say_json
    from segl.errors import SeglError
    from segl.receipts.lookup import find
    from segl_delivery.receipts.machine import machine_form
    from segl_delivery.receipts.since import fates_of
    from segl_delivery.receipts.writer import tls_of

    try:
        with _store(settings) as (loaded, connection):
            scope = scope_of(loaded, organisation)
            messages = [
                one for one in (find(connection, _known(name)) if name else []) if scope.shows(one.domain)
            ]
            found = [(message, tls_of(connection, message, loaded)) for message in messages]
            now = time.time()
            fates = fates_of(connection, (line for one in messages for line in one.lines), now)
            later = {message.id: _later(connection, message) for message, _ in found}
    except SeglError as error:
        fail_of(error)
    if len(found) > 1 and all(one.id.startswith(name) for one, _ in found):
        fail(f"several ids begin with {name}", "give more of its digits")
    if not found:
        hint = "it went the ordinary way, nothing was heard of it yet, or its time is over"
        fail(f"no secure message {name} is known", hint, Exit.FAILED)
    for message, tls in found:
        if as_json:
            form = machine_form(message, None, tls, number=message.told.receipts, now=now, fates=fates)
            for line in form["recipients"]:
                line.update(later[message.id].get(line["recipient"], {}))
            say_json(form)
            continue
        for text in _told(message, tls, later[message.id], fates):
            say(text)


@app.command(name="list")
def list_(
    sender: Annotated[str, typer.Option("--sender", metavar="ADDRESS", help="Only of this sender.")] = "",
    state: Annotated[
        State | None,
        typer.Option("--state", help="Only with a recipient in this state; sealed: opened since or not."),
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help="At most so many.")] = 20,
    organisation: Organisation = "",
    as_json: JsonLines = False,
    settings: SettingsFile = DEFAULT_FILE,
) -> None:
    """List messages that went the secure way, the newest first."""
    from segl.cli.output import columns, fail_of, paint, printable, say, say_json, tell_of_more
    from segl.errors import SeglError
    from segl.receipts.lookup import latest
    from segl.receipts.of_owner import of_scope
    from segl_delivery.receipts.machine import machine_form
    from segl_delivery.receipts.since import fates_of
    from segl_delivery.receipts.writer import tls_of

    try:
        with _store(settings) as (loaded, connection):
            among = of_scope(connection, scope_of(loaded, organisation))
            found = latest(connection, limit + 1, sender=_known(sender), state=state, among=among)
            more, found = len(found) > limit, found[:limit]
            tls = {message.id: tls_of(connection, message, loaded) for message in found} if as_json else {}
            now = time.time()
            fates = fates_of(connection, (line for one in found for line in one.lines), now)
    except SeglError as error:
        fail_of(error)
    if as_json:
        for message in found:
            number = message.told.receipts
            say_json(machine_form(message, None, tls[message.id], number=number, now=now, fates=fates))
        return
    rows = [("when", "sender", "recipients", "id")]
    rows += [
        (minute(message.at), printable(message.sender), _summary(message, fates), message.id[:32])
        for message in found
    ]
    for number, text in enumerate(columns(rows)):
        say(paint(text, bold=not number))
    if more:
        tell_of_more(limit)


def _known(argument: str) -> str:
    """*argument* as the store may have it: bytes that are no UTF-8 stand there as the replacement character."""
    return argument.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _store(file: Path) -> AbstractContextManager[tuple[Settings, Connection]]:
    from contextlib import contextmanager

    from segl.cli.trusted import trusted_settings
    from segl.events import configure_log
    from segl.store.engine import open_existing, transaction

    @contextmanager
    def opened() -> Iterator[tuple[Settings, Connection]]:
        configure_log("console", "error")
        loaded = trusted_settings(file)
        engine = open_existing(loaded.store.url)
        try:
            with transaction(engine) as connection:
                yield loaded, connection
        finally:
            engine.dispose()

    return opened()


def _later(connection: Connection, message: SentMessage) -> dict[str, dict[str, str | None]]:
    """What became of sealed copies since: opened, answered, revoked, ended."""
    import sqlalchemy as sa

    from segl.tables.sealed import sealed_message, sealed_recipient
    from segl_delivery.receipts.machine import iso

    found: dict[str, dict[str, str | None]] = {}
    for line in message.lines:
        if not line.sealed_id:
            continue
        query = (
            sa.select(sealed_recipient, sealed_message.c.expires_at)
            .join(sealed_message)
            .where(sealed_message.c.id == line.sealed_id, sealed_recipient.c.recipient == line.recipient)
        )
        row = connection.execute(query).first()
        if row is None:
            found[line.recipient] = {"sealed": "gone"}
            continue
        moments = {name: getattr(row, f"{name}_at") for name in ("opened", "answered", "revoked", "expires")}
        found[line.recipient] = {f"{name}_at": iso(at) if at else None for name, at in moments.items()}
    return found


def _told(
    message: SentMessage, tls: dict[str, Tls], later: dict[str, dict[str, str | None]], fates: Fates
) -> Iterator[str]:
    from segl.cli.output import columns, paint, printable
    from segl_delivery.receipts.since import fate_of

    yield paint(f"{printable(message.message_id) or '(no Message-ID)'}  {minute(message.at)}", bold=True)
    yield f"  id       {message.id}"
    yield f"  from     {printable(message.sender)}"
    if message.reasons:
        yield f"  because  {', '.join(message.reasons)}"
    sent = f"{message.told.receipts} sent" + (", the last is final" if message.told.final else "")
    yield f"  receipts {sent}"
    rows, colours = [], []
    for line in message.lines:
        word, at, colour = _now(line, fate_of(line, fates))
        way = line.way.value if line.way else "-"
        evidence = _evidence(line, tls.get(line.recipient), later.get(line.recipient, {}))
        rows.append((f"  {printable(line.recipient)}", word, way, minute(at) if at else "-", evidence))
        colours.append(colour)
    for text, colour in zip(columns(rows), colours, strict=True):
        yield paint(text, colour)
    if message.unheard:
        yield f"  and {message.unheard} of whom nothing was heard"


def _evidence(line: Line, tls: Tls | None, later: dict[str, str | None]) -> str:
    from segl.cli.output import printable
    from segl.vocabulary import Way

    parts = [line.evidence, f"sealed as {line.sealed_id}" if line.sealed_id else ""]
    parts += [f"{name.removesuffix('_at')} {at}" for name, at in later.items() if at]
    if tls is not None:
        parts.append(f"{tls.level} {tls.version} {tls.cipher} {tls.host}")
    elif line.way is Way.TLS and line.state is State.SENT:
        parts.append(f"{line.host}, TLS not recorded")
    if line.state in (State.FAILED, State.DELAYED):
        parts.append(f"{line.status} {line.detail}".strip())
    return printable("; ".join(filter(None, parts)))


def _now(line: Line, since: Since | None) -> tuple[str, float, str]:
    """How it is, since when (0: not known), and in which colour: of a sealed copy what became of it since."""
    if since is None:
        return line.state.value, line.at, _COLOUR[line.state]
    return since.fate.value, since.at, _COLOUR_SINCE[since.fate]


def _summary(message: SentMessage, fates: Fates) -> str:
    """By the states that `--state` knows; of sealed copies with what became of them since."""
    from segl_delivery.receipts.since import fate_of

    counted = dict.fromkeys(map(str, State), 0)
    for line in message.lines:
        since = fate_of(line, fates)
        word = line.state.value if since is None else f"{line.state.value} ({since.fate})"
        counted[word] = counted.get(word, 0) + 1
    counted["unheard of"] = message.unheard
    return ", ".join(f"{number} {state}" for state, number in counted.items() if number)
