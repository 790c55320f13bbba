"""``segl check FILE…``: what messages hold, and whether they must be sent securely."""

from __future__ import annotations

import sys
from collections import Counter
from typing import TYPE_CHECKING, Annotated

import typer

from segl.cli.mailbox import STDIN, PassedOver, Unread, find_sources, tell_passed_over
from segl.cli.options import SettingsFileIfAny
from segl.cli.output import (
    COLOUR_OF,
    EXIT_OF,
    Exit,
    columns,
    complain,
    fail,
    fail_of,
    paint,
    printable,
    say,
    say_json,
)
from segl.cli.rule_files import Rules
from segl.counted import counted
from segl.errors import SeglError
from segl.vocabulary import MODEL, Decision, Doubt, Effect, Finding, Verdict

if TYPE_CHECKING:
    from segl.cli.checking import Checked

_SHOWN = 6  # findings shown of one message


def check(
    files: Annotated[
        list[str] | None,
        typer.Argument(metavar="FILE…", help="Messages, mailboxes, directories; - is standard input."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line for each message.")] = False,
    settings: SettingsFileIfAny = None,
    rules: Rules = None,
    no_model: Annotated[bool, typer.Option("--no-model", help="Words alone decide.")] = False,
    everything: Annotated[bool, typer.Option("--all", help="Show every finding.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Only the exit code.")] = False,
) -> None:
    """Say what each message holds and whether it must be sent securely.

    In a directory all files are read, also those of folders below it and of a Maildir's (.Sent); how many hidden
    or special ones were passed over is said on standard error.

    Without /etc/segl/segl.toml the shipped rules and usual limits are used. Of several messages the
    strictest counts for the exit code.

    Exit code: 0 plain, 10 secure, 11 hold, 12 reject, 2 when something could not be read or used.
    """
    if not files:
        if sys.stdin.isatty():
            fail("no file is named", "segl check FILE…, or - for standard input")
        files = [STDIN]
    from segl.cli.checking import Checker

    try:
        checker = Checker.make(settings, rules or [], with_model=not no_model)
    except SeglError as error:
        fail_of(error)
    decisions: Counter[Decision] = Counter()
    passed: Counter[PassedOver] = Counter()
    sources = list(find_sources(files, passed))
    if not quiet:
        tell_passed_over(passed)
    unread = 0
    for outcome in checker.run(sources):
        if isinstance(outcome, Unread):
            unread += 1
            complain(f"{outcome.name}: {outcome.problem}", outcome.hint)
            continue
        decisions[outcome.verdict.decision] += 1
        if as_json:
            say_json(outcome.as_dict())
        elif not quiet:
            _show(outcome, everything)
    if not as_json and not quiet and decisions.total() > 1:
        _summary(decisions)
    raise typer.Exit(Exit.BAD_INPUT if unread else EXIT_OF[Decision.strictest(decisions)])


def _show(checked: Checked, everything: bool) -> None:
    """One message: the decision, the categories that hold, and the findings they rest on."""
    verdict = checked.verdict
    decision = paint(f"{verdict.decision:6}", COLOUR_OF[verdict.decision], bold=True)
    say(f"{decision}  {printable(checked.name)}{'  ' if verdict.reasons else ''}{', '.join(verdict.reasons)}")
    findings = [f for f in verdict.findings if everything or _counts(f, verdict)]
    shown = findings if everything else findings[:_SHOWN]
    rows = [
        (_rule(f), f"{f.score:.2f}", printable(f.where), f"“{printable(f.excerpt)}”" if f.excerpt else "")
        for f in shown
    ]
    for line in columns(rows):
        say(paint(f"        {line}", dim=True))
    if len(findings) > len(shown):
        say(paint(f"        and {len(findings) - len(shown)} more: --all shows them", dim=True))


def _rule(finding: Finding) -> str:
    """Who found it, and for what when the name does not tell."""
    if finding.effect is not Effect.RAISE:
        return f"{finding.rule} ({finding.effect})"
    return f"{finding.rule} {finding.label}" if finding.rule == MODEL and finding.label else finding.rule


def _counts(finding: Finding, verdict: Verdict) -> bool:
    """Whether *finding* is part of why the verdict is what it is."""
    in_doubt = not verdict.labels and Doubt.UNSURE in verdict.reasons and finding.rule == MODEL
    return (
        finding.label is None
        or finding.label in verdict.labels
        or in_doubt
        or finding.effect is not Effect.RAISE
    )


def _summary(decisions: Counter[Decision]) -> None:
    parts = ", ".join(f"{decisions[d]} {paint(d, COLOUR_OF[d])}" for d in Decision if decisions[d])
    say(f"{counted(decisions.total(), 'message')}: {parts}")
