"""``segl status``: whether Segl runs, at one glance and at once.

Only what answers quickly is asked: the processes, both Postfix instances, their queues, the store, the rule files. Why
something is wrong is the business of ``segl doctor``.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from segl.cli.asked import SECONDS, asked
from segl.cli.options import SettingsFile
from segl.cli.output import Exit, complain, fail, paint, say, say_json
from segl.cli.status_faults import asked_for_metrics, faults_line
from segl.cli.status_host import disks_line, queue_line, resolver_line, rules_line
from segl.cli.status_line import Line
from segl.cli.status_store import sealed_line, sent_lines, store_line
from segl.cli.trusted import trusted_settings
from segl.errors import FileFaults
from segl.places import DEFAULT_FILE, NO_SETTINGS_HINT, is_missing
from segl.postfix import sockets

if TYPE_CHECKING:
    from segl.settings.document import Settings


def status(
    settings: SettingsFile = DEFAULT_FILE,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object for programs.")] = False,
) -> None:
    """Whether Segl runs: its processes, both Postfix instances, mode, rules, queues, sealed messages.

    Exit code: 0 when all of them answer, 1 when one does not, 2 when the settings cannot be used.
    """
    try:
        loaded = trusted_settings(settings)
    except FileFaults as error:
        _no_settings(settings, error, as_json)
        raise typer.Exit(Exit.BAD_INPUT) from None
    processes, facts = _look(loaded)
    runs = all(line.good for line in processes)
    if as_json:
        record: dict[str, Any] = {"runs": runs, "mode": loaded.detection.mode.value}
        record |= {line.name: {"good": line.good, "text": line.text} for line in (*processes, *facts)}
        say_json(record)
    else:
        _show(loaded, processes, facts, runs)
    raise typer.Exit(0 if runs else 1)


def _look(settings: Settings) -> tuple[list[Line], list[Line]]:
    """Ask everything at the same time."""
    with ThreadPoolExecutor(24) as pool:
        processes = [pool.submit(_process, *who) for who in asked(settings)]
        processes.append(pool.submit(_page, settings))
        facts: list[Future[list[Line]]] = [
            pool.submit(lambda: [rules_line(settings)]),
            pool.submit(lambda: [queue_line("queue front", settings.postfix.front)]),
            pool.submit(lambda: [queue_line("queue secure", settings.postfix.secure)]),
            pool.submit(lambda: [store_line(settings), sealed_line(settings)]),
            pool.submit(lambda: list(_visitors(settings))),
            pool.submit(lambda: [disks_line(settings)]),
            pool.submit(lambda: [resolver_line(settings)]),
            *(pool.submit(lambda who=who: [faults_line(*who)]) for who in asked_for_metrics(settings)),  # type: ignore[misc]
        ]
    found = [line for future in facts for line in future.result()]
    more = (*_tunnel_lists(settings), *_keys(settings), *sent_lines(settings))
    return [future.result() for future in processes], [*found, *more]


def _process(name: str, place: str, ask: Callable[[], None]) -> Line:
    fault = sockets.fault_of(ask)
    if fault.forbidden:
        return Line(name, None, f"{place} may not be opened by this user; run as root")
    return Line(name, not fault, f"{place}: {fault}" if fault else f"answers on {place}")


def _page(settings: Settings) -> Line:
    from segl.cli.doctor_portal import page_line

    return Line("page", *page_line(settings, SECONDS))


def _visitors(settings: Settings) -> Iterator[Line]:
    from segl.cli.doctor_portal import visitors_line

    if (said := visitors_line(settings)) is not None:
        yield Line("visitors", *said)


def _tunnel_lists(settings: Settings) -> Iterator[Line]:
    """One line a list; their code is loaded only where there are any."""
    if settings.tunnel_list:
        from segl_routing.tunnel_list.standing import standings

        for standing in standings(settings, time.time()):
            yield Line(f"list {standing.name}", standing.condition.good, standing.text)


def _keys(settings: Settings) -> Iterator[Line]:
    """Nothing is said where there are none; then their code is not loaded either."""
    with suppress(OSError):
        if not settings.delivery.keys.exists():
            return
    from segl.cli.doctor_keys import key_line

    yield Line("keys", *key_line(settings))


def _show(settings: Settings, processes: list[Line], facts: list[Line], runs: bool) -> None:
    if not runs and is_missing(settings.postfix.secure / "main.cf"):
        say("Segl is not installed in this Postfix: run segl install --dry-run to see what it would change.")
    for line in processes:
        _line(line, good="runs", bad="down")
    say(f"{'':5}{'mode':<14} {settings.detection.mode} (as the settings file says now)")
    for line in facts:
        _line(line, good="", bad="!")


def _line(line: Line, *, good: str, bad: str) -> None:
    word, colour = {True: (good, "green"), False: (bad, "red"), None: ("?", "magenta")}[line.good]
    say(f"{paint(f'{word:<5}', colour, bold=True)}{line.name:<14} {line.text}")


def _no_settings(file: Path, error: FileFaults, as_json: bool) -> None:
    if as_json:
        told = [*map(str, error.faults), *([error.rest] if error.more else ())]
        say_json({"runs": False, "faults": told})
        return
    if is_missing(file) and not file.is_symlink():
        fail(f"not set up on this host: there is no {file}", NO_SETTINGS_HINT)
    for fault in error.faults:
        complain(fault.told, fault.hint)
    if error.more:
        complain(error.rest)
