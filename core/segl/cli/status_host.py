"""What `segl status` says of this host: rule files, queues, disks, the resolver."""

from __future__ import annotations

import errno
import hashlib
import json
import re
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from segl.cli.status_line import Line
from segl.counted import counted
from segl.errors import PostfixError
from segl.places import is_missing
from segl.postfix.running import Instance, run_postfix

if TYPE_CHECKING:
    from segl.settings.document import Settings

_QUEUE_SECONDS = 1.0
_FILE_SECONDS = 3.0  # Postfix waits up to two before it reads a main.cf that was written just now


def rules_line(settings: Settings) -> Line:
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


def queue_line(name: str, directory: Path) -> Line:
    """How many messages wait in the queue of the Postfix instance in *directory*, and how long the oldest has."""
    if is_missing(directory / "main.cf"):
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


def _age(seconds: float) -> str:
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{int(seconds // length)} {unit} old"
    return f"{max(0, int(seconds))} s old"


def disks_line(settings: Settings) -> Line:
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


def _limits(directory: Path) -> Instance:
    """Of the instance only what is asked here: all of it takes several programs."""
    from segl.postfix.check_space import ASKED

    done = run_postfix(["postconf", "-c", str(directory), *ASKED], _FILE_SECONDS)
    if done.returncode:
        raise PostfixError(f"{directory}: postconf failed")
    said = dict(line.split(" = ", 1) for line in done.stdout.splitlines() if " = " in line)
    return Instance(directory=directory, parameters=said, written=frozenset(), services=())


def resolver_line(settings: Settings) -> Line:
    """Whether the servers that names are asked of answer."""
    from segl.resolvers import hint_of, place_of, resolvers, silent, told_of

    servers = resolvers(settings.routing.nameservers)
    dead = silent(servers)
    if wrong := told_of(servers, dead):
        return Line("resolver", False, f"{wrong}. {hint_of(dead[0])}" if dead else wrong)
    return Line("resolver", True, f"{', '.join(map(place_of, servers))} answer{'s' * (len(servers) == 1)}")
