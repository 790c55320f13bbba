"""Reads a Postfix instance's configuration as Postfix itself understands it.

``postconf`` is asked, never the files: it knows continuation lines, defaults, ``$name`` expansion and the
``-o name=value`` overrides of master.cf, which apply to one service only (postconf(1), postconf(5),
master(5)). Four calls tell everything:

====================  ==================================================================
``postconf -x``       every parameter with its value, defaults included, ``$name`` expanded
``postconf -nx``      those written in main.cf, also names the site made up itself
``postconf -F``       every field of every service in master.cf
``postconf -Px``      every ``-o`` override, as ``service/type/parameter = value``
====================  ==================================================================
"""

from __future__ import annotations

import errno
import os
import re
import subprocess
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from segl.errors import PostfixError
from segl.house_time import without_house_time

# Postfix's programs are in sbin, which is not on every user's PATH.
_PATH = os.pathsep.join(["/usr/sbin", "/usr/local/sbin", os.environ.get("PATH", "/usr/bin:/bin")])
_SECONDS = 30
_LONGEST = 500  # characters of what a program complains of
# postqueue(1) asks showq(8) over a socket, and reads the queue itself where nobody listens. While an instance is being
# stopped the socket may still be there and showq no more.
_BROKEN_OFF = "malformed showq server response"
_PAUSES = (0.1, 0.3, 1.0, 2.0)  # seconds
# So long an instance is as it was read, if its files are: a default may hang on the host's name and interfaces, too.
_FRESH_SECONDS = 10.0
# A parameter named in another's value: $name, ${name}, $(name), ${name?…} (postconf(5)).
_NAME = re.compile(r"\$[({]?\s*(\w+)")
# What a parameter's default still names, of those that can send mail elsewhere, as main.cf of old had it.
_OLD_NAMES: Mapping[str, str] = {
    "virtual_maps": "virtual_alias_maps",
    "fallback_relay": "smtp_fallback_relay",
}
# What a program cannot be started for want of.
_SHORT_OF = {errno.EAGAIN, errno.ENOMEM, errno.EMFILE, errno.ENFILE}


class PostfixUnreadable(PostfixError):
    """The configuration is there, but this user may not read it."""


class PostfixBusy(PostfixError):
    """A program of Postfix's could not be asked in this moment, and may be in the next: it took too long, was ended by
    somebody, or the host was short of memory or processes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One line of master.cf. ``program`` is the command's first word, ``overrides`` its ``-o`` settings."""

    name: str
    type: str
    chroot: bool
    private: bool
    command: str
    overrides: Mapping[str, str] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """As postconf writes it: ``submission/inet``."""
        return f"{self.name}/{self.type}"

    @property
    def program(self) -> str:
        """Its name; in master.cf it may stand with a path (``../sbin/smtpd``; tried)."""
        return self.command.split(maxsplit=1)[0].rpartition("/")[2] if self.command else ""

    @property
    def misread(self) -> bool:
        """Whether an option is there that postconf takes for another (``-ocontent_filter=``: ``-o c -o ntent_filter=``)
        or for none (behind ``-s 5``), while Postfix's programs read it as it is written (tried, 3.10)."""
        words = [word.strip("{} ") for word in split_list(self.command.partition(" argv=")[0])]
        given = [value.partition("=") for word, value in pairwise((*words, "")) if word == "-o"]
        return any(not equals or name.strip() not in self.overrides for name, equals, _ in given)


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """One instance: where it is configured, every parameter's value, its services, postconf's warnings."""

    directory: Path
    parameters: Mapping[str, str]
    written: frozenset[str]
    services: tuple[Service, ...]
    warnings: tuple[str, ...] = ()

    def value(self, name: str, service: Service | None = None) -> str:
        """The value of a parameter, for *service* with its own override; ``""`` when Postfix has no such
        parameter."""
        if service is not None and name in service.overrides:
            return service.overrides[name]
        return self.parameters.get(name, "")

    def running(self, *programs: str) -> Iterator[Service]:
        """The services that run one of these programs."""
        return (service for service in self.services if service.program in programs)

    def service(self, name: str, kind: str) -> Service | None:
        return next((s for s in self.services if s.name == name and s.type == kind), None)

    @property
    def queue(self) -> Path:
        return Path(self.value("queue_directory"))

    @property
    def version(self) -> tuple[int, int]:
        """``(3, 10)``; ``(0, 0)`` when it cannot be told."""
        return version_of(self.value("mail_version"))


def read_instance(directory: Path) -> Instance:
    """The instance configured in *directory*. A command asks for it in many places; the four programs are asked once
    while the files stay what they are, for some seconds.

    Raises :class:`PostfixUnreadable` when the files may not be read, :class:`PostfixError` when there are
    none, when they are broken, or when Postfix is not installed."""
    files = look_at(directory)
    known = _known.get(directory)
    if known is not None and known.files == files and time.monotonic() - known.at < _FRESH_SECONDS:
        return known.instance
    at, instance = time.monotonic(), _read(directory)
    # Not if somebody wrote a file meanwhile: which of the two was read?
    if look_at(directory) == files:
        _known[directory] = _Known(files, at, instance)
    return instance


class _Known(NamedTuple):
    """An instance, and from what files it was read, when."""

    files: tuple[bytes, ...]
    at: float
    instance: Instance


_known: dict[Path, _Known] = {}


def _read(directory: Path) -> Instance:
    every, warnings = _ask(directory, "-x")
    written, _ = _ask(directory, "-nx")
    fields, more = _ask(directory, "-F")
    overrides, _ = _ask(directory, "-Px")
    parameters = dict(_assignments(every))
    own = dict(_assignments(written))
    services = tuple(_services(fields, overrides, _chroot_by_default(parameters)))
    return Instance(
        directory=directory,
        parameters=MappingProxyType(parameters | own),
        written=frozenset(own),
        services=tuple(_in_their_words(directory, services)),
        warnings=tuple(dict.fromkeys(warnings + more)),
    )


def version_of(mail_version: str) -> tuple[int, int]:
    """``(3, 10)`` for ``3.10.13``; ``(0, 0)`` when it cannot be told."""
    match = re.match(r"(\d+)\.(\d+)", mail_version)
    return (int(match[1]), int(match[2])) if match else (0, 0)


def written_values(directory: Path) -> dict[str, str]:
    """What main.cf says itself, ``$name`` not expanded: what an edit must start from."""
    text, _ = _ask(directory, "-n")
    return dict(_assignments(text))


def run_postfix(
    command: Sequence[str], seconds: float = _SECONDS, given: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run one of Postfix's programs with *given* on its standard input. postqueue is asked again, for some seconds,
    while Postfix breaks off its answer.

    Raises :class:`PostfixError` when it is not there, :class:`PostfixBusy` when it does not end by itself or could not
    be started in this moment: what it said until then is half an answer."""
    done = _run(command, seconds, given)
    for pause in _PAUSES:
        if not done.returncode or _BROKEN_OFF not in done.stderr:
            break
        time.sleep(pause)
        done = _run(command, seconds, given)
    return done


def _run(command: Sequence[str], seconds: float, given: str) -> subprocess.CompletedProcess[str]:
    try:
        done = subprocess.run(
            list(command),
            capture_output=True,
            input=given,
            encoding="utf-8",
            errors="surrogateescape",
            timeout=seconds,
            env=_environment(),
        )
    except FileNotFoundError:
        raise PostfixError(f"{command[0]} is not installed", hint="install Postfix 3.7 or newer") from None
    except subprocess.TimeoutExpired:
        raise PostfixBusy(f"{command[0]} did not answer within {seconds:g} s") from None
    except OSError as error:
        kind = PostfixBusy if error.errno in _SHORT_OF else PostfixError
        raise kind(f"{command[0]} cannot be run: {error.strerror}") from None
    if done.returncode < 0:
        raise PostfixBusy(f"{command[0]} was ended by signal {-done.returncode}")
    return done


def complaint(done: subprocess.CompletedProcess[str]) -> str:
    """What a program of Postfix's said on standard error, on one line; a byte that is no text as ``\\xf8``. Of much
    the last lines, where the cause stands: it warns first."""
    text = done.stderr.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    said = lines[-1] if lines else ""
    for before in reversed(lines[:-1]):
        if len(before) + len(said) + 2 > _LONGEST:
            said = f"… {said}"
            break
        said = f"{before}; {said}"
    return said if len(said) <= _LONGEST + 2 else f"{said[:_LONGEST]} …"


def split_list(value: str) -> tuple[str, ...]:
    """A Postfix list: words parted by commas and white space, ``{…}`` kept whole (postconf(5))."""
    items: list[str] = []
    word, depth = "", 0
    for char in value:
        if depth == 0 and char in ", \t\r\n":
            if word:
                items.append(word)
            word = ""
            continue
        depth += (char == "{") - (char == "}" and depth > 0)
        word += char
    return (*items, word) if word else tuple(items)


def look_at(directory: Path) -> tuple[bytes, ...]:
    """What is in main.cf and master.cf. Tells plain causes apart before Postfix's programs mix them up. Raises
    :class:`PostfixError`."""
    files: list[bytes] = []
    try:
        for name in ("main.cf", "master.cf"):
            files.append((directory / name).read_bytes())
    except PermissionError:
        raise PostfixUnreadable(f"{directory} may not be read", hint="run as root") from None
    except OSError as error:
        text = f"there is no Postfix configuration in {directory}: {name}: {error.strerror}"
        raise PostfixError(
            text, hint="name another directory in segl.toml: [postfix] front, secure"
        ) from None
    return tuple(files)


def _ask(directory: Path, *options: str) -> tuple[str, list[str]]:
    done = run_postfix(["postconf", "-c", str(directory), *options])
    complaints = [line.partition(": ")[2] for line in done.stderr.splitlines() if line]
    if done.returncode:
        what = complaints[-1].removeprefix("fatal: ") if complaints else f"exit {done.returncode}"
        raise PostfixError(f"Postfix cannot read its configuration in {directory}: {what}")
    return done.stdout, [c.removeprefix("warning: ") for c in complaints if c.startswith("warning: ")]


def _assignments(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        name, equals, value = line.partition(" =")
        if equals:
            yield name, value.strip()


def _chroot_by_default(parameters: Mapping[str, str]) -> bool:
    """What "-" in the chroot column means: no, unless compatibility_level is 0 (COMPATIBILITY_README)."""
    return parameters.get("compatibility_level", "0").partition(".")[0] == "0"


def _services(fields: str, overrides: str, chroot: bool) -> Iterator[Service]:
    lines: dict[str, dict[str, str]] = {}
    for key, value in _assignments(fields):
        service, _, name = key.rpartition("/")
        lines.setdefault(service, {})[name] = value
    own: dict[str, dict[str, str]] = {service: {} for service in lines}
    for key, value in _assignments(overrides):
        service, _, name = key.rpartition("/")
        own[service][name] = value
    for service, parts in lines.items():
        yield Service(
            name=parts["service"],
            type=parts["type"],
            chroot=chroot if parts["chroot"] == "-" else parts["chroot"] == "y",
            private=parts["private"] != "n",
            command=parts["command"],
            overrides=MappingProxyType(own[service]),
        )


def _in_their_words(directory: Path, services: tuple[Service, ...]) -> Iterator[Service]:
    """*services*, each also with what main.cf says otherwise for it alone: ``content_filter = $ours`` there, and
    ``-o ours=`` in master.cf, is ``-o content_filter=`` (tried)."""
    given = {name for service in services for name in service.overrides}
    if not given & ({*_OLD_NAMES} | _names_in((directory / "main.cf").read_text("utf-8", "surrogateescape"))):
        yield from services
        return
    written = {new: f"${old}" for old, new in _OLD_NAMES.items()} | written_values(directory)
    for service in services:
        moved = _rest_on(service.overrides.keys(), written) - service.overrides.keys()
        if moved:
            options = [
                part for name, value in service.overrides.items() for part in ("-o", f"{name}={value}")
            ]
            told, _ = _ask(directory, "-x", *options, *sorted(moved))
            service = replace(
                service, overrides=MappingProxyType({**dict(_assignments(told)), **service.overrides})
            )
        yield service


def _rest_on(names: Iterable[str], written: Mapping[str, str]) -> set[str]:
    """The parameters whose value is made of one of *names*, also by way of another."""
    known = set(names)
    found: set[str] = set()
    while more := {name for name, value in written.items() if _names_in(value) & known} - found:
        found |= more
        known |= more
    return found


def _names_in(text: str) -> set[str]:
    return set(_NAME.findall(text))


def _environment() -> dict[str, str]:
    """Ours without MAIL_CONFIG, which would choose another instance than the one asked for."""
    kept = without_house_time(dict(os.environ))
    kept.pop("MAIL_CONFIG", None)
    return {**kept, "PATH": _PATH, "LC_ALL": "C"}
