"""Whether both instances are started together, and whether others send mail past Segl."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from segl.errors import PostfixError
from segl.postfix.check import Check, Setup, State, judge, same_path
from segl.postfix.running import read_instance, run_postfix, split_list

_SYSTEMD = Path("/run/systemd/system")
_UNITS = (Path("/usr/lib/systemd/system"), Path("/lib/systemd/system"), Path("/etc/systemd/system"))
_WANTED = Path("/etc/systemd/system/multi-user.target.wants")


def default_directory() -> Path:
    """The configuration directory compiled into Postfix: the only one that may list other instances."""
    done = run_postfix(["postconf", "-dh", "config_directory"])
    return Path(done.stdout.strip() or "/etc/postfix")


def instance_checks(setup: Setup) -> Iterator[Check]:
    yield from _registered(setup)
    yield from _at_boot(setup)


def debian_unit(secure: Path) -> str:
    """``postfix@segl.service`` where Debian's scheme (/etc/postfix-NAME) starts the instance, else ``""``."""
    name = secure.name.removeprefix("postfix-")
    template = any((folder / "postfix@.service").exists() for folder in _UNITS)
    if not _SYSTEMD.is_dir() or not template or secure != Path("/etc") / f"postfix-{name}":
        return ""
    return f"postfix@{name}.service"


def _registered(setup: Setup) -> Iterator[Check]:
    id_, secure = "instances.registered", setup.secure.directory
    primary = default_directory()
    try:
        listed = split_list(read_instance(primary).value("multi_instance_directories"))
    except PostfixError as error:
        yield Check(
            id_, State.UNKNOWN, error.private, "the secure instance may not start with Postfix", error.hint
        )
        return
    known = [Path(item) for item in listed]
    if not same_path(primary, setup.front.directory) and not any(
        same_path(setup.front.directory, k) for k in known
    ):
        yield Check(
            id_, State.OK, f"{setup.front.directory} stands alone: start both instances with postfix -c"
        )
        return
    yield judge(
        id_,
        any(same_path(secure, item) for item in known)
        and setup.secure.value("multi_instance_enable") == "yes",
        f"multi_instance_directories of {primary}: {' '.join(listed) or '(empty)'}",
        why="`postfix start` does not start the secure instance; mail waits in the front",
        fix="run: segl install",
        bad=State.WARN,
    )
    ours = (secure, setup.front.directory, primary)
    for other in known:
        if not any(same_path(other, own) for own in ours):
            text = f"another Postfix instance: {other}"
            why = "mail that it sends is not seen by Segl, unless it hands it to the front"
            yield Check(
                "instances.other", State.WARN, text, why, "see to it that it relays through the front"
            )


def _at_boot(setup: Setup) -> Iterator[Check]:
    unit = debian_unit(setup.secure.directory)
    if unit:
        yield judge(
            "instances.boot",
            (_WANTED / unit).exists(),
            f"{unit} is {'' if (_WANTED / unit).exists() else 'not '}enabled",
            why="after a restart of the host the secure instance does not run; mail waits in the front",
            fix=f"systemctl enable --now {unit}",
            bad=State.WARN,
        )
