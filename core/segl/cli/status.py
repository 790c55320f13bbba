"""``segl status``: whether Segl runs, at one glance and at once.

Only what answers quickly is asked: the processes, both Postfix instances, their queues, the store, the rule files. Why
something is wrong is the business of ``segl doctor``.
"""

from __future__ import annotations

import errno
import hashlib
import json
import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from segl.cli.asked import SECONDS, asked
from segl.cli.options import SettingsFile
from segl.cli.output import Exit, complain, fail, minute, paint, say, say_json
from segl.cli.trusted import trusted_settings
from segl.counted import counted
from segl.days import DAY_SECONDS
from segl.errors import FileFaults, PostfixError, StoreError
from segl.places import DEFAULT_FILE, NO_SETTINGS_HINT
from segl.postfix import sockets
from segl.postfix.running import Instance, run_postfix
from segl.store.lock import holder_of
from segl.store.status import (
    StoreDenied,
    StoreMissing,
    look_at_store,
    missing_file,
    sent_by_domain,
    sqlite_file,
)
from segl.vocabulary import Way

if TYPE_CHECKING:
    from segl.settings.document import Settings

_QUEUE_SECONDS = 1.0
_FILE_SECONDS = 3.0  # Postfix waits up to two before it reads a main.cf that was written just now
_SENT_SECONDS = 7 * DAY_SECONDS
# Counters whose growth means that something went wrong (segl.metrics); those of a process since its start.
_NOT_TAKEN = "segl_accept_failures_total"
_FAULTS = {
    "segl-milter": ("segl_scan_failures_total", "segl_worker_deaths_total", _NOT_TAKEN),
    "segl-map": (_NOT_TAKEN,),
    "segl-deliver": (_NOT_TAKEN,),
    "segl-portal": (),
}
_REFUSED = 'segl_reloads_total{result="refused"}'
_LOCKED = "segl_store_locked_since_seconds"
_IN_WORDS = {_REFUSED: "reloads refused", _NOT_TAKEN: "times no connection taken"}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the answer. ``good`` is ``None`` when it could not be found out."""

    name: str
    good: bool | None
    text: str


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
            pool.submit(lambda: [_rules(settings)]),
            pool.submit(lambda: [_queue("queue front", settings.postfix.front)]),
            pool.submit(lambda: [_queue("queue secure", settings.postfix.secure)]),
            pool.submit(lambda: [_store(settings), _sealed(settings)]),
            pool.submit(lambda: list(_visitors(settings))),
            pool.submit(lambda: [_disks(settings)]),
            pool.submit(lambda: [_resolver(settings)]),
            *(pool.submit(lambda who=who: [_faults(*who)]) for who in _metrics(settings)),  # type: ignore[misc]
        ]
    found = [line for future in facts for line in future.result()]
    more = (*_tunnel_lists(settings), *_keys(settings), *_organisations(settings))
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


def _rules(settings: Settings) -> Line:
    """Number and digest of the rules as the files are now; the digest is that of a loaded rule set."""
    digest, count = hashlib.sha256(), 0
    try:
        for file in _rule_files(settings):
            content = file.read_bytes()
            digest.update(content)
            count += len(re.findall(rb"^(?:\xef\xbb\xbf)?\[\[rule\]\]", content, re.MULTILINE))
    except OSError as error:
        unknown = error.errno in (errno.EACCES, errno.EPERM, errno.EMFILE, errno.ENFILE)
        return Line("rules", None if unknown else False, f"{error.filename}: {error.strerror}")
    return Line("rules", True, f"{counted(count, 'rule')}, digest {digest.hexdigest()[:12]}")


def _rule_files(settings: Settings) -> Iterator[Path]:
    """The shipped files, then the postmaster's. The classifier itself is not loaded: it takes a second. Raises
    :class:`OSError`."""
    spec = find_spec("segl_classifier")
    if spec is not None and spec.origin is not None:
        package = Path(spec.origin).parent
        installed = package / "shipped_rules"
        yield from _toml_in(installed if installed.is_dir() else package.parent / "rules")
    for layer in settings.detection.rules:
        yield from _toml_in(layer) if layer.is_dir() else [layer]


def _toml_in(folder: Path) -> list[Path]:
    """Not ``glob``, to which a folder that cannot be read is an empty one. Raises :class:`OSError`."""
    return sorted(file for file in folder.iterdir() if file.suffix == ".toml")


def _is_missing(file: Path) -> bool:
    """Whether *file* is not there for certain: what may not be looked at may be (``Path.exists`` raises then)."""
    try:
        file.stat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
    return False


def _queue(name: str, directory: Path) -> Line:
    if _is_missing(directory / "main.cf"):
        return Line(name, False, f"no Postfix in {directory}: run segl install")
    try:
        done = run_postfix(["postqueue", "-c", str(directory), "-j"], _QUEUE_SECONDS)
    except PostfixError as error:
        return Line(name, None, error.private)
    if done.returncode:
        reason = done.stderr.strip().rpartition("fatal: ")[2] or "postqueue failed"
        return Line(name, None, reason)
    try:
        # not splitlines(): an address, or what a server said, may hold what that takes for a line end
        messages = [json.loads(line) for line in done.stdout.split("\n") if line.strip()]
    except ValueError:
        return Line(name, None, "postqueue says what cannot be understood")
    if not messages:
        return Line(name, True, "empty")
    oldest = _age(time.time() - min(message["arrival_time"] for message in messages))
    held = sum(message["queue_name"] == "hold" for message in messages)
    more = f", {held} on hold" if held else ""
    return Line(name, True, f"{counted(len(messages), 'message')}, the oldest {oldest}{more}")


def _store(settings: Settings) -> Line:
    """Whether somebody else keeps it to himself. Before it is opened here (:mod:`segl.store.lock`)."""
    file = sqlite_file(settings.store.url)
    if file is None:
        name = settings.store.url.partition(":")[0]
        return _looked(settings.store.url, name, f"{name} answers")
    if missing_file(settings.store.url) is not None:
        return Line("store", True, "none yet")
    try:
        holder = holder_of(file)
    except OSError as error:
        return Line("store", None, f"{error.filename}: {error.strerror}; run as root")
    if holder is None:
        return _looked(settings.store.url, str(file), f"{file}: nobody locks it")
    return Line("store", False, f"{file} is locked by {holder}: nothing is sealed until that ends")


def _looked(url: str, name: str, well: str) -> Line:
    """Whether the store called *name* can be read, and used by this Segl."""
    try:
        fault = look_at_store(url).fault
    except StoreDenied as error:
        return Line("store", None, f"{error.private}; run as root")
    except StoreError as error:
        return Line("store", False, f"{error.private}: nothing is sealed until that is mended")
    return Line("store", not fault, f"{name}: {fault}; nothing is sealed until then" if fault else well)


def _sealed(settings: Settings) -> Line:
    try:
        store = look_at_store(settings.store.url)
    except StoreMissing:
        return Line("sealed", True, "none yet")
    except StoreError as error:
        return Line("sealed", None, error.private)
    if store.next_expiry is None:
        return Line("sealed", True, "none")
    expiry = minute(store.next_expiry)
    return Line("sealed", True, f"{counted(store.sealed, 'message')}, the next expires {expiry}")


def _disks(settings: Settings) -> Line:
    """What the doctor says in `space.*`: where a queue is full every process runs, and nothing is taken."""
    from segl.postfix.check import Setup, State
    from segl.postfix.check_space import space_checks

    try:
        setup = Setup(settings, _limits(settings.postfix.front), _limits(settings.postfix.secure))
    except PostfixError as error:
        return Line("disks", None, error.private)
    found = [check for check in space_checks(setup) if check.state is not State.OK]
    if not found:
        return Line("disks", True, "have room")
    good = None if all(check.state is State.UNKNOWN for check in found) else False
    return Line("disks", good, "; ".join(check.found for check in found))


def _resolver(settings: Settings) -> Line:
    from segl.resolvers import hint_of, place_of, resolvers, silent, told_of

    servers = resolvers(settings.routing.nameservers)
    dead = silent(servers)
    if wrong := told_of(servers, dead):
        return Line("resolver", False, f"{wrong}. {hint_of(dead[0])}" if dead else wrong)
    return Line("resolver", True, f"{', '.join(map(place_of, servers))} answer{'s' * (len(servers) == 1)}")


def _limits(directory: Path) -> Instance:
    """Of the instance only what is asked here: all of it takes several programs."""
    from segl.postfix.check_space import ASKED

    done = run_postfix(["postconf", "-c", str(directory), *ASKED], _FILE_SECONDS)
    if done.returncode:
        raise PostfixError(f"{directory}: postconf failed")
    said = dict(line.split(" = ", 1) for line in done.stdout.splitlines() if " = " in line)
    return Instance(directory=directory, parameters=said, written=frozenset(), services=())


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


def _organisations(settings: Settings) -> Iterator[Line]:
    """Of several in one installation, what the people of each sent."""
    if not settings.owners.several:
        return
    try:
        sent = sent_by_domain(settings.store.url, time.time() - _SENT_SECONDS)
    except StoreMissing:
        sent = []
    except StoreError as error:
        yield Line("sent", None, error.private)
        return
    for owner in settings.owners.every:
        mine = [
            (way, n)
            for domain, way, n in sent
            if settings.owners.find(domain) is owner and way != Way.INTERNAL
        ]
        number, sealed = sum(n for _, n in mine), sum(n for way, n in mine if way == Way.PORTAL)
        text = f"{counted(number, 'recipient')} outside in 7 days, {sealed} by the portal"
        yield Line(f"sent {owner.name}", True, text)


def _metrics(settings: Settings) -> Iterator[tuple[str, str, int]]:
    ports = settings.metrics
    for name, port in (
        ("segl-milter", ports.milter_port),
        ("segl-map", ports.map_port),
        ("segl-deliver", ports.deliver_port),
        ("segl-portal", ports.portal_port),
    ):
        if port:
            yield name, ports.host, port


def _faults(name: str, host: str, port: int) -> Line:
    """What the process's own counters say went wrong since it started."""
    from urllib.request import ProxyHandler, build_opener

    place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    try:
        # By no proxy that the environment names: it is this host's own.
        with build_opener(ProxyHandler({})).open(f"http://{place}/metrics", timeout=SECONDS) as answer:
            text = answer.read(4_000_000).decode("utf-8", "replace")
    except (OSError, ValueError):
        return Line(f"faults {name}", None, f"no metrics on {host}:{port}")
    wanted = (*_FAULTS[name], _REFUSED, _LOCKED)
    counts = {key: int(float(value)) for key, value in _samples(text) if key in wanted}
    locked = counts.pop(_LOCKED, 0)
    found = [f"{n} {_IN_WORDS.get(key) or _in_words(key)}" for key, n in counts.items() if n]
    if locked:
        found.append(f"store locked since {minute(locked)}")
    said = ", ".join(found)
    return Line(f"faults {name}", not found, said or "none since its start")


def _in_words(counter: str) -> str:
    return counter.partition("_total")[0].removeprefix("segl_").replace("_", " ")


def _samples(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        key, _, value = line.rpartition(" ")
        if key and not line.startswith("#"):
            yield key, value


def _age(seconds: float) -> str:
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{int(seconds // length)} {unit} old"
    return f"{max(0, int(seconds))} s old"


def _show(settings: Settings, processes: list[Line], facts: list[Line], runs: bool) -> None:
    if not runs and _is_missing(settings.postfix.secure / "main.cf"):
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
    if not file.exists() and not file.is_symlink():
        fail(f"not set up on this host: there is no {file}", NO_SETTINGS_HINT)
    for fault in error.faults:
        complain(fault.told, fault.hint)
    if error.more:
        complain(error.rest)
