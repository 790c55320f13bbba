"""``segl tunnel update|list|show|diff|rollback|publish``: the lists of tunnel partners (docs/tunnel-list.md)."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from segl.cli.options import DryRun, JsonLines, SettingsFile
from segl.cli.output import Exit, coloured, columns, complain, fail, paint, printable, say, say_json
from segl.cli.trusted import settings_of
from segl.cli.tunnel_publish import publish
from segl.counted import counted
from segl.errors import TunnelListError
from segl.places import DEFAULT_FILE

if TYPE_CHECKING:
    from segl.settings.document import Settings
    from segl.settings.tunnel import TunnelList
    from segl_routing.tunnel_list.sources import Source
    from segl_routing.tunnel_list.update import Updated

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
app.command()(publish)

EXIT_DIFFERS = 22
_WORTH_A_BAR = 2_000  # certificates
_NO_LISTS = "no lists: the settings have no [[tunnel_list]]"

Names = Annotated[list[str] | None, typer.Argument(metavar="NAME…", help="Lists; without, all of them.")]
Name = Annotated[str, typer.Argument(metavar="NAME", help="The list.")]


@app.command()
def update(
    names: Names = None,
    settings: SettingsFile = DEFAULT_FILE,
    accept_shrink: Annotated[
        bool, typer.Option("--accept-shrink", help="Take a list however many domains it loses.")
    ] = False,
    dry_run: DryRun = False,
    as_json: JsonLines = False,
    log: Annotated[bool, typer.Option("--log", help="Tell it as log events, for a timer.")] = False,
) -> None:
    """Fetch the lists, check them, and put what is good in force.

    A list that is refused or cannot be had changes nothing: the one accepted before stays in force. Running
    processes see a new list by themselves.

    Exit code: 0 all are up to date, 1 one was refused or could not be had, 2 bad settings.
    """
    from segl.events import Events, configure_log
    from segl_routing.tunnel_list import update as updating

    loaded = settings_of(settings)
    configure_log(loaded.log.format if log else "console", "info" if log else "error")
    events = Events("segl-tunnel")
    if not loaded.tunnel_list and not (log or as_json):
        say(_NO_LISTS)
    failed = False
    for terms in _chosen(loaded, names):
        try:
            done = updating.update(
                terms,
                loaded.delivery.tunnel_lists,
                _source(terms),
                time.time(),
                accept_shrink=accept_shrink,
                dry_run=dry_run,
                bar=_bar,
            )
        except TunnelListError as error:
            failed = True
            if log:
                events.tunnel_list_refused(terms.name, error.cause.value, error)
            else:
                _refused(terms.name, error, as_json)
            continue
        if log:
            _log_updated(events, done)
        else:
            _tell_updated(done, as_json)
    raise typer.Exit(Exit.FAILED if failed else Exit.OK)


@app.command(name="list")
def list_lists(
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="Show the domains of this list.")] = None,
    settings: SettingsFile = DEFAULT_FILE,
    as_json: JsonLines = False,
) -> None:
    """How the lists stand; with NAME, the domains of that list.

    Exit code: 0 all in order, 1 one is not, 2 bad settings.
    """
    loaded = settings_of(settings)
    if name is not None:
        [terms] = _chosen(loaded, [name])
        _list_domains(loaded, terms, as_json)
        return
    from segl_routing.tunnel_list.standing import standings

    found = standings(loaded, time.time())
    for one in found:
        if as_json:
            say_json(one.as_dict())
            continue
        colour = typer.colors.GREEN if one.condition.good else typer.colors.RED
        say(f"{paint(f'{one.condition:<12}', colour, bold=True)} {one.name:<16} {printable(one.text)}")
        if one.hint:
            say(f"{'':12} {paint('fix', dim=True)} {one.hint}")
    if not found and not as_json:
        say(_NO_LISTS)
    raise typer.Exit(Exit.OK if all(one.condition.good for one in found) else Exit.FAILED)


@app.command()
def show(
    domain: Annotated[str, typer.Argument(metavar="DOMAIN", help="A mail domain.")],
    settings: SettingsFile = DEFAULT_FILE,
    as_json: JsonLines = False,
) -> None:
    """What every place says of DOMAIN, and which certificate is used.

    Exit code: 0 it has a certificate to use, 1 it has none, 2 bad settings or no domain.
    """
    from segl.addresses import normal_domain
    from segl.cli.tunnel_text import place_as_dict
    from segl_routing.tunnels import Tunnels

    loaded, now = settings_of(settings), time.time()
    try:
        domain = normal_domain(domain)
    except ValueError as error:
        fail(str(error))
    tunnels = Tunnels(loaded, lambda *_: None, lambda name, why: complain(f"list {name}: {why}"))
    used = tunnels.find(domain, now)
    places = list(tunnels.places(domain, now))
    records = [
        place_as_dict(one, used=used is not None and one == used and one.certificate is not None)
        for one in places
    ]
    if as_json:
        say_json({"domain": domain, "usable": any(one["used"] for one in records), "places": records})
    else:
        _show_places(domain, records)
    raise typer.Exit(Exit.OK if any(one["used"] for one in records) else Exit.FAILED)


@app.command()
def diff(names: Names = None, settings: SettingsFile = DEFAULT_FILE, as_json: JsonLines = False) -> None:
    """What the sources have now beside what is in force, and which domains another place decides. Changes
    nothing.

    Exit code: 0 no difference, 22 there is one, 1 a source cannot be had or read, 2 bad settings.
    """
    from segl.cli.tunnel_text import SHOWN, decided_elsewhere, summary, tell_changes
    from segl_routing.tunnel_list.update import offered

    loaded = settings_of(settings)
    base = loaded.delivery.tunnel_lists
    failed = differs = False
    elsewhere = decided_elsewhere(loaded)
    if not loaded.tunnel_list and not names and not as_json:
        say(_NO_LISTS)
    for terms in _chosen(loaded, names):
        try:
            changes = offered(terms, base, _source(terms), time.time())
        except TunnelListError as error:
            failed = True
            _refused(terms.name, error, as_json)
            continue
        differs = differs or bool(changes)
        others = elsewhere.get(terms.name, {})
        if as_json:
            say_json({"list": terms.name, **changes.as_dict(), "decided_elsewhere": others})
        else:
            say(f"{paint(terms.name, bold=True)}: {summary(changes)}")
            tell_changes(changes)
            for name, place in list(others.items())[:SHOWN]:
                say(f"  = {name} is decided by {place}")
    raise typer.Exit(Exit.FAILED if failed else EXIT_DIFFERS if differs else Exit.OK)


@app.command()
def rollback(
    name: Name,
    to: Annotated[int | None, typer.Option("--to", help="The serial; without, the one before.")] = None,
    settings: SettingsFile = DEFAULT_FILE,
    dry_run: DryRun = False,
    as_json: JsonLines = False,
) -> None:
    """Put an earlier copy of list NAME in force again.

    It stays until there is a list newer than any accepted so far. --to with the newest serial takes it back.

    Exit code: 0 done, 1 not, 2 bad settings.
    """
    from segl.cli.tunnel_text import summary, tell_changes
    from segl_routing.tunnel_list.update import roll_back

    loaded = settings_of(settings)
    [terms] = _chosen(loaded, [name])
    try:
        before, after, changes = roll_back(terms, loaded.delivery.tunnel_lists, to, dry_run=dry_run)
    except TunnelListError as error:
        fail(error.private, error.hint, Exit.FAILED)
    if as_json:
        facts = {"list": name, "from": before.serial, "to": after.serial, "done": not dry_run}
        say_json({**facts, **changes.as_dict()})
        return
    word = "would go" if dry_run else "went"
    say(f"{paint(name, bold=True)}: {word} from serial {before.serial} to {after.serial}; {summary(changes)}")
    tell_changes(changes)


def _chosen(settings: Settings, names: Sequence[str] | None) -> list[TunnelList]:
    """The lists *names*, or all, in the order of the settings."""
    known = {terms.name: terms for terms in settings.tunnel_list}
    for name in names or ():
        if name not in known:
            fail(f"there is no list {name!r} in the settings", f"there are: {', '.join(known) or 'none'}")
    return [terms for terms in settings.tunnel_list if not names or terms.name in names]


def _source(terms: TunnelList) -> Source:
    from segl_delivery.smime.signed_list import open_signed
    from segl_routing.tunnel_list.fetch import fetch
    from segl_routing.tunnel_list.sources import source_of

    if terms.url and coloured(sys.stderr):
        typer.echo(f"fetching {terms.source} (at most {terms.seconds:g} seconds)", err=True)
    return source_of(terms, open_signed, fetch)


@contextmanager
def _bar(total: int) -> Iterator[Callable[[int], None]]:
    """A progress bar over certificates, on a terminal and when there are many."""
    if total < _WORTH_A_BAR or not coloured(sys.stderr):
        yield lambda _: None
        return
    from segl.cli.progress import Progress

    with Progress(total, counted=True) as bar:
        yield bar.advance


def _log_updated(events: Any, done: Updated) -> None:
    from segl_routing.tunnel_list.update import UpdateResult

    if done.copy is None:
        return
    if done.result is not UpdateResult.ACCEPTED:
        events.tunnel_list_unchanged(done.name, done.copy.serial)
        return
    changes = done.changes
    count = len(changes.added) + len(changes.removed) + len(changes.changed)
    copy = done.copy
    events.tunnel_list_accepted(
        done.name, copy.serial, domains=copy.domains, usable=copy.usable, changes=count
    )
    if done.warning:
        events.tunnel_list_shrunk(done.name, done.warning)


def _tell_updated(done: Updated, as_json: bool) -> None:
    from segl.cli.tunnel_text import SHOWN, summary, tell_changes
    from segl_routing.tunnel_list.update import UpdateResult

    if as_json:
        say_json(done.as_dict())
        return
    name, serial = paint(done.name, bold=True), done.copy.serial if done.copy else 0
    match done.result:
        case UpdateResult.NOTHING_NEW:
            say(f"{name}: nothing new, serial {serial}")
            return
        case UpdateResult.ROLLED_BACK:
            say(f"{name}: nothing newer; rolled back to serial {serial}, and it stays so")
            return
        case UpdateResult.WOULD_ACCEPT:
            say(f"{name}: would accept serial {serial}; {summary(done.changes)}")
        case UpdateResult.ACCEPTED:
            say(f"{name}: {paint('accepted', typer.colors.GREEN)} serial {serial}; {summary(done.changes)}")
    tell_changes(done.changes)
    for domain, why in list(done.left_out.items())[:SHOWN]:
        say(f"  ! {printable(domain)} is left out: {why}")
    if len(done.left_out) > SHOWN:
        say(f"  ! and {len(done.left_out) - SHOWN} more are left out (all with --json)")
    if done.warning:
        complain(f"list {done.name}: {done.warning}")


def _refused(name: str, error: TunnelListError, as_json: bool) -> None:
    if as_json:
        record = {"list": name, "result": "refused", "cause": error.cause.value, "error": error.private}
        say_json({**record, "hint": error.hint or None})
    else:
        complain(f"list {name}: {error.private}", error.hint)


def _list_domains(settings: Settings, terms: TunnelList, as_json: bool) -> None:
    from segl.cli.tunnel_text import entry_as_dict
    from segl_routing.tunnel_list.accepted import moment
    from segl_routing.tunnel_list.update import entries_in_force

    try:
        entries = entries_in_force(terms, settings.delivery.tunnel_lists)
    except TunnelListError as error:
        fail(error.private, error.hint, Exit.FAILED)
    now = moment(time.time())
    with _bar(len(entries)) as advance:
        records = []
        for domain, entry in sorted(entries.items()):
            records.append(entry_as_dict(domain, entry, now))
            advance(1)
    if as_json:
        for record in records:
            say_json(record)
        return
    rows = [(r["domain"], "and below" if r["subdomains"] else "", r["text"]) for r in records]
    for line in columns(rows):
        say(printable(line))
    say(f"{counted(len(rows), 'domain')}, {sum(r['usable'] for r in records)} usable")


def _show_places(domain: str, records: list[dict[str, Any]]) -> None:
    if not records:
        say(f"{domain}: nobody knows it")
    for record in records:
        word = paint("used", typer.colors.GREEN) if record["used"] else "not used"
        say(f"{paint(record['place'], bold=True)}: {word}")
        if record["sha256"]:
            say(f"  sha256   {record['sha256']}")
            say(f"  subject  {printable(record['subject'])}")
            say(f"  valid    {record['begins'][:10]} to {record['ends'][:10]}")
        else:
            say(f"  why      {printable(record['reason'])}")
