"""``segl policy explain|list|check``: what holds for mail from one address to another, and by whose word."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from segl.cli.options import SettingsFile
from segl.counted import counted
from segl.places import DEFAULT_FILE
from segl.settings.organisation import Between
from segl.vocabulary import MOST_NUMBERS, Decision, Doubt, Label

if TYPE_CHECKING:
    from segl.cli.policy_told import Told
    from segl.policy.table import Message
    from segl.settings.document import Settings
    from segl.vocabulary import Verdict

AsJson = Annotated[bool, typer.Option("--json", help="JSON for programs.")]
NONE = "none"

app = typer.Typer(
    help="What holds for mail from whom to whom, and why.", no_args_is_help=True, rich_markup_mode=None
)


@app.command()
def explain(
    sender: Annotated[str, typer.Argument(metavar="FROM", help="The envelope's sender.")],
    recipient: Annotated[str, typer.Argument(metavar="TO", help="One recipient.")],
    label: Annotated[
        list[str] | None,
        typer.Option(
            "--label", help='A category that the message has, or "personal" or "unsure"; "none": it has none.'
        ),
    ] = None,
    cpr_numbers: Annotated[
        int | None,
        typer.Option("--cpr-numbers", min=0, max=MOST_NUMBERS, help="How many CPR numbers it has."),
    ] = None,
    score: Annotated[
        list[str] | None, typer.Option("--score", metavar="LABEL=SCORE", help="A category's score.")
    ] = None,
    size: Annotated[int | None, typer.Option("--size", min=0, help="Its size in bytes.")] = None,
    tag: Annotated[
        list[str] | None, typer.Option("--tag", help='What its subject begins with; "none": with no tag.')
    ] = None,
    as_json: AsJson = False,
    settings: SettingsFile = DEFAULT_FILE,
) -> None:
    """Show what holds for a message FROM one address TO another: verdict, least proof, order of ways, receipts,
    portal look; each with the policy or setting that says so.

    What is not told of the message is not known: entries that ask for it are shown as perhaps. With --label the verdict
    is that of the rules for such a message.

    Exit code: 0, or 2 for bad input.
    """
    from dataclasses import replace

    from segl.addresses import domain_of
    from segl.cli.output import fail, say_json
    from segl.cli.policy_told import levels_of, told

    loaded = _load(settings)
    for address in filter(None, (sender, recipient)):
        if not domain_of(address):
            fail(f"{address} is no mail address", "segl policy explain anna@x.dk bo@y.dk")
    if not recipient:
        fail("there is no recipient")
    doubts = tuple(doubt for doubt in Doubt if doubt in (label or ()))
    labels = None if label is None else [one for one in label if one not in doubts]
    message = _message(sender, labels, cpr_numbers, score, size, tag)
    if doubts and score is None:  # in doubt is what has a score
        message = replace(message, scores=None)
    verdict = _verdict(loaded, message, doubts)
    lines = told(loaded, message, recipient, verdict)
    if as_json:
        levels = levels_of(loaded)
        say_json(
            {**_heading(loaded, sender, recipient), **{one.term.value: one.as_dict(levels) for one in lines}}
        )
        return
    _show(loaded, sender, recipient, lines)


@app.command("list")
def list_(as_json: AsJson = False, settings: SettingsFile = DEFAULT_FILE) -> None:
    """List the entries in the order in which they count: the narrowest first, among equals as in the file."""
    from segl.cli.output import paint, printable, say, say_json
    from segl.cli.policy_told import asked, levels_of, said
    from segl.policy.table import Term

    loaded = _load(settings)
    levels = levels_of(loaded)
    for entry in loaded.policies.entries:
        terms = {term: said(entry, term) for term in Term if getattr(entry, term.value) not in (None, "")}
        conditions = list(asked(entry))
        if as_json:
            words = {term.value: value for term, value in terms.items()}
            say_json({"policy": entry.name, "level": levels[entry.name].value, "if": conditions, **words})
            continue
        say(f"{paint(entry.name, bold=True)}  {paint(levels[entry.name].value, dim=True)}")
        say(f"  if    {printable(', '.join(conditions)) or 'always'}")
        for term, value in terms.items():
            say(f"  {term:<8}  {printable(value)}")
    if not loaded.policy and not as_json:
        say("there are no policies")


@app.command()
def check(settings: SettingsFile = DEFAULT_FILE) -> None:
    """Check the settings, and look for entries that can never count because one before always does or their group holds
    nobody, and for those that send in clear for many more than their few words show.

    Exit code: 0 good, 1 an entry is to be looked at, 2 the settings cannot be used.
    """
    from segl.cli.output import Exit, complain, say
    from segl.settings.cautions import policy_cautions

    loaded = _load(settings)
    found = list(policy_cautions(loaded))
    for one in found:
        complain(f"{one.where}: {one.problem}", one.hint)
    if found:
        raise typer.Exit(Exit.FAILED)
    groups = sum(len(group.members) for group in loaded.group)
    say(
        f"{counted(len(loaded.policy), 'policy', 'policies')}, {counted(len(loaded.group), 'group')} with "
        f"{counted(groups, 'member')}: good"
    )


def _load(file: Path) -> Settings:
    from segl.cli.output import fail_of
    from segl.errors import SeglError
    from segl.settings.file import load_settings

    try:
        return load_settings(file)
    except SeglError as error:
        fail_of(error)


def _message(
    sender: str,
    labels: list[str] | None,
    cpr_numbers: int | None,
    scores: list[str] | None,
    size: int | None,
    tags: list[str] | None,
) -> Message:
    from segl.policy.table import Message
    from segl.subject_tags import tag_word

    found = None if labels is None else tuple(dict.fromkeys(_label(one) for one in labels if one != NONE))
    if found == () and cpr_numbers is None:
        cpr_numbers = 0
    return Message(
        sender=sender,
        labels=found,
        cpr_numbers=cpr_numbers,
        scores=None if scores is None and found != () else dict(_score(one) for one in scores or ()),
        size=size,
        tags=None if tags is None else {tag_word(one) for one in tags if one != NONE},
    )


def _verdict(settings: Settings, message: Message, doubts: tuple[Doubt, ...]) -> Verdict | None:
    """What the rules say of a message with these categories and *doubts*; ``None`` when they are not known."""
    from segl.cli.output import fail_of
    from segl.errors import SeglError
    from segl.vocabulary import Verdict

    if message.labels is None:
        return None
    labels = tuple(label for label in Label if label in message.labels)
    decisions = []
    if labels:
        from segl_classifier.rules import load_rules

        try:
            rules = load_rules(settings.detection.rules)
        except SeglError as error:
            fail_of(error)
        decisions = [Decision.SECURE, *(rules.labels[label].decision for label in labels)]
    of = {Doubt.PERSONAL: Decision.SECURE, Doubt.UNSURE: settings.detection.unsure}
    decisions += [of[doubt] for doubt in doubts]
    reasons = (*(label.value for label in labels), *(doubt.value for doubt in doubts))
    return Verdict(Decision.strictest(decisions), labels=labels, reasons=reasons)


def _label(word: str) -> Label:
    from difflib import get_close_matches

    from segl.cli.output import fail

    try:
        return Label(word)
    except ValueError:
        near = get_close_matches(word, [*Label, *Doubt], n=1)
        hint = f"did you mean {near[0]}?" if near else f"one of {', '.join([*Label, *Doubt])}"
        fail(f"{word} is no category", hint)


def _score(word: str) -> tuple[Label, float]:
    from segl.cli.output import fail

    name, _, number = word.partition("=")
    try:
        value = float(number)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        fail(f"{word} is no score", "write --score health=0.8, from 0 to 1")
    return _label(name), value


def _heading(settings: Settings, sender: str, recipient: str) -> dict[str, Any]:
    from segl.addresses import domain_of

    owners = settings.owners
    return {
        "from": sender,
        "organisation": owners.name_at(domain_of(sender)) or None,
        "to": recipient,
        "to_organisation": owners.name_at(domain_of(recipient)) or None,
    }


def _show(settings: Settings, sender: str, recipient: str, lines: list[Told]) -> None:
    from segl.cli.output import paint, printable, say
    from segl.cli.policy_told import asked_of_content, levels_of, said

    heading, levels = _heading(settings, sender, recipient), levels_of(settings)
    whose = [
        f"{printable(heading[key] or '<>')} ({printable(heading[of] or 'outside')})"
        for key, of in (("from", "organisation"), ("to", "to_organisation"))
    ]
    say(paint(" → ".join(whose), bold=True))
    for one in lines:
        by = f"{one.source}, {levels[one.policy.name].value}" if one.policy else one.source
        note = f"; {one.note}" if one.note else ""
        colour = typer.colors.CYAN if one.policy else None
        say(f"  {one.term:<9} {paint(printable(one.value), colour, bold=bool(one.policy))}  ({by}{note})")
        for entry in one.perhaps:
            when = ", ".join(asked_of_content(entry)) or "that"
            text = f"perhaps {said(entry, one.term)} by policy {entry.name}: {when}"
            say(paint(f"  {'':<9} {printable(text)}", typer.colors.YELLOW))
    if heading["to_organisation"]:
        inside = heading["organisation"] == heading["to_organisation"] or heading["organisation"] is None
        if inside or settings.organisation.between is Between.INSIDE:
            say(
                "  mail to own recipients is not read and goes inside: the verdict is that of copies to others"
            )
