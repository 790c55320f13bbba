"""What became of the demo's messages, beside what should have: the table of ``make demo``, and its exit code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table
from rich.text import Text

from segl.vocabulary import Decision, Way
from world.letters import Expected


@dataclass(frozen=True, slots=True)
class Trip:
    """One recipient's line of the table. ``way`` is ``None`` for one not seen on any. ``whole`` says whether the
    recipient has it, in the form that its way promises."""

    recipient: str
    way: Way | None
    why: str
    arrived: str
    whole: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one message. ``decision`` is ``None`` when the milter told of none."""

    expected: Expected
    decision: Decision | None
    why: str
    trips: tuple[Trip, ...]

    @property
    def as_expected(self) -> bool:
        return (
            self.decision is self.expected.verdict
            and tuple(trip.way for trip in self.trips) == self.expected.ways
            and all(trip.whole for trip in self.trips)
        )


def report(outcomes: Sequence[Outcome], console: Console) -> int:
    """Print the table, with a mark at whatever differs; the exit code: 1 if anything does."""
    table = Table(show_lines=True, title="What went which way", title_justify="left")
    for column in ("message", "verdict", "recipient", "way, and why", "what arrived"):
        table.add_column(column, overflow="fold")
    for outcome in outcomes:
        _add_rows(table, outcome)
    console.print(table)
    different = [outcome.expected.letter.title for outcome in outcomes if not outcome.as_expected]
    for title in different:
        console.print(f"NOT as expected: {title}", style="bold red")
    return 1 if different else 0


def _add_rows(table: Table, outcome: Outcome) -> None:
    expected = outcome.expected
    colour = "green" if outcome.decision is Decision.PLAIN else "yellow"
    verdict = _cell(outcome.decision, expected.verdict, outcome.why, colour)
    message: tuple[str, str | Text] = (expected.letter.title, verdict)
    for trip, way in zip(outcome.trips, expected.ways, strict=True):
        arrived = Text(trip.arrived, "" if trip.whole else "bold red")
        table.add_row(*message, trip.recipient, _cell(trip.way, way, trip.why, ""), arrived)
        message = ("", "")


def _cell(found: Decision | Way | None, wanted: Decision | Way, why: str, colour: str) -> Text:
    mark = "" if found is wanted else f"\nNOT as expected: {wanted}"
    return Text.assemble((str(found or "none"), f"bold {colour}"), (mark, "bold red"), (f"\n{why}", colour))
