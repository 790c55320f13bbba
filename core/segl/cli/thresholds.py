"""``segl thresholds``: what another threshold of a category would find and cost, on labelled texts and on the decisions
that are remembered."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from segl.cli.options import SettingsFileIfAny, settings_or_defaults
from segl.days import DAY_SECONDS
from segl.places import DEFAULT_FILE

if TYPE_CHECKING:
    from segl.settings.document import Settings
    from segl_classifier.evaluation.own_mail import OwnMail
    from segl_classifier.evaluation.tradeoff import Measured, Name, Row
    from segl_classifier.tuning.again import Terms

_NEAR = 0.1
_MOST_LOOKED_AT = 30_000  # own decisions; of a municipality's two million in a month one in sixty


def thresholds(
    label: Annotated[
        str, typer.Option("--label", help="A category, or any (the message as a whole): the whole table.")
    ] = "",
    days: Annotated[
        float, typer.Option("--days", min=0, max=3660, help="Own decisions of the last days.")
    ] = 30,
    corpus: Annotated[
        list[Path] | None,
        typer.Option(
            "--corpus", readable=False, help="Labelled messages of your own in place of the shipped ones."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a category.")] = False,
    settings: SettingsFileIfAny = None,
) -> None:
    """Show what other thresholds would find and cost, by the present rules and settings.

    FOUND: texts of the category that get it; WRONGLY: texts without it that get it; SECURE: texts that must be secure
    and are; ALARMS: others that are. Then own decisions: how many more would go securely or plain, and how many that
    people spoke of (segl feedback) would be as they said, or not any more. Where there are more than 30,000 own
    decisions, so many are taken at random and the others reckoned by them. The present threshold is marked.

    Without --label: of each category the present threshold, one a little lower and one a little higher.

    Exit code: 0, 2 bad input.
    """
    from segl.cli.output import fail, fail_of, say_json
    from segl.errors import SeglError
    from segl_classifier.evaluation.own_mail import OwnMail
    from segl_classifier.evaluation.tradeoff import decided_texts, names, table
    from segl_classifier.tuning.again import Terms

    try:
        loaded = settings_or_defaults(settings)
        terms = Terms.of(loaded)
        texts = _texts(loaded, terms, corpus or ())
    except SeglError as error:
        fail_of(error)
    chosen = [name for name in names(terms) if not label or name == label]
    if not chosen:
        fail(f"{label!r} has no threshold here", f"one of {', '.join(names(terms))}")
    judged = tuple(decided_texts(terms, texts))
    tables = {name: table(terms, name, _tried(terms, name, label), judged) for name in chosen}
    own = _own(OwnMail(terms, tables), loaded, settings, time.time() - days * DAY_SECONDS)
    for name, rows in tables.items():
        if as_json:
            say_json(_as_dict(name, rows, texts, own))
        else:
            _tell(name, rows, texts, own)
    if not as_json:
        _foot(terms, texts, shipped=not corpus)


def _tried(terms: Terms, name: Name, label: str) -> list[float]:
    from segl_classifier.evaluation.tradeoff import STEPS, present_threshold

    present = present_threshold(terms, name)
    tried = STEPS if label else (round(present - _NEAR, 2), round(present + _NEAR, 2))
    return [threshold for threshold in tried if 0 < threshold <= 1]


def _texts(settings: Settings, terms: Terms, files: Sequence[Path]) -> tuple[Measured, ...]:
    """The shipped texts' features; of *files*, read and measured now."""
    from segl_classifier.evaluation.tradeoff import NAME, read
    from segl_classifier.understanding.loading import shipped_model

    if files:
        return tuple(_measured(settings, terms, files))
    folder = shipped_model()
    if folder is None or not (folder / NAME).is_file():
        return ()
    return read(folder / NAME).texts


def _measured(settings: Settings, terms: Terms, files: Sequence[Path]) -> Iterable[Measured]:
    from segl.cli.output import complain
    from segl.cli.spread import Lost, cores, spread
    from segl_classifier.classify import gather
    from segl_classifier.evaluation.labelled import LabelledMessage, read_labelled
    from segl_classifier.evaluation.measure import measure
    from segl_classifier.extract import Pictures
    from segl_classifier.understanding.loading import load_model

    records = read_labelled(files)
    model = load_model() if terms.model is not None else None
    pictures = Pictures.of(settings.detection)
    found = partial(gather, rules=terms.rules, limits=settings.limits, model=model, pictures=pictures)
    work = partial(measure, gather=found, rules=terms.rules, model=model)
    if len(records) < 20 or cores() < 2:
        yield from map(work, records)
        return

    def size(record: LabelledMessage) -> int:
        return len(record.body) + sum(len(one.text) for one in record.attachments)

    for done in spread(work, records, sum(map(size, records)), size):
        if isinstance(done, Lost):
            complain(f"{done.job.place}: could not be read: a worker process was killed", "it is left out")
        else:
            yield done


@dataclass(frozen=True, slots=True)
class _Own:
    """How many own decisions there are, how many of them were looked at, and how many people spoke of."""

    decisions: int = 0
    looked_at: int = 0
    spoken_of: int = 0

    def __str__(self) -> str:
        some = f" (reckoned by {self.looked_at} of them)" if self.looked_at < self.decisions else ""
        return f"{self.decisions} own decisions{some}, {self.spoken_of} spoken of"


def _own(mail: OwnMail, settings: Settings, file: Path | None, since: float) -> _Own:
    """Nothing where there is no store."""
    from segl.cli.bar import told
    from segl.cli.sealed import store_of
    from segl.decisions import feedback, kept
    from segl.store.engine import transaction
    from segl.store.status import missing_file

    if missing_file(settings.store.url):
        return _Own()
    with store_of(file or DEFAULT_FILE) as (_, engine):
        number = kept.number_since(engine, since)
        part = _MOST_LOOKED_AT / max(number, 1)
        some = told(kept.since(engine, since, part=part), min(number, _MOST_LOOKED_AT))
        looked_at = mail.count(some, number, part)
        with transaction(engine) as connection:
            said = feedback.said_since(connection, since)
        of_them = (record for record in kept.these(engine, said) if record.at >= since)
        return _Own(number if part < 1 else looked_at, looked_at, mail.hold_against(of_them, said))


def _as_dict(name: Name, rows: Sequence[Row], texts: Sequence[Measured], own: _Own) -> dict[str, object]:
    from segl_classifier.evaluation.tradeoff import counted

    of_label, must, harmless = counted(texts, name)
    return {
        "label": str(name),
        "texts": {"of_label": of_label, "must": must, "harmless": harmless},
        "decisions": own.decisions,
        "looked_at": own.looked_at,
        "thresholds": [
            {
                "threshold": round(row.threshold, 4),
                "present": row.present,
                "found": row.texts.found,
                "wrongly": row.texts.named,
                "secure": row.texts.secure,
                "alarms": row.texts.alarms,
                "own": {
                    "to_secure": row.mail.to_secure,
                    "to_plain": row.mail.to_plain,
                    "as_people_said": row.mail.mended,
                    "against_what_people_said": row.mail.spoilt,
                },
            }
            for row in rows
        ],
    }


def _tell(name: Name, rows: Sequence[Row], texts: Sequence[Measured], own: _Own) -> None:
    from segl.cli.output import columns, paint, say
    from segl_classifier.evaluation.tradeoff import counted

    of_label, must, harmless = counted(texts, name)
    heading = f"{name}: {of_label} texts of it, {must} that must be secure, {harmless} others"
    say(paint(f"{heading}; {own}", bold=True))
    head = (
        "THRESHOLD",
        "FOUND",
        "WRONGLY",
        "SECURE",
        "ALARMS",
        "OWN +SECURE",
        "+PLAIN",
        "AS SAID",
        "AGAINST",
    )
    lines: list[tuple[str, ...]] = [head]
    for row in rows:
        named = ("-", "-") if name == "any" else (_share(row.texts.found, of_label), str(row.texts.named))
        ours = (row.mail.to_secure, row.mail.to_plain, row.mail.mended, row.mail.spoilt)
        lines.append(
            (
                f"{row.threshold:.2f}{' now' if row.present else ''}",
                *named,
                _share(row.texts.secure, must),
                _share(row.texts.alarms, harmless),
                *map(str, ours),
            )
        )
    present = [False, *(row.present for row in rows)]
    for line, bold in zip(columns(lines), present, strict=True):
        say(paint(f"  {line}", bold=bold))


def _share(part: int, whole: int) -> str:
    return f"{part} ({part / whole:.0%})" if whole else "-"


def _foot(terms: Terms, texts: Sequence[Measured], *, shipped: bool) -> None:
    from segl.cli.output import paint, say

    if not texts:
        say("there are no labelled texts with this model; --corpus names some of your own")
        return
    if shipped:
        say(
            "the texts are those by which the thresholds were chosen: on other mail figures are somewhat worse"
        )
    digest = str(getattr(terms.model, "digest", ""))
    if digest and any(text.record.model not in ("", digest) for text in texts):
        say(paint("the texts were measured by another model than the present one", "yellow"))
    where = (
        "[detection.thresholds] in the settings"
        if terms.model is not None
        else "[label.NAME] threshold in a rule file"
    )
    say(f"a threshold is set in {where} (cpr: [label.cpr] in a rule file)")
