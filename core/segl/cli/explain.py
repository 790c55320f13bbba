"""``segl explain FILE…|ID…``: a message with what was found in it, and how that adds up to the verdict; of one that is
gone by, by its id, the sums alone (:mod:`segl.cli.decided`).

On a terminal what was hit is underlined in the colour of its category; elsewhere it stands in ``[[ ]]``. The
rule follows in braces. Everything from the message is made printable first: nothing in it can steer a terminal.
"""

from __future__ import annotations

import sys
from collections import Counter
from typing import TYPE_CHECKING, Annotated

import typer

from segl.cli.mailbox import (
    Mail,
    PassedOver,
    Source,
    Unread,
    find_sources,
    read_mail,
    tell_passed_over,
)
from segl.cli.options import SettingsFileIfAny
from segl.cli.output import (
    COLOUR_OF,
    EXIT_OF,
    NO_FILE,
    Exit,
    coloured,
    complain,
    fail_of,
    paint,
    printable,
    say,
    say_json,
)
from segl.cli.rule_files import Rules
from segl.counted import counted
from segl.errors import SeglError
from segl.places import DEFAULT_FILE, is_missing
from segl.vocabulary import FAINT, MODEL, Decision, Effect, Label

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from segl.cli.checking import Checker
    from segl.cli.explain_policies import Applied
    from segl.vocabulary import Verdict
    from segl_classifier.decide import Weighings
    from segl_classifier.explain import Explanation, Passage
    from segl_classifier.weigh import Weighing

_COLOURS = ("bright_red", "bright_yellow", "bright_magenta", "bright_cyan", "bright_green", "bright_blue")
_OF_LABEL = {label: _COLOURS[number % len(_COLOURS)] for number, label in enumerate(Label)}
_NEITHER = "is neither a file nor a decision that is remembered"
_MANY = 20  # files of which it is told how far they are


def explain(
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE…|ID…",
            help="Messages, mailboxes, directories; - is standard input. Or the id (or the beginning of it), queue id "
            "or Message-ID of one that was decided on.",
        ),
    ],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line for each message.")] = False,
    settings: SettingsFileIfAny = None,
    rules: Rules = None,
    no_model: Annotated[bool, typer.Option("--no-model", help="Words alone decide.")] = False,
    everything: Annotated[
        bool, typer.Option("--all", help="Show windows in which nothing was found as well.")
    ] = False,
    sender: Annotated[
        str | None, typer.Option("--from", help="For policies: the envelope's sender, else that in From.")
    ] = None,
    to: Annotated[
        list[str] | None, typer.Option("--to", help="For policies: a recipient, else those in To and Cc.")
    ] = None,
) -> None:
    """Show a message window by window with what was found in it, and the arithmetic of each category.

    Personal numbers and other long numbers are masked; the rest of the text is shown as it is. Of a message that is
    named by its id there is no text: the sums are shown, from what is remembered of the decision.

    Where the settings have policies, what they make of the verdict follows, recipient by recipient.

    Exit code: as that of segl check; policies do not change it.
    """
    from segl.cli.checking import Checker
    from segl.cli.decided import explain_ids, looks_like_id

    is_set_up = settings is not None or not is_missing(DEFAULT_FILE)  # elsewhere no decision is remembered
    ids = [name for name in files if looks_like_id(name)] if is_set_up else []
    files = [name for name in files if name not in ids]
    decisions = explain_ids(ids, settings, rules or [], as_json=as_json) if ids else []
    if not files:
        raise typer.Exit(EXIT_OF[Decision.strictest(decisions)])
    try:
        checker = Checker.make(settings, rules or [], with_model=not no_model)
    except SeglError as error:
        fail_of(error)
    unread = False
    passed: Counter[PassedOver] = Counter()
    sources = list(find_sources(files, passed))
    tell_passed_over(passed)
    for source in _told_of(sources):
        mails = [source] if isinstance(source, Unread) else read_mail(source, checker.limits.message_bytes)
        for mail in mails:
            if isinstance(mail, Unread):
                problem = _NEITHER if mail.problem == NO_FILE else mail.problem
                complain(f"{mail.name}: {problem}", mail.hint)
                unread = True
            else:
                decisions.append(_one(mail, checker, as_json, everything, (sender, to or [])))
    raise typer.Exit(Exit.BAD_INPUT if unread else EXIT_OF[Decision.strictest(decisions)])


def _told_of(sources: list[Source | Unread]) -> Iterator[Source | Unread]:
    """*sources*, with a bar over them where there are many and the messages themselves go elsewhere than to the
    terminal."""
    if len(sources) < _MANY or coloured(sys.stdout) or not coloured(sys.stderr):
        yield from sources
        return
    from segl.cli.progress import Progress

    with Progress(len(sources), counted=True) as bar:
        for source in sources:
            yield source
            bar.advance(1)


def _one(
    mail: Mail, checker: Checker, as_json: bool, everything: bool, envelope: tuple[str | None, list[str]]
) -> Decision:
    from segl.cli.explain_policies import applied
    from segl_classifier.explain import explain as explain_message
    from segl_classifier.understanding.pointers import persons_in

    found = checker.gather(mail.raw)
    told = explain_message(
        found, checker.rules, model=checker.model, strictness=checker.strictness, persons_in=persons_in
    )
    settings = checker.settings if checker.settings is not None and checker.settings.policy else None
    found_of = applied(mail.raw, told.verdict, settings, *envelope) if settings is not None else None
    if as_json:
        policies = {"policies": found_of.as_dict(settings)} if found_of and settings else {}
        say_json({"file": printable(mail.name), **told.as_dict(), **policies})
    else:
        say(paint(printable(mail.name), bold=True))
        _windows(told, everything)
        show_arithmetic(told.verdict, told.weighings, told.whys)
        if found_of is not None:
            _policies(found_of)
    return told.verdict.decision


def _windows(told: Explanation, everything: bool) -> None:
    where, quiet = "", 0
    for passage in told.passages:
        if passage.quiet and not everything:
            quiet += 1
            continue
        if passage.where != where:
            where = passage.where
            say(f"── {printable(where)}")
        if passage.reading:
            say(f"   {_scores(passage)}")
        for line in _marked(passage, told).splitlines():
            say(f"   │ {line}")
        if passage.persons:
            say(paint(f"   persons: {_persons(passage)}", dim=True))
    if quiet:
        say(
            paint(
                f"── {counted(quiet, 'passage')} in which nothing was found: --all shows them",
                dim=True,
            )
        )


def _scores(passage: Passage) -> str:
    """What the model says of a window, the highest first."""
    reading = passage.reading
    if reading is None:
        return ""
    ordered = sorted(reading.scores.items(), key=lambda pair: -pair[1])
    parts = [paint(f"{label} {score:.2f}", _OF_LABEL[label]) for label, score in ordered if score >= FAINT]
    parts += [f"lowered {by:.2f} ({reason})" for reason, by in reading.lowered]
    return f"{reading.any:.2f} by the {reading.stage.name.lower()} stage: {', '.join(parts) or 'no category'}"


def _persons(passage: Passage) -> str:
    """Who is in it, each once: whose matter it may be is what the score rests on."""
    found = (f"{printable(passage.text[start:end])} ({kind})" for start, end, kind in passage.persons)
    return ", ".join(dict.fromkeys(found))


def _marked(passage: Passage, told: Explanation) -> str:
    """The text with its hits marked. Line breaks stay, everything else is made printable."""
    parts: list[str] = []
    done = 0
    for found in passage.highlights:
        label = told.rule_labels.get(found.rules[0])
        parts += (
            _printable_lines(passage.text[done : found.start]),
            _hit(_printable_lines(passage.text[found.start : found.end]), ",".join(found.rules), label),
        )
        done = found.end
    return "".join((*parts, _printable_lines(passage.text[done:])))


def _hit(text: str, rules: str, label: Label | None) -> str:
    if not coloured(sys.stdout):
        return f"[[{text}]]{{{rules}}}"
    colour = _OF_LABEL[label] if label else None
    return typer.style(text, fg=colour, underline=True) + typer.style(f"{{{rules}}}", dim=True)


def _printable_lines(text: str) -> str:
    return "\n".join(printable(line.replace("\t", " ")) for line in text.split("\n"))


def show_arithmetic(verdict: Verdict, weighings: Weighings, whys: Mapping[str, str]) -> None:
    """What could not be read, the sums of each category that says anything, with why the rules named in *whys* are
    there, and the verdict."""
    for finding in verdict.unreadable:
        say(
            f"{paint(finding.rule, 'yellow', bold=True)} in {printable(finding.where)} {printable(finding.excerpt)}"
        )
    for weighing in weighings.labels.values():
        if weighing.score >= FAINT or weighing.veto or weighing.lowered:
            _weighing(weighing, verdict, whys)
    if weighings.whole:
        _weighing(weighings.whole, verdict, whys)
    decision = paint(verdict.decision, COLOUR_OF[verdict.decision], bold=True)
    say(f"→ {decision} ({', '.join(verdict.reasons)})" if verdict.reasons else f"→ {decision}")


def _policies(found: Applied) -> None:
    from segl.cli.explain_policies import lines

    if found.guessed:
        say(
            paint(
                "policies, by the addresses in the header (--from, --to name those of the envelope):",
                dim=True,
            )
        )
    for text, decision in lines(found):
        if decision is None:
            say(f"    {printable(text)}")
        else:
            say(f"→ with policies {paint(decision, COLOUR_OF[decision], bold=True)}{printable(text)}")


def _weighing(weighing: Weighing, verdict: Verdict, whys: Mapping[str, str]) -> None:
    """One category: its score against its thresholds, the steps, and what each rests on."""
    from segl_classifier.explain import evidence_of, window_steps
    from segl_classifier.weigh import Outcome

    label, threshold = weighing.label, weighing.threshold
    name = paint(label or "the message as a whole", _OF_LABEL[label] if label else None, bold=True)
    unsure = f", unsure from {threshold.unsure:.2f}" if threshold.unsure < threshold.holds else ""
    outcome = {
        Outcome.HOLDS: "holds",
        Outcome.UNSURE: "unsure",
        Outcome.NO: "does not hold",
        Outcome.VETOED: f"vetoed by {weighing.veto}",
    }[weighing.outcome]
    say(f"{name}: {weighing.score:.2f}, holds from {threshold.holds:.2f}{unsure}: {outcome}")
    for step in weighing.steps:
        say(f"    {step}")
        if step.reason == MODEL:
            for part in window_steps(weighing):
                say(paint(f"        {part}", dim=True))
    for finding in evidence_of(weighing, verdict.findings):
        sum_of = " ".join(printable(str(step)) for step in finding.adjustments)
        effect = "" if finding.effect is Effect.RAISE else f" ({finding.effect})"
        say(
            paint(
                f"    {finding.rule}{effect} {finding.score:.2f} in {printable(finding.where)}: {sum_of}",
                dim=True,
            )
        )
        if finding.rule in whys:
            say(paint(f"        {printable(whys[finding.rule])}", dim=True))
    if weighing.own_holds:
        say(f"    own rules reach {weighing.own:.2f} by themselves and decide")
    if weighing.beyond_holds:
        say(f"    rules that need no model reach {weighing.beyond:.2f} by themselves and decide")
