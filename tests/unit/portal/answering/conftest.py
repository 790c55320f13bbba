"""Somebody who writes back, for the tests of answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from world.counter import Counter
from world.peers import ACCEPTED
from world.writing import Writing


@pytest.fixture(scope="module")
def counters(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[dict[str, Any]], Counter]]:
    """A counter for each set of terms, made once."""
    with ExitStack() as stack:
        made: dict[str, Counter] = {}

        def counter(answers: dict[str, Any]) -> Counter:
            key = repr(answers)
            if key not in made:
                folder = tmp_path_factory.mktemp("counter")
                made[key] = stack.enter_context(Counter(folder, answers=answers))
            made[key].now += 7200  # so that no test meets the counts of another
            return made[key]

        yield counter


@pytest.fixture
def writing(
    counters: Callable[[dict[str, Any]], Counter], request: pytest.FixtureRequest
) -> Iterator[Writing]:
    counter = counters(getattr(request, "param", {}))
    made = Writing(counter)
    yield made
    made.desk.close()
    port = counter.return_port
    port.data_reply, port.rcpt_replies, port.data_size_limit = ACCEPTED, {}, 200_000_000
