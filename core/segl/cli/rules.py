"""``segl rules check|list|test``, and ``replay|diff|cost``: for whoever writes rules (docs/rules.md, tuning.md)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from segl.cli.options import JsonLines, SettingsFileIfAny
from segl.cli.output import Exit, columns, complain, fail_of, paint, printable, say, say_json
from segl.cli.rule_files import rule_file
from segl.cli.rules_tuning import cost, diff, replay
from segl.counted import counted
from segl.errors import SeglError
from segl.places import DEFAULT_FILE, is_missing

if TYPE_CHECKING:
    from segl.vocabulary import Finding
    from segl_classifier.rules import RuleSet
    from segl_classifier.rules.model import Rule
    from segl_classifier.rules.verify import Trial

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
app.command()(replay)
app.command()(diff)
app.command()(cost)

Files = Annotated[
    list[Path] | None,
    typer.Argument(metavar="FILE…", parser=rule_file, help="Rule files on top of the shipped ones."),
]


@app.command()
def check(files: Files = None, settings: SettingsFileIfAny = None) -> None:
    """Read the rules and run all their examples; name every fault.

    Without FILE the rule files of the settings are read. The shipped rules are always underneath; where they are
    weakened (a veto of CPR numbers, a higher threshold) a warning says so, and where a rule on headings of lists
    weighs too little to make a list go securely.

    Exit code: 0 all in order, 2 not.
    """
    loaded = _load(files, settings)
    from segl_classifier.rules import shipped_rules
    from segl_classifier.rules.weaker import too_light, weaker

    for warning in weaker(loaded, shipped_rules()):
        complain(
            f"warning: {printable(warning)}", "mail that goes securely today may go in clear: is it meant?"
        )
    for warning in too_light(loaded):
        complain(f"warning: {printable(warning)}", "give it more, or let it only add to what else is found")
    examples = sum(len(r.matches) + len(r.not_matches) for r in loaded.rules)
    good = paint("in order", typer.colors.GREEN)
    say(
        f"{good}: {counted(len(loaded.rules), 'rule')}, {counted(examples, 'example')}, digest {loaded.digest[:12]}"
    )


@app.command(name="list")
def list_rules(files: Files = None, settings: SettingsFileIfAny = None, as_json: JsonLines = False) -> None:
    """List the rules: category, weight, words and patterns, and why they are there.

    IN says whether a rule reads text or, as `column = true` has it, headings of lists.
    """
    from segl_classifier.rules.model import Reads

    loaded = _load(files, settings, examples=False)
    if as_json:
        for rule in loaded.rules:
            say_json(
                {
                    "id": rule.id,
                    "label": rule.category,
                    "effect": rule.effect.value,
                    "weight": rule.weight,
                    "column": rule.reads is Reads.HEADINGS,
                    "why": rule.why,
                    "words": len(rule.words),
                    "patterns": len(rule.patterns),
                    "examples": len(rule.matches) + len(rule.not_matches),
                    "file": str(rule.file),
                }
            )
        return
    rows = [_row(rule) for rule in sorted(loaded.rules, key=lambda rule: (rule.category, rule.id))]
    heading = ("RULE", "CATEGORY", "EFFECT", "WEIGHT", "IN", "WORDS", "PATTERNS", "WHY")
    lines = list(columns([heading, *rows]))
    say(paint(lines[0], bold=True))
    for line in lines[1:]:
        say(line)
    limits = {f"{p.threshold:g}" for p in loaded.labels.values()}
    say(f"{counted(len(rows), 'rule')}; a category holds from {' or '.join(sorted(limits))}")


def _row(rule: Rule) -> tuple[str, ...]:
    counts = (str(len(rule.words)), str(len(rule.patterns)))
    return (
        rule.id,
        rule.category,
        rule.effect.value,
        f"{rule.weight:.2f}",
        rule.reads.value,
        *counts,
        rule.why,
    )


@app.command(name="test")
def try_rules(
    files: Files = None,
    settings: SettingsFileIfAny = None,
    text: Annotated[str | None, typer.Option("--text", help="Try this text instead.")] = None,
    subject: Annotated[str, typer.Option("--subject", help="With --text: its subject.")] = "",
) -> None:
    """Run all examples and show each that fails with its arithmetic; or try a text of your own.

    In a text of your own CPR numbers are looked for as well as what the rules find. The trained model, which may see
    more or less in it, has no part: segl check and segl explain ask it about a whole message.

    Exit code: 0 all examples pass (or --text was tried), 1 not, 2 the rules cannot be used.
    """
    from segl_classifier.rules.verify import run_examples

    loaded = _load(files, settings, examples=False)
    if text is not None:
        _try_out(loaded, subject, text)
        return
    trials = list(run_examples(loaded, loaded.rules))
    failed = [trial for trial in trials if not trial.passed]
    for trial in failed:
        _show_failed(trial)
    if failed:
        say(f"{len(failed)} of {len(trials)} examples fail")
        raise typer.Exit(Exit.FAILED)
    of_rules = counted(len(loaded.rules), "rule")
    say(f"{paint('all pass', typer.colors.GREEN)}: {counted(len(trials), 'example')} of {of_rules}")


def _load(files: Sequence[Path] | None, settings: Path | None, *, examples: bool = True) -> RuleSet:
    """The shipped rules with *files* on top, or else with those the settings name. Settings that are there and may not
    be read end the run: what is said would not be of the house's own rules."""
    from segl.settings.file import load_settings
    from segl_classifier.rules import load_rules

    try:
        extra = list(files or ())
        if not extra and (settings or not is_missing(DEFAULT_FILE)):
            extra = list(load_settings(settings or DEFAULT_FILE).detection.rules)
        return load_rules(extra, check_shipped=examples, examples=examples)
    except SeglError as error:
        fail_of(error)


def _show_failed(trial: Trial) -> None:
    wanted = "should match" if trial.should_match else "should not match"
    say(f"{paint('fails', typer.colors.RED, bold=True)}  {trial.rule.id}: {wanted}")
    say(f"       {printable(' '.join(trial.example.split()))}")
    if trial.finding is None:
        say(f"       {trial.nothing}")
    else:
        _show_steps(trial.finding, indent="       ")
        say(f"       {trial.finding.score:.2f}; it counts as matched from {trial.rule.weight / 2:.2f}")


def _show_steps(finding: Finding, indent: str) -> None:
    for step in finding.adjustments:
        say(f"{indent}{step}")


def _try_out(rules: RuleSet, subject: str, text: str) -> None:
    """What is found in *text* without the model, and how it adds up."""
    from segl_classifier.decide import decide, weigh_all
    from segl_classifier.detect import detect
    from segl_classifier.message import Source, Text
    from segl_classifier.weigh import Outcome

    texts = [Text(subject, "subject", Source.SUBJECT)] if subject else []
    findings = detect([*texts, Text(text, "text", Source.BODY)], rules)
    verdict = decide(findings, rules)
    for finding in verdict.findings:
        excerpt = printable(finding.excerpt)
        say(f"{paint(finding.rule, bold=True)}  {finding.score:.2f}  {finding.where}  “{excerpt}”")
        _show_steps(finding, indent="    ")
    for label, weighing in weigh_all(findings, rules).labels.items():
        for step in weighing.steps if weighing.lowered else ():
            say(f"    {step}")
        holds = {Outcome.HOLDS: "holds", Outcome.VETOED: f"vetoed by {weighing.veto}"}
        outcome = holds.get(weighing.outcome, "does not hold")
        say(f"{label}: {weighing.score:.2f} of {weighing.threshold.holds:.2f} needed, {outcome}")
    say(f"→ {verdict}" if findings else "nothing was found → plain")
    say("without the model; segl explain FILE asks it about a whole message")
