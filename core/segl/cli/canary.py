"""``segl canary run|status``: messages that Segl sends to itself, to see that what must go securely does."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from segl.cli.options import Json, SettingsFile
from segl.places import DEFAULT_FILE

if TYPE_CHECKING:
    from sqlalchemy.engine import Engine

    from segl.canary.standing import CanaryStanding, HostLook, Sent
    from segl.postfix.canary import CanarySender
    from segl.settings.document import Settings

_POLL_SECONDS = 0.5

app = typer.Typer(help="Canaries: send one, see how they fare.", no_args_is_help=True, rich_markup_mode=None)


@app.command()
def run(
    now: Annotated[bool, typer.Option("--now", help="To every sink, due or not.")] = False,
    wait: Annotated[
        float, typer.Option("--wait", min=0, max=3600, help="Seconds to wait for those sent now.")
    ] = 0.0,
    as_json: Json = False,
    settings: SettingsFile = DEFAULT_FILE,
) -> None:
    """Send what is due, and say how canaries fare. A timer runs this each minute.

    Exit code: 0 all arrive as they should, 1 an alarm, 2 bad input.
    """
    with _sender(settings) as sender:
        if why := _why_not(sender.settings):
            _say_off(why, as_json)
            return
        began = time.time()
        look = sender.look(began)
        sent = sender.send(sender.settings.canary.sinks if now else sender.due(began))
        found = _waited(sender, sent, wait)
        _tell(sender.settings, sender.engine, look, as_json, found if wait else [])


@app.command()
def status(as_json: Json = False, settings: SettingsFile = DEFAULT_FILE) -> None:
    """Say how canaries fare, without sending any.

    Exit code: 0 all arrive as they should, 1 an alarm, 2 bad input.
    """
    from segl.canary.records import LOOK_KEPT, looks
    from segl.canary.standing import HostLook
    from segl.cli.sealed import store_of
    from segl.store.engine import transaction

    with store_of(settings) as (loaded, engine):
        if why := _why_not(loaded):
            _say_off(why, as_json)
            return
        with transaction(engine) as connection:
            found = sorted(looks(connection, time.time() - LOOK_KEPT).items())
        milter = "; ".join(f"{host}: {look.milter}" for host, look in found if look.milter)
        leaks = "; ".join(f"{host}: {look.leaks}" for host, look in found if look.leaks)
        _tell(loaded, engine, HostLook(milter=milter or None, leaks=leaks or None), as_json, [])


@app.command()
def forget(
    host: Annotated[str, typer.Argument(help="The node's name, as `segl canary status` shows it.")],
    settings: SettingsFile = DEFAULT_FILE,
) -> None:
    """Wait no longer for the canaries of a node that was taken out of service. One that still runs comes back.

    Exit code: 0, 1 nothing is known of it, 2 bad input.
    """
    from segl.canary.records import forget_host
    from segl.cli.output import Exit, printable, say
    from segl.cli.sealed import store_of
    from segl.store.engine import transaction

    with store_of(settings) as (_, engine), transaction(engine) as connection:
        known = forget_host(connection, host)
    if not known:
        say(f"nothing is known of {printable(host)}: nothing to forget")
        raise typer.Exit(Exit.FAILED)
    say(f"forgotten: {printable(host)}")


def _why_not(settings: Settings) -> str:
    from segl.vocabulary import Mode

    if not settings.canary.on:
        return "canary.on is false"
    if settings.detection.mode is Mode.SHADOW:
        return "in mode shadow nothing is protected, and a canary would say just that"
    return ""


def _say_off(why: str, as_json: bool) -> None:
    from segl.cli.output import say, say_json

    if as_json:
        say_json({"on": False, "why": why})
    else:
        say(f"no canaries are sent: {why}")


@contextmanager
def _sender(file: Path) -> Iterator[CanarySender]:
    from segl.cli.sealed import store_of
    from segl.postfix.canary import CanarySender
    from segl.receipts.key import ReceiptKey

    with store_of(file) as (settings, engine):
        yield CanarySender.at_home(settings, engine, ReceiptKey.load(settings.receipts.key))


def _waited(sender: CanarySender, sent: list[str], seconds: float) -> list[Sent]:
    """The canaries of this run, when all have fared somehow or the time is up."""
    from segl.canary.records import recent
    from segl.canary.standing import CanaryResult
    from segl.store.engine import transaction

    late, until = sender.settings.canary.late_after, time.monotonic() + seconds
    while True:
        with transaction(sender.engine) as connection:
            found = [one for one in recent(connection, time.time() - late - seconds) if one.id in sent]
        open_ = [one for one in found if one.result(time.time(), late) is CanaryResult.UNDERWAY]
        if not open_ or time.monotonic() >= until:
            return found
        time.sleep(_POLL_SECONDS)


def _tell(settings: Settings, engine: Engine, look: HostLook, as_json: bool, waited: list[Sent]) -> None:
    from segl.canary.records import standings
    from segl.canary.standing import CanaryResult, worst
    from segl.cli.output import Exit, paint, printable, say, say_json

    now, late = time.time(), settings.canary.late_after
    found = standings(engine, settings.canary, now, now)
    sinks = list(dict.fromkeys(one.sink for one in found))
    hosts = {one.host for one in found}
    missed = [one for one in waited if one.result(now, late) is CanaryResult.UNDERWAY]
    bad = bool(look.milter or look.leaks or missed) or any(one.alarms for one in found)
    if as_json:
        say_json(
            {
                "on": True,
                "good": not bad,
                "milter": {"good": look.milter is None, "fault": look.milter},
                "postfix": {"good": look.leaks is None, "fault": look.leaks},
                "sinks": {
                    sink: _as_dict(worst(one for one in found if one.sink == sink), now, late)
                    for sink in sinks
                },
                "hosts": {
                    host: {one.sink: _as_dict(one, now, late) for one in found if one.host == host}
                    for host in sorted(hosts)
                },
                "not_arrived": sorted(one.sink for one in missed),
            }
        )
        raise typer.Exit(Exit.FAILED if bad else Exit.OK)
    if look.leaks:
        why = "by its settings mail may leave in clear, or cannot pass"
        say(f"{paint('postfix', typer.colors.RED)}: {why}: {printable(look.leaks)}")
    if look.milter:
        say(f"{paint('milter', typer.colors.RED)}: mail comes in without it: {printable(look.milter)}")
    for one in found:
        say(_line(one, now, several=len(hosts) > 1))
    for canary in missed:
        say(f"{paint('waits', typer.colors.YELLOW)}: {canary.sink}: nothing was seen of it yet")
    raise typer.Exit(Exit.FAILED if bad else Exit.OK)


def _line(standing: CanaryStanding, now: float, *, several: bool) -> str:
    from segl.canary.standing import CanaryResult
    from segl.cli.output import paint, printable

    last, clear = standing.last, standing.counts.get(CanaryResult.CLEAR, 0)
    sink = f"{standing.sink} from {printable(standing.host)}" if several else standing.sink
    if last is None:
        return f"{paint('?', typer.colors.MAGENTA)}: {sink}: none has been seen yet"
    state = "overdue" if standing.overdue > 0 and not standing.result.alarms else standing.result.value
    word = paint(state, typer.colors.RED if standing.alarms else typer.colors.GREEN)
    took = f" after {last.seconds:.1f} s" if last.seconds is not None else ""
    way = f" by {last.way}" if last.way else ""
    said = f" ({printable(last.detail or last.refused or '')})" if last.detail or last.refused else ""
    more = paint(f"; {clear} in clear within 24 hours", typer.colors.RED) if clear else ""
    return f"{word}: {sink}{way}{took}, sent {max(0.0, now - last.sent_at) / 60:.0f} min ago{said}{more}"


def _as_dict(standing: CanaryStanding, now: float, late_after: float) -> dict[str, Any]:
    last = standing.last
    return {
        "result": standing.result.value,
        "host": standing.host,
        "alarm": standing.alarms,
        "overdue_seconds": round(standing.overdue, 1),
        "lately": {result.value: count for result, count in standing.counts.items()},
        "last": None
        if last is None
        else {
            "id": last.id,
            "sent_at": last.sent_at,
            "seconds": last.seconds,
            "way": last.way,
            "said": last.detail or last.refused,
            "result": last.result(now, late_after).value,
        },
    }
