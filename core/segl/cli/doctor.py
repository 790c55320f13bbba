"""``segl doctor``: reads the running configuration and names what would let mail out unseen or in clear."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from segl.cli.doctor_canary import canary_checks
from segl.cli.doctor_keys import key_checks
from segl.cli.doctor_nodes import node_checks
from segl.cli.doctor_portal import portal_checks
from segl.cli.doctor_receipts import receipt_checks
from segl.cli.doctor_tunnel import tunnel_checks
from segl.cli.output import paint, printable, say, say_json
from segl.cli.trusted import trusted_settings
from segl.errors import FileFaults, RulesError, SeglError
from segl.postfix.check import Check, State
from segl.postfix.doctor import examine, exit_code
from segl.settings import DEFAULT_FILE, Settings

_LOOK = {
    State.OK: ("ok", typer.colors.GREEN),
    State.WARN: ("warn", typer.colors.YELLOW),
    State.FAIL: ("FAIL", typer.colors.RED),
    State.UNKNOWN: ("?", typer.colors.MAGENTA),
}


def doctor(
    settings: Annotated[
        Path, typer.Option("--settings", readable=False, help="The settings file.")
    ] = DEFAULT_FILE,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object for programs.")] = False,
    everything: Annotated[bool, typer.Option("--all", help="Show what is in order too.")] = False,
    canary: Annotated[
        bool, typer.Option("--canary", help="Send a message through every way, and wait for it.")
    ] = False,
) -> None:
    """Look for everything that would let mail out unseen or in clear.

    Exit code: 0 all in order, 1 something to look at, 2 a failure.
    """
    checks = _checks(settings, canary)
    if as_json:
        found = list(checks)
        record = {"exit": exit_code(found), "checks": [check.as_dict() for check in found]}
        say_json(record)
    else:
        found = []
        for check in checks:
            found.append(check)
            if everything or check.state is not State.OK:
                _show(check)
        _summary(found)
    raise typer.Exit(exit_code(found))


def _checks(file: Path, canary: bool) -> Iterator[Check]:
    try:
        settings = trusted_settings(file)
    except FileFaults as error:
        for fault in error.faults:
            text = fault.told
            yield Check("settings", State.FAIL, text, "no process of Segl starts with it", fault.hint)
        return
    yield Check("settings", State.OK, str(file))
    yield from examine(settings)
    yield from tunnel_checks(settings)
    yield from key_checks(settings)
    yield from receipt_checks(settings)
    yield from portal_checks(settings)
    yield from node_checks(settings)
    yield _rules(settings)
    yield check_model(settings)
    yield from canary_checks(settings, send=canary)


def _rules(settings: Settings) -> Check:
    """The rules as segl-milter would load them, their own examples included."""
    from segl_classifier.rules import load_rules, shipped_rules
    from segl_classifier.rules.weaker import weaker

    try:
        loaded = load_rules(settings.detection.rules)
        if less := list(weaker(loaded, shipped_rules())):
            return Check(
                "rules",
                State.WARN,
                "; ".join(less[:5]) + (f"; and {len(less) - 5} more" if len(less) > 5 else ""),
                "mail that the shipped rules send securely may go in clear",
                "take it out where it is not meant; segl rules check names all of it",
            )
        return Check("rules", State.OK, f"{len(loaded.rules)} rules, digest {loaded.digest[:12]}")
    except RulesError as error:
        return Check(
            "rules",
            State.FAIL,
            f"{error.faults[0]}" + (f" and {len(error.faults) - 1} more" if len(error.faults) > 1 else ""),
            "segl-milter does not start with them, or keeps the old ones",
            "run: segl rules check",
        )


def check_model(settings: Settings) -> Check:
    """The model as segl-milter would load it."""
    if not settings.detection.model:
        return Check("model", State.OK, "turned off: words alone decide")
    from segl_classifier.understanding.model import load_model

    try:
        loaded = load_model()
    except SeglError as error:
        return Check("model", State.FAIL, error.private, "segl-milter does not start without it", error.hint)
    if loaded is None:
        return Check(
            "model",
            State.WARN,
            "none is installed: words alone decide",
            "words find about three of four messages, and only what is said outright",
            "install the package again, or set detection.model = false",
        )
    return Check("model", State.OK, f"{len(loaded.thresholds)} categories")


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
