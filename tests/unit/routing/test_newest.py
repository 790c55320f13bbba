"""Of what several nodes write of one domain the newer stays, and no clock that was ahead stands in the way."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from segl.store.engine import transaction
from segl.tables.domains import domain_knowledge
from segl_routing.newest import keep_newest

NOW = 1_800_000_000.0


def row(at: float, evidence: str, domain: str = "kunde.example") -> dict[str, Any]:
    return {
        "domain": domain,
        "evidence": evidence,
        "checked_at": at,
        "expires_at": at + 3600,
        "checked_with": "",
    }


def kept(engine: Engine) -> dict[str, str]:
    with transaction(engine) as connection:
        rows = connection.execute(sa.select(domain_knowledge))
        return {found.domain: found.evidence for found in rows}


@pytest.mark.parametrize(
    ("before", "stays"),
    [
        (NOW - 3600, "second"),
        (NOW, "second"),  # at the same moment: who comes last
        (NOW + 1, "first"),  # another node looked later
        (NOW + 60, "first"),  # so much two clocks may differ
        (NOW + 61, "second"),  # nobody has looked yet at that time
        (NOW + 31 * 86400, "second"),
    ],
)
def test_the_newer_of_two_stays(engine: Engine, before: float, stays: str) -> None:
    with transaction(engine) as connection:
        keep_newest(connection, domain_knowledge, row(before, "first"), by="checked_at")
        keep_newest(connection, domain_knowledge, row(NOW, "second"), by="checked_at")
    assert kept(engine) == {"kunde.example": stays}


def test_another_domain_is_not_touched(engine: Engine) -> None:
    with transaction(engine) as connection:
        keep_newest(connection, domain_knowledge, row(NOW, "first"), by="checked_at")
        keep_newest(connection, domain_knowledge, row(NOW, "other", "anden.example"), by="checked_at")
    assert kept(engine) == {"kunde.example": "first", "anden.example": "other"}
