"""``segl hold list|show|release|reject|tell``: messages that wait until a person has decided."""

from __future__ import annotations

import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from segl.cli.options import Json, JsonLines, SettingsFile
from segl.cli.organisation import Organisation
from segl.cli.output import minute
from segl.places import DEFAULT_FILE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from segl.postfix.hold_queue import Held, Listed, Unread
    from segl.postfix.holding import Holding

Message = Annotated[
    str, typer.Argument(metavar="ID", help="Its id, the beginning of it, or Postfix's queue id.")
]
# For one answer, four times that for a mail: they are small, and of many in a run, which is ended after five minutes
# (segl-hold.service), one must not take it all.
MAIL_SECONDS = 15.0

app = typer.Typer(
    help="Messages on hold: list, show, release, reject.", no_args_is_help=True, rich_markup_mode=None
)


@app.command("list")
def list_(
    organisation: Organisation = "",
    as_json: JsonLines = False,
    settings: SettingsFile = DEFAULT_FILE,
) -> None:
    """List the messages that wait, the oldest first: those about which who runs the command may decide.

    What cannot be read, and how many were not looked at (so many wait that it would take too long), is told at the end;
    with --json as objects that have "unread", the reason, and one with "beyond", a number.

    Exit code: 0, 1 when something could not be read or was not looked at, 2 bad settings or no Postfix.
    """
    from segl.cli.organisation import scope_of
    from segl.cli.output import Exit, columns, say, say_json
    from segl.cli.person import me

    with _holding(settings) as holding:
        person = me()
        scope = scope_of(holding.settings, organisation)
        waiting = holding.queue.waiting()

        def is_shown(message: Held | Listed) -> bool:
            mine = scope.chosen is None or holding.owner(message) in scope.chosen
            return mine and holding.may_decide(message, person)

        found = [held for held in waiting.held if is_shown(held)]
        unread = [one for one in waiting.unread if is_shown(one.listed)]
        others = sum(not holding.may_decide(held, person) for held in waiting.held)
        exit_code = Exit.FAILED if unread or waiting.beyond else Exit.OK
        if as_json:
            for held in found:
                say_json(_as_dict(held, holding))
            for one in unread:
                say_json({**_listed_as_dict(one.listed, holding), "unread": one.why})
            if waiting.beyond:
                say_json({"beyond": waiting.beyond})
            raise typer.Exit(exit_code)
        for line in columns(tuple(_row(held, holding)) for held in found):
            say(line.rstrip())
        elsewhere = _elsewhere(holding)
        if not (found or unread or waiting.beyond):
            say("nothing waits" + (" on this node" if elsewhere else ""))
        if elsewhere:
            here = holding.settings.store.node_name
            say(f"this is {here}; what waits on {', '.join(elsewhere)} is listed, and decided, there")
        if others:
            say(f"{others} more, about which others decide")
        _tell_unseen(unread, waiting.beyond)
    raise typer.Exit(exit_code)


def _row(held: Held, holding: Holding) -> Iterator[str]:
    """Its line in the list; whose it is where there are several."""
    from segl.cli.output import printable

    yield held.id[:12]
    yield held.queue_id
    yield minute(held.arrived)
    yield printable(held.sender or "<>")
    if holding.settings.owners.several:
        yield printable(holding.owner(held).name)
    yield f"{len(held.recipients)} recipient{'' if len(held.recipients) == 1 else 's'}"
    yield ", ".join(held.reasons)
    yield _standing(held, holding)


@app.command()
def show(
    message: Message,
    content: Annotated[bool, typer.Option("--content", help="The whole message.")] = False,
    as_json: Json = False,
    settings: SettingsFile = DEFAULT_FILE,
) -> None:
    """Show one message: who, to whom, why it waits, and its header. That it was shown is noted in the audit trail
    (with --json, which has no header, it is not)."""
    from segl.cli.output import printable, say, say_json
    from segl.cli.person import me

    with _holding(settings) as holding:
        held = _one(holding, message)
        holding.check(held, me())
        if as_json:
            say_json(_as_dict(held, holding))
            return
        say(f"{held.id}  ({held.queue_id} in Postfix's queue)  since {minute(held.arrived)}")
        say(f"  from {printable(held.sender or '<>')}")
        for recipient in held.recipients:
            say(f"  to {printable(recipient)}")
        say(f"  reasons: {', '.join(held.reasons)}")
        if standing := _standing(held, holding):
            say(f"  {standing}")
        holding.looked(held, me(), content=content)
        text = holding.queue.content(held.queue_id) if content else holding.queue.header(held.queue_id)
        say("")
        for line in text.split("\n"):  # no other line ends: a field could pretend to be two
            say(printable(line.expandtabs()))


@app.command()
def release(message: Message, settings: SettingsFile = DEFAULT_FILE) -> None:
    """Agree that the message is sent. It takes the secure way, when as many people as [hold] persons have agreed.

    Exit code: 0 released, 1 one more person must agree, 2 bad input.
    """
    from segl.cli.output import Exit, paint, say
    from segl.cli.person import me
    from segl.postfix.holding import Release

    with _holding(settings) as holding:
        held = _one(holding, message)
        came = holding.release(held, me())
    if came is Release.RELEASED:
        say(f"{paint('released', typer.colors.GREEN)}: {held.id} goes the secure way")
        return
    told = "noted" if came is Release.ASKED else "you have agreed already"
    say(f"{paint(told, typer.colors.YELLOW)}: one more person must agree to {held.id}")
    raise typer.Exit(Exit.FAILED)


@app.command()
def reject(
    message: Message,
    why: Annotated[str, typer.Option("--why", help="A line for the sender.")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    settings: SettingsFile = DEFAULT_FILE,
) -> None:
    """Tell the sender, if it is one of ours, that the message is not sent, and delete it. There is no way back. Where
    no mail is taken for the sender's address, the officer is told instead."""
    from segl.cli.output import complain, paint, printable, say
    from segl.cli.person import me

    with _holding(settings) as holding:
        held = _one(holding, message)
        holding.check(held, me())
        if not yes:
            typer.confirm(f"Delete the message from {printable(held.sender or '<>')}?", abort=True)
        untold = holding.reject(held, me(), why)
        was = "could not be" if untold else "was" if holding.tells_sender(held) else "is not ours and was not"
    say(f"{paint('rejected', typer.colors.RED)}: {held.id}; its sender {was} told")
    if untold:
        complain(
            f"no mail is taken for {printable(untold.to)}: {untold.refusal.private}",
            "tell the sender yourself",
        )


@app.command()
def tell(settings: SettingsFile = DEFAULT_FILE) -> None:
    """Tell officer and own senders of the messages they were not told of yet, and the officer again of those that have
    waited for [hold] remind_hours since, also after a decision that was not carried out. A timer runs this each minute.

    Exit code: 0, 1 when somebody could not be told, or a message on hold could not be read or was not looked at.
    """
    from segl.cli.output import Exit, complain, printable, say

    with _holding(settings) as holding:
        waiting = holding.queue.waiting()
        holding.note(waiting, time.time())
        told, untold = holding.tell(waiting.held)
        for held in told:
            say(f"{held.id}: {holding.owner(held).officer} and its sender were told, as far as they could be")
        reminded, unreminded = holding.remind(waiting.held, time.time())
        for officer, some in reminded.items():
            say(f"{officer}: reminded of {len(some)}")
        for one in (*untold, *unreminded):
            whom = "[hold] officer" if one.to == holding.owner(one.held).officer else "the sender"
            hint = f"{whom} takes no mail; segl hold show {one.held.id[:12]}"
            complain(f"{one.held.id}: {printable(one.to)} was not told: {one.refusal.private}", hint)
        _tell_unseen(waiting.unread, waiting.beyond)
    if waiting.unread or waiting.beyond or untold or unreminded:
        raise typer.Exit(Exit.FAILED)


@contextmanager
def _holding(file: Path) -> Iterator[Holding]:
    from segl.cli.sealed import store_of
    from segl.events import Events
    from segl.mail.own_mail import OwnMail
    from segl.mail.return_port import ReturnPort
    from segl.postfix.hold_queue import HoldQueue
    from segl.postfix.holding import Holding

    with store_of(file, scoped=True) as (settings, engine):
        patience = min(settings.delivery.reinject_seconds, MAIL_SECONDS)
        back = ReturnPort.at(settings.reinject, patience)
        port = OwnMail.of(settings, back, Events("segl-hold").own_port_missing)
        yield Holding(settings, engine, HoldQueue(settings.postfix.front), port)


def _one(holding: Holding, wanted: str) -> Held:
    from segl.cli.output import Exit, fail
    from segl.cli.person import me
    from segl.store.beginnings import LEAST_OF_ID

    found = holding.queue.find(wanted, prefix=len(wanted) >= LEAST_OF_ID)
    # Of what others decide about nothing is told, not even whose it is.
    found = [held for held in found if holding.may_decide(held, me())]
    if not found:
        others = ", ".join(_elsewhere(holding))
        hint = f"segl hold list shows them; on {others} those that wait there" if others else ""
        fail(
            f"no message {wanted} waits" + (" on this node" if others else ""),
            hint or "segl hold list shows them",
            Exit.FAILED,
        )
    if len(found) > 1:
        fail(f"several ids begin with {wanted}", "give more of its digits")
    return found[0]


def _elsewhere(holding: Holding) -> list[str]:
    """The other nodes that share the store. Each holds what came to it: Postfix's queues are a node's own."""
    from segl.nodes import nodes_of

    here = holding.settings.store.node_name
    return [node.name for node in nodes_of(holding.engine) if node.name != here]


def _standing(held: Held, holding: Holding) -> str:
    """Who decided, where that was not carried out; else who agreed to its release, if anybody."""
    if decision := holding.decision(held):
        return f"{decision.act} by {decision.actor}, and not carried out: the same command again"
    agreed = holding.agreed(held)
    return f"agreed: {', '.join(sorted(agreed))}" if agreed else ""


def _as_dict(held: Held, holding: Holding) -> dict[str, Any]:
    return {
        "id": held.id,
        "node": holding.settings.store.node_name,
        **_listed_as_dict(held, holding),
        "reasons": list(held.reasons),
        "agreed": sorted(holding.agreed(held)),
    }


def _listed_as_dict(message: Held | Listed, holding: Holding) -> dict[str, Any]:
    return {
        "queue_id": message.queue_id,
        "arrived": message.arrived,
        "size": message.size,
        "sender": message.sender,
        "organisation": holding.owner(message).name,
        "recipients": list(message.recipients),
    }


def _tell_unseen(unread: Sequence[Unread], beyond: int) -> None:
    """What may wait for a decision and could not be shown."""
    from segl.cli.output import complain

    for one in unread:
        complain(
            f"{one.listed.queue_id} from {one.listed.sender or '<>'} is on hold and cannot be read: {one.why}",
            f"postcat -hq {one.listed.queue_id} shows what there is of it",
        )
    if beyond:
        complain(f"{beyond} more on hold were not looked at", "decide first about those that are shown")
