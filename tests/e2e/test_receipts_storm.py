"""A storm of delivery reports on the real instances, with segl-deliver killed in it: nobody is told a wrong line. (The
bench makes one of ten thousand: docs/benchmarks.md.)"""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from world.estate import build_house
from world.letters import SENDER
from world.receipts import other_reports
from world.storm import sheltered, storm
from world.street import Street

pytestmark = pytest.mark.world


def test_every_message_of_a_storm_is_told_of_rightly(street: Street, home: Path) -> None:
    house = sheltered(build_house(street, home))
    try:
        house.start()
        # Half a minute as a rule: what was in hand at a kill is taken up when its lease ends.
        found = storm(house, street, 40, random.Random(7), 200, calm=(0.3, 1.5), most_kills=6)
    finally:
        house.stop()
    assert found.wrong == 0, str(found)
    assert found.kills > 0
    assert found.reports > 50
    assert other_reports(street, SENDER) == []
