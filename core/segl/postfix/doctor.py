"""All checks of `segl doctor`, in the order in which they are shown.

What cannot be looked at is ``unknown`` with what would help, never ``ok``; a check that itself fails is
``unknown`` too, and the others still run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from segl.errors import PostfixError, SeglError
from segl.postfix.check import INSTALL, Check, Setup, State, judge
from segl.postfix.check_demands import demand_checks
from segl.postfix.check_front import front_checks
from segl.postfix.check_greeting import greeting_checks
from segl.postfix.check_host import host_checks
from segl.postfix.check_instances import instance_checks
from segl.postfix.check_leaving import leaving_checks
from segl.postfix.check_notices import notice_checks
from segl.postfix.check_policies import policy_checks
from segl.postfix.check_relayed import relayed_checks
from segl.postfix.check_reports import report_checks
from segl.postfix.check_running import running_checks
from segl.postfix.check_secure import secure_checks
from segl.postfix.check_space import space_checks
from segl.postfix.check_tables import table_checks
from segl.postfix.plan import pending_files
from segl.postfix.refusals import OLDEST
from segl.postfix.running import Instance, PostfixUnreadable, read_instance
from segl.settings.document import Settings

_GROUPS: tuple[tuple[str, Callable[[Setup], Iterable[Check]]], ...] = (
    ("front", front_checks),
    ("front.tables", table_checks),
    ("secure", secure_checks),
    ("greeting", greeting_checks),
    ("leaving", leaving_checks),
    ("demands", demand_checks),
    ("reports", report_checks),
    ("policies", policy_checks),
    ("relayed", relayed_checks),
    ("instances", instance_checks),
    ("run", running_checks),
    ("notices", notice_checks),
    ("space", space_checks),
)

_REPORT = "a fault of Segl's: report it where you have Segl from, with what segl --version says"


def examine(settings: Settings) -> Iterator[Check]:
    """Every check, as it is done."""
    instances: dict[str, Instance] = {}
    for name, directory in (("front", settings.postfix.front), ("secure", settings.postfix.secure)):
        try:
            instances[name] = read_instance(directory)
        except PostfixUnreadable as error:
            yield Check(
                f"{name}.config", State.UNKNOWN, error.private, "nothing can be said about it", error.hint
            )
        except PostfixError as error:
            fix = INSTALL if name == "secure" else error.hint
            yield Check(f"{name}.config", State.FAIL, error.private, "Segl works through it", fix)
        else:
            yield from _readable(name, instances[name])
    if len(instances) == 2:
        setup = Setup(settings, instances["front"], instances["secure"])
        yield from _guarded("install", lambda: [_current(setup)])
        for group, checks in _GROUPS:
            yield from _guarded(group, lambda checks=checks: checks(setup))  # type: ignore[misc]
    yield from _guarded("host", lambda: host_checks(settings))


def exit_code(checks: Iterable[Check]) -> int:
    """0: all ok; 1: something to look at (warn, unknown); 2: a failure."""
    states = {check.state for check in checks}
    if State.FAIL in states:
        return 2
    return 1 if states & {State.WARN, State.UNKNOWN} else 0


def _readable(name: str, instance: Instance) -> Iterator[Check]:
    version = ".".join(map(str, instance.version))
    yield judge(
        f"{name}.config",
        instance.version >= OLDEST,
        f"{instance.directory}, Postfix {version}",
        why="Segl's configuration needs Postfix 3.7 or newer",
        fix="upgrade Postfix",
    )
    misread = [service.id for service in instance.services if service.misread]
    if misread:
        yield Check(
            f"{name}.warnings",
            State.FAIL,
            f"master.cf, {', '.join(misread)}: an option that postconf cannot read",
            "-oNAME=VALUE holds all the same, and nobody can say here what it does to the mail of this service",
            "put a blank behind -o; see: postconf -c " + f"{instance.directory} -M",
        )
    yield judge(
        f"{name}.warnings",
        not instance.warnings,
        f"postconf: {instance.warnings[0]}" if instance.warnings else "postconf has no warnings",
        why="a misspelt or doubled parameter does not do what it was written for",
        fix=f"see: postconf -c {instance.directory} -n",
        bad=State.WARN,
    )


def _current(setup: Setup) -> Check:
    """Whatever else was edited by hand, or has a new form since the last run of install."""
    pending = pending_files(setup.settings, setup.front)
    return judge(
        "install.current",
        not pending,
        f"segl install would change {', '.join(map(str, pending))}"
        if pending
        else "as segl install writes it",
        why="settings, program and Postfix do not agree",
        fix="see: segl install --dry-run",
        bad=State.WARN,
    )


def _guarded(group: str, checks: Callable[[], Iterable[Check]]) -> Iterator[Check]:
    try:
        yield from checks()
    except SeglError as error:
        yield Check(
            f"{group}.unfinished",
            State.UNKNOWN,
            error.private,
            "the checks after this one were left out",
            error.hint,
        )
    except (OSError, ValueError, LookupError) as error:
        text = f"{type(error).__name__}: {error}"
        yield Check(
            f"{group}.unfinished", State.UNKNOWN, text, "the checks after this one were left out", _REPORT
        )
