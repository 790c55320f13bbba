"""How ``segl doctor`` tells what its checks found: each as soon as it is there, then how many of which kind."""

from __future__ import annotations

from collections.abc import Iterable

import typer

from segl.cli.output import paint, printable, say, say_json
from segl.postfix.check import Check, State
from segl.postfix.doctor import exit_code

_LOOK = {
    State.OK: ("ok", typer.colors.GREEN),
    State.WARN: ("warn", typer.colors.YELLOW),
    State.FAIL: ("FAIL", typer.colors.RED),
    State.UNKNOWN: ("?", typer.colors.MAGENTA),
}


def tell(checks: Iterable[Check], *, everything: bool, as_json: bool) -> int:
    """Tell of *checks*, also of what is in order when *everything* is asked for; gives the exit code."""
    found: list[Check] = []
    for check in checks:
        found.append(check)
        if not as_json and (everything or check.state is not State.OK):
            _show(check)
    if as_json:
        say_json({"exit": exit_code(found), "checks": [check.as_dict() for check in found]})
    else:
        _summary(found)
    return exit_code(found)


def _show(check: Check) -> None:
    word, colour = _LOOK[check.state]
    say(f"{paint(f'{word:<5}', colour, bold=True)}{check.id:<26} {printable(check.found)}")
    if check.state is State.OK:
        return
    for label, text in (("why", check.why), ("fix", check.fix)):
        if text:
            say(f"{'':5}{paint(f'{label:>26}', dim=True)} {printable(text)}")


def _summary(checks: list[Check]) -> None:
    counts = {state: sum(check.state is state for check in checks) for state in State}
    words = {
        State.OK: "in order",
        State.FAIL: "failed",
        State.WARN: "to look at",
        State.UNKNOWN: "unknown",
    }
    parts = [f"{counts[state]} {word}" for state, word in words.items() if counts[state]]
    colour = (typer.colors.GREEN, typer.colors.YELLOW, typer.colors.RED)[exit_code(checks)]
    say(paint(", ".join(parts), colour, bold=True))
