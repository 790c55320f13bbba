"""While users send, whatever runs in the house dies, freezes or is started again without plan: nothing that Postfix
took is lost or comes back, nothing that must go securely is seen in clear, and each sender is told. (The bench does so
for minutes: docs/benchmarks.md.)"""

from __future__ import annotations

import random

import pytest

from world.chaos import chaos
from world.estate import standing_house
from world.street import Street

pytestmark = pytest.mark.world


def test_whatever_dies_nothing_is_lost_and_nothing_goes_in_clear(street: Street) -> None:
    with standing_house(street) as house:
        found = chaos(house, street, 6, random.Random(1))
    assert found.taken, str(found)
    assert found.lost == [], str(found)
    assert found.leaked == [], str(found)
    assert found.untold == [], str(found)
    assert found.returned == 0, str(found)
