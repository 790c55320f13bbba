"""``segl doctor`` says by which way the archive gets its copies."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from segl.cli.doctor_copies import copy_checks
from segl.postfix.check import State
from segl.settings.file import parse_settings


@pytest.mark.parametrize(
    ("copies_to", "pin", "found"),
    [
        ([], {}, []),
        (["arkiv@a.example"], {"way": "portal"}, [State.WARN]),
        (["arkiv@a.example"], {"way": "tls", "match": ["mx.a.example"]}, [State.OK]),
        (["arkiv@a.example", "b@a.example"], {"way": "portal"}, [State.WARN, State.WARN]),
        (["formand@nordby.example"], {"way": "tls"}, [State.WARN]),  # from where it leads outside, sealed
        (["drift@nordby.example"], {"way": "tls"}, [State.OK]),  # stays here; the settings' check tells of it
    ],
)
def test_by_which_way_copies_go(
    tmp_path: Path, copies_to: list[str], pin: dict[str, Any], found: list[State]
) -> None:
    organisation = {
        "name": "N",
        "domains": ["nordby.example"],
        "forwarded": ["formand@nordby.example"],
        "copies_to": copies_to,
    }
    settings = parse_settings(
        {
            "organisation": organisation,
            "portal": {"url": "https://x.example"},
            "store": {"url": f"sqlite:///{tmp_path}/segl.db"},
            "domain": [{"name": "a.example", **pin}] if pin else [],
        }
    )
    checks = list(copy_checks(tmp_path / "segl.toml", settings))
    assert [check.state for check in checks] == found
    assert all(check.id == "copies.way" for check in checks)
    assert all(check.fix for check in checks if check.state is not State.OK)
