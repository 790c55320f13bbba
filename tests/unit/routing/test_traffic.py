"""Recipients are counted, not questions: Postfix asks several times for each, and anew at each try."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from segl.events import Events
from segl.store import open_store, transaction
from segl.traffic import DomainTraffic, traffic_since
from segl.traffic_writer import TrafficWriter
from segl.vocabulary import Way
from segl_routing import traffic as counting
from segl_routing.queue_watch import Seen
from segl_routing.traffic import Traffic

BO, EVA = "bo@kunde.example", "eva@kunde.example"


class Story:
    def __init__(self, folder: Path) -> None:
        self.now = 1_800_000_000.0
        self.engine = open_store(f"sqlite:///{folder}/segl.db")
        self.writer = TrafficWriter(self.engine, Events("segl-map"), clock=lambda: self.now)
        self.traffic = Traffic(self.writer, clock=lambda: self.now)

    def asks(self, *addresses: str, way: Way = Way.TLS, after: float = 0.0) -> None:
        self.now += after
        for address in addresses:
            self.traffic.answered(address, way)

    def looks(self, *addresses: str, after: float = 20.0, whole: bool = True) -> None:
        self.now += after
        self.traffic.looked(Seen(frozenset(addresses), self.now, whole))

    @property
    def counted(self) -> dict[str, int]:
        return {way.value: n for one in self._kept() for way, n in one.recipients.items()}

    @property
    def left(self) -> float | None:
        return next((one.last.get(Way.TLS) for one in self._kept()), None)

    def _kept(self) -> list[DomainTraffic]:
        self.writer.write()
        with transaction(self.engine) as connection:
            return traffic_since(connection, "0000-00-00")


@pytest.fixture
def story(tmp_path: Path) -> Iterator[Story]:
    story = Story(tmp_path)
    yield story
    story.engine.dispose()


def test_several_questions_for_one_message_are_one_recipient(story: Story) -> None:
    for _ in range(5):
        story.asks(BO, EVA)
    assert story.counted == {"tls": 2}


def test_the_next_message_counts_after_ten_minutes(story: Story) -> None:
    story.asks(BO)
    story.asks(BO, after=599)
    assert story.counted == {"tls": 1}
    story.asks(BO, after=2)
    assert story.counted == {"tls": 2}


def test_a_copy_that_waits_for_another_try_is_not_counted_again(story: Story) -> None:
    story.asks(BO)
    for _ in range(5):
        story.looks(BO)
        story.asks(BO, after=3600)
    assert story.counted == {"tls": 1}
    story.looks()
    story.asks(BO, after=3600)
    assert story.counted == {"tls": 2}


def test_a_copy_that_takes_the_next_way_counts_there_too(story: Story) -> None:
    story.asks(BO)
    story.looks(BO)
    story.asks(BO, way=Way.PORTAL)
    assert story.counted == {"tls": 1, "portal": 1}
    story.looks()
    assert story.left is None, "it went by the portal; TLS did not get it through"


def test_own_people_are_not_counted(story: Story) -> None:
    story.asks(BO, way=Way.INTERNAL)
    story.asks("no address")
    assert story.counted == {}


def test_a_copy_that_is_not_in_the_queue_any_more_has_left_it(story: Story) -> None:
    story.asks(BO)
    story.looks(BO)
    assert story.left is None
    story.looks()
    assert story.left == story.now


@pytest.mark.parametrize("case", ["asked while the look began", "not the whole queue was seen"])
def test_a_look_that_cannot_tell_says_nothing(story: Story, case: str) -> None:
    story.asks(BO)
    if case.startswith("asked"):
        story.looks(after=0.5)
    else:
        story.looks(whole=False)
    assert story.left is None


def test_memory_is_bounded(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "MOST_REMEMBERED", 10)
    story.asks(*(f"a{number}@kunde.example" for number in range(50)))
    assert len(story.traffic._counted) == len(story.traffic._on_the_way) == 10
    assert story.counted == {"tls": 50}


def test_the_metric_counts_the_same(story: Story) -> None:
    def value() -> float:
        return REGISTRY.get_sample_value("segl_recipients_total", {"way": "portal"}) or 0.0

    before = value()
    for _ in range(3):
        story.asks(BO, EVA, way=Way.PORTAL)
    assert value() - before == 2
