"""When a file of certificates is of no use any more."""

from __future__ import annotations

import math
import time
from pathlib import Path

import pytest

from segl.certificates.ends import end_of_page, first_end_of_authorities, first_end_of_partners
from segl.cli.doctor_trust import trust_checks
from segl.postfix.check import State
from segl.settings.file import parse_settings
from world.partners import certificate, ec_key, pem, rsa_key, usage

LEAF = certificate("kommune.example", ec_key(), ends=9)
AUTHORITY = certificate("CA", ec_key(number=1), ends=3000, authority=True)
ROOT_TOO = certificate("kommune.example", ec_key(), ends=20, authority=True)
SIGNS = certificate("kommune.example", ec_key(), ends=900, key_usage=usage(sign=True))
SHORT = certificate("kommune.example", rsa_key(1024), ends=900)


@pytest.mark.parametrize(
    ("content", "ends"),
    [
        (pem(LEAF), LEAF),
        (pem(LEAF, AUTHORITY), LEAF),
        (pem(AUTHORITY, LEAF), LEAF),
        (pem(LEAF, SIGNS, SHORT), LEAF),
        (pem(LEAF, certificate("kommune.example", ec_key(), ends=5)), LEAF),
        (pem(ROOT_TOO), ROOT_TOO),
    ],
)
def test_a_partners_file_is_of_use_while_one_of_his_own_can_be_encrypted_to(
    tmp_path: Path, content: bytes, ends: object
) -> None:
    (tmp_path / "kommune.example.pem").write_bytes(content)
    assert first_end_of_partners(tmp_path) == ends.not_valid_after_utc.timestamp()  # type: ignore[attr-defined]


def test_of_several_partners_the_first_end_counts_and_of_none_there_is_none(tmp_path: Path) -> None:
    for name, one in (("a", LEAF), ("b", ROOT_TOO), ("c", SIGNS)):
        (tmp_path / f"{name}.pem").write_bytes(pem(one))
    (tmp_path / "d.pem").write_bytes(b"none")
    assert first_end_of_partners(tmp_path) == LEAF.not_valid_after_utc.timestamp()
    assert math.isnan(first_end_of_partners(tmp_path / "gone"))


def test_a_page_ends_with_its_own_certificate_and_not_with_its_authoritys(tmp_path: Path) -> None:
    file = tmp_path / "fullchain.pem"
    file.write_bytes(pem(LEAF, AUTHORITY))
    assert end_of_page(file) == LEAF.not_valid_after_utc.timestamp()
    file.write_bytes(b"")
    assert math.isnan(end_of_page(file))


def test_an_authority_that_ends_is_told_of_before_unless_a_newer_one_of_its_name_is_there(
    tmp_path: Path,
) -> None:
    roots, between = tmp_path / "roots.pem", tmp_path / "between.pem"
    ending = certificate("Rod", ec_key(), ends=20, authority=True)
    table = {"trust": [str(roots)], "intermediates": [str(between)]}
    settings = parse_settings(
        {"organisation": {"name": "N", "domains": ["n.example"]}, "certificates": table}
    )

    def told(*first: object) -> tuple[list[State], float]:
        roots.write_bytes(pem(*first))  # type: ignore[arg-type]
        between.write_bytes(pem(AUTHORITY))
        checks = list(trust_checks(settings))
        assert {check.id for check in checks} == {"certificates.trust"}
        ends = first_end_of_authorities(settings.certificates.authorities, time.time())
        return [check.state for check in checks], ends

    assert told(ending) == ([State.WARN, State.OK], ending.not_valid_after_utc.timestamp())
    renewed = certificate("Rod", ec_key(number=1), ends=4000, authority=True)
    assert told(ending, renewed) == ([State.OK, State.OK], AUTHORITY.not_valid_after_utc.timestamp())
    gone = [certificate(f"Rod {n}", ec_key(), begins=-9, ends=-n, authority=True) for n in range(1, 6)]
    assert told(*gone)[0] == [State.WARN, State.OK]
    old = certificate("Rod", ec_key(), begins=-90, ends=-40, authority=True)
    assert told(old) == ([State.WARN, State.OK], AUTHORITY.not_valid_after_utc.timestamp())
    told(*gone)
    text = next(trust_checks(settings)).found
    assert ("Rod 5 ends on" in text, "and 2 others" in text) == (True, True)
