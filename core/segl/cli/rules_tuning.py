"""``segl rules replay|diff|cost``: what other rules would have made of the mail of the last weeks, what differs between
two rule files, and which rules cost most false alarms."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from segl.cli.options import Json, SettingsFile, settings_or_defaults
from segl.cli.rule_files import rule_file
from segl.counted import counted
from segl.days import DAY_SECONDS
from segl.places import DEFAULT_FILE

if TYPE_CHECKING:
    from sqlalchemy.engine import Engine

    from segl.settings.document import Settings
    from segl_classifier.tuning.again import Terms
    from segl_classifier.tuning.replay import Change, Replayed

_SHOWN = 10
_SPREAD = 5_000  # decisions from which on workers are worth their start

Days = Annotated[float, typer.Option("--days", min=0, max=3660, help="Decisions of the last days.")]


def replay(
    new: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="NEW.toml…",
            parser=rule_file,
            help="Rule files in place of those that the settings name.",
        ),
    ] = None,
    on_top: Annotated[bool, typer.Option("--on-top", help="NEW.toml on top of them instead.")] = False,
    new_settings: Annotated[
        Path | None, typer.Option("--new-settings", readable=False, help="With [detection] of this file.")
    ] = None,
    mail: Annotated[
        list[str] | None,
        typer.Option(
            "--mail", metavar="FILE|DIR|MBOX", help="Read these messages with both; may be repeated."
        ),
    ] = None,
    days: Days = 30,
    shown: Annotated[
        int, typer.Option("--show", min=0, max=1000, help="So many changed decisions.")
    ] = _SHOWN,
    as_json: Json = False,
    settings: SettingsFile = DEFAULT_FILE,
) -> None:
    """Show what would have become of the decisions that are remembered, before new rules go live.

    Both the present rules and the new ones are reckoned on the features of each message: rule ids, scores, lengths.
    What needs its text cannot be foreseen, new rules and new words: it is named, and --mail tries it on messages
    you have.

    Exit code: 0, also when nothing or much would change; 2 bad input, a message that could not be read too.
    """
    from segl.cli.output import Exit, fail, fail_of, say_json
    from segl.cli.sealed import store_of
    from segl.errors import SeglError
    from segl.settings.file import load_settings
    from segl_classifier.tuning.again import Terms, unforeseen

    if not new and new_settings is None:
        fail("no new rules are named", "name rule files, or --new-settings FILE")
    try:
        loaded = load_settings(settings)
        other = load_settings(new_settings) if new_settings else loaded
        new_terms = Terms.of(other, new or ()) if on_top else Terms.of(other, instead=new or ())
        old_terms = Terms.of(loaded)
    except SeglError as error:
        fail_of(error)
    unread, blind = 0, []
    if mail:
        found, unread = _of_mail(mail, loaded, old_terms, new_terms)
    else:
        with store_of(settings) as (_, engine):
            found = _of_decisions(engine, time.time() - days * DAY_SECONDS, old_terms, new_terms)
        blind = list(unforeseen(old_terms.rules, new_terms.rules))
    if as_json:
        say_json({**found.as_dict(), "unforeseen": [{"rule": rule, "why": why} for rule, why in blind]})
    else:
        span = "" if mail else f" of the last {days:g} days"
        _tell(found, shown, "message" if mail else "decision", span)
        _tell_blind(blind)
    if unread:
        raise typer.Exit(Exit.BAD_INPUT)


def diff(
    old: Annotated[
        Path,
        typer.Argument(metavar="OLD", parser=rule_file, help="A rule file or folder; or the word shipped."),
    ],
    new: Annotated[Path, typer.Argument(metavar="NEW", parser=rule_file, help="Another.")],
    files: Annotated[
        list[str] | None, typer.Argument(metavar="FILES…", help="Messages to read with both.")
    ] = None,
    as_json: Json = False,
    settings: Annotated[
        Path | None, typer.Option("--settings", readable=False, help="With FILES: how they are read.")
    ] = None,
) -> None:
    """Show what differs between two rule files, rule by rule and list by list; on FILES also what comes of it.

    The shipped rules are underneath both. Exit code: 0 no difference, 1 some, 2 bad input, a message that could not be
    read too.
    """
    from segl.cli.output import Exit, fail_of, paint, say, say_json
    from segl.errors import SeglError
    from segl_classifier.decide import Strictness
    from segl_classifier.rules import load_rules
    from segl_classifier.rules.compare import differences
    from segl_classifier.tuning.again import Terms
    from segl_classifier.understanding.loading import load_thresholds

    def rules_of(name: Path) -> list[Path]:
        return [] if str(name) == "shipped" and not name.exists() else [name]

    try:
        before, after = load_rules(rules_of(old)), load_rules(rules_of(new))
        loaded = settings_or_defaults(settings) if files else None
    except SeglError as error:
        fail_of(error)
    found = list(differences(before, after))
    replayed, unread = None, 0
    if files and loaded is not None:
        strictness, model = (
            Strictness.of(loaded.detection),
            load_thresholds() if loaded.detection.model else None,
        )
        old_terms, new_terms = Terms(before, strictness, model), Terms(after, strictness, model)
        replayed, unread = _of_mail(files, loaded, old_terms, new_terms)
    code = Exit.BAD_INPUT if unread else Exit.FAILED if found else Exit.OK
    if as_json:
        messages = replayed.as_dict() if replayed else None
        say_json({"differences": [one.as_dict() for one in found], "messages": messages})
        raise typer.Exit(code)
    for one in found:
        say(paint(str(one), bold=True))
        for detail in one.details:
            say(f"    {detail}")
    if not found:
        say("no difference")
    if replayed is not None:
        _tell(replayed, _SHOWN, "message")
    raise typer.Exit(code)


def cost(
    days: Days = 7,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a rule.")] = False,
    settings: SettingsFile = DEFAULT_FILE,
) -> None:
    """List the rules that took part in most decisions which were called wrong.

    ALONE: of these so many would have gone plain without the rule, by the present rules.
    """
    from segl.cli.output import columns, fail_of, paint, say, say_json
    from segl.cli.sealed import store_of
    from segl.decisions import feedback, kept
    from segl.decisions.cost import Cost, costs
    from segl.errors import SeglError
    from segl.store.engine import transaction
    from segl_classifier.tuning.again import Terms, decisive

    with store_of(settings) as (loaded, engine):
        try:
            terms = Terms.of(loaded)
        except SeglError as error:
            fail_of(error)
        since = time.time() - days * DAY_SECONDS
        with transaction(engine) as connection:
            said = feedback.said_since(connection, since)
        found, wrong = costs(kept.since(engine, since, beyond_plain=True), said)
    by_rule = {one.rule: one for one in found}
    for record in wrong:
        for rule in decisive(record, terms):
            by_rule.setdefault(rule, Cost(rule)).alone += 1
    if as_json:
        for one in found:
            say_json(one.as_dict())
        return
    rows = [("RULE", "WRONG", "ALONE", "RIGHT", "SECURE")]
    rows += [(one.rule, str(one.wrong), str(one.alone), str(one.right), str(one.secure)) for one in found]
    for number, line in enumerate(columns(rows)):
        say(paint(line, bold=not number))
    was = "was" if len(wrong) == 1 else "were"
    say(
        f"{counted(len(wrong), 'decision')} of the last {days:g} days {was} called wrong; segl feedback list shows"
        " them"
    )


def _of_decisions(engine: Engine, since: float, old: Terms, new: Terms) -> Replayed:
    """Those made since then; many of them on all cores."""
    from segl.cli.bar import told
    from segl.cli.spread import Lost, cores, spread
    from segl.decisions import kept
    from segl_classifier.tuning.replay import Replayed
    from segl_classifier.tuning.replay import replay as replayed

    number = kept.number_since(engine, since)
    if number < _SPREAD or cores() == 1:
        return replayed(told(kept.since(engine, since), number), old, new)
    found = Replayed()

    def work(job: tuple[list[str], int]) -> Replayed:
        return replayed(kept.read_forms(job[0]), old, new, job[1])

    # once enough changes are at hand workers need not hand over any
    jobs = ((forms, found.most - len(found.changes)) for forms in kept.forms_since(engine, since))
    engine.dispose()  # the workers are forked, and inherit no connection
    for part in spread(work, jobs, number, lambda job: len(job[0]), counted=True):
        found.join(work(part.job) if isinstance(part, Lost) else part)
    return found


def _of_mail(names: Sequence[str], settings: Settings, old: Terms, new: Terms) -> tuple[Replayed, int]:
    """The messages *names* judged by both, and how many could not be read. The networks remember a passage, so that
    the second time costs little. Many of them on all cores."""
    from segl.cli.checking import run_each
    from segl.cli.mailbox import Mail, PassedOver, Unread, find_sources, tell_passed_over
    from segl.cli.output import complain
    from segl.decisions.record import DecisionRecord
    from segl_classifier.classify import classify
    from segl_classifier.extract import Pictures
    from segl_classifier.tuning.replay import Replayed, change_of
    from segl_classifier.understanding.loading import load_model

    model = load_model() if old.model is not None or new.model is not None else None
    pictures, found, unread = Pictures.of(settings.detection), Replayed(), 0
    passed: Counter[PassedOver] = Counter()

    def read(mail: Mail) -> Change | None:
        before, after = (
            classify(
                mail.raw,
                terms.rules,
                settings.limits,
                model=model if terms.model is not None else None,
                strictness=terms.strictness,
                pictures=pictures,
            )
            for terms in (old, new)
        )
        record = DecisionRecord("", 0.0, _domain_in(mail.raw), before.decision)
        return change_of(mail.name, record, before, after, old, new)

    sources = list(find_sources(names, passed))
    for one in run_each(read, sources, settings.limits.message_bytes):
        if isinstance(one, Unread):
            unread += 1
            complain(f"{one.name}: {one.problem}", one.hint)
        else:
            found.add(one)
    tell_passed_over(passed)
    return found, unread


def _domain_in(raw: bytes) -> str:
    """The domain in the message's From."""
    from email import message_from_bytes
    from email.utils import parseaddr

    from segl.addresses import domain_of

    return domain_of(
        parseaddr(str(message_from_bytes(raw.partition(b"\r\n\r\n")[0][:65536])["From"] or ""))[1]
    )


def _tell(found: Replayed, shown: int, of_what: str, span: str = "") -> None:
    from segl.cli.output import COLOUR_OF, columns, paint, say

    turned = sum(found.turns.values())
    say(paint(f"{counted(found.decisions, of_what)}{span}: {turned} would go another way", bold=True))
    for (before, after), number in sorted(found.turns.items()):
        say(f"  {before} → {paint(after, COLOUR_OF[after])}: {number}")
    if found.relabelled:
        say(f"  the same way, for other categories: {found.relabelled}")
    for heading, numbers in (
        ("by rule", found.by_rule),
        ("by sender domain", found.by_domain),
        ("by category (+ found now, - no more)", found.by_label),
    ):
        for text in _counted(heading, numbers):
            say(text)
    changes = sorted(found.changes, key=lambda change: not change.turns)[:shown]
    rows = [_row(change) for change in changes]
    if rows:
        say(paint("changed", bold=True))
    for line in columns(rows):
        say(f"  {line}")
    if found.outdated:
        say(paint(f"{found.outdated} were made when a rule that spoke looked for something else", "yellow"))


def _counted(heading: str, numbers: Counter[str]) -> Iterable[str]:
    from segl.cli.output import paint, printable

    if numbers:
        yield paint(heading, bold=True)
    for name, number in numbers.most_common(20):
        yield f"  {number:>5}  {printable(name) or '-'}"


def _row(change: Change) -> tuple[str, ...]:
    from segl.cli.output import printable

    def said(verdict: object) -> str:
        return printable(str(verdict))

    name = change.name[:32] if change.name == change.record.id else change.name
    return (printable(name), said(change.before), "→", said(change.after), ", ".join(change.rules))


def _tell_blind(blind: list[tuple[str, str]]) -> None:
    from segl.cli.output import paint, say

    if not blind:
        say("nothing in the new rules needs the messages' text: all of it is foreseen")
        return
    say(paint(f"not foreseen, for it needs text ({len(blind)}): try --mail with messages of yours", "yellow"))
    for rule, why in blind[:20]:
        say(f"  {rule}: {why}")
    if len(blind) > 20:
        say(f"  and {len(blind) - 20} more")
