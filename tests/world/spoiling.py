"""What a postmaster may do to a configuration that `segl install` wrote: each makes a change of the files.

from world.spoiling import both, front, secure

both(front("-e", "relayhost=[x.example]"), secure("-X", "relay_transport"))(site)
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable

from segl.postfix.check import State
from world.installation import Installation

Change = Callable[[Installation], None]


def front(*options: str) -> Change:
    """postconf(1) of the front with *options*."""
    return lambda site: site.front(*options)


def secure(*options: str) -> Change:
    return lambda site: site.secure(*options)


def option(service: str, text: str) -> Change:
    """An override in the front's master.cf, written by hand: for values that hold spaces."""

    def change(site: Installation) -> None:
        lines = site.read("master.cf").splitlines()
        number = next(n for n, line in enumerate(lines) if line.split()[:2] == service.split("/"))
        lines.insert(number + 1, f"  -o {{ {text} }}")
        (site.front_directory / "master.cf").write_text("\n".join(lines) + "\n", "utf-8")

    return change


def both(*changes: Change) -> Change:
    def change(site: Installation) -> None:
        for one in changes:
            one(site)

    return change


def table(name: str, text: str, parameter: str, kind: str = "regexp") -> Change:
    """A table of the front, named in *parameter*."""

    def change(site: Installation) -> None:
        site.append(name, text)
        if kind == "hash":
            postmap(site, name)
        site.front("-e", f"{parameter}={kind}:{site.front_directory}/{name}")

    return change


def postmap(site: Installation, name: str, program: str = "postmap") -> None:
    site.settle()
    command = [program, "-c", str(site.front_directory), f"hash:{site.front_directory}/{name}"]
    subprocess.run(command, check=True, capture_output=True, env={"PATH": "/usr/sbin:/usr/bin:/bin"})


def site_checks(transport: str, parameter: str, line: str) -> Change:
    """The site's own checks of outgoing mail, and *transport* as an earlier version of Segl wrote it."""
    return both(
        front("-PX", f"{transport}/unix/{parameter}"), front("-e", f"{parameter}=regexp:{{{{{line}}}}}")
    )


def names(site: Installation, check_id: str, state: State, change: Change) -> None:
    """After *change* the check *check_id* of `segl doctor` says *state*, and why."""
    change(site)
    found = [check for check in site.checks(check_id) if check.id == check_id]
    assert state in {check.state for check in found}, found
    assert all(check.why and check.found for check in found if check.state in {State.WARN, State.FAIL}), found
    if state is State.OK:
        assert {check.state for check in found} == {state}
