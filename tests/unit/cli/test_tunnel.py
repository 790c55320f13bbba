"""``segl tunnel``: from a publisher's folder of certificates to a postmaster's answer, and what may go wrong."""

from __future__ import annotations

import json
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from segl.certificates.judgement import fingerprint
from segl.cli.status import _tunnel_lists
from segl.postfix.check import State
from segl.settings.file import load_settings
from world.listhouse import Desk, segl
from world.lists import entry, listed, partner
from world.partners import certificate, pem, rsa_key

TOWNS = [f"by{number:02}.example" for number in range(20)]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


# the postmaster


def test_the_first_update_tells_who_is_in_the_list(desk: Desk) -> None:
    weak = entry("svag.example", certificate("weak", rsa_key(1024)))
    desk.offer("kommune.example", "region.example", weak, serial=7)
    tried = desk.run("update", "--dry-run")
    assert tried.exit_code == 0
    assert tried.stdout.splitlines()[0] == "forening: would accept serial 7; 3 new"
    assert not (desk.directory / "lists").exists()
    done = desk.run("update")
    assert done.exit_code == 0
    assert done.stdout.splitlines() == [
        "forening: accepted serial 7; 3 new",
        "  + kommune.example",
        "  + region.example",
        "  + svag.example",
        "  ! svag.example is left out: the RSA key has 1024 bits, fewer than 2048",
    ]
    assert desk.run("update").stdout == "forening: nothing new, serial 7\n"


def test_a_refusal_has_a_cause_a_hint_and_a_code(desk: Desk) -> None:
    desk.offer(*TOWNS)
    desk.run("update")
    desk.offer(*TOWNS[5:], serial=2)
    refused = desk.run("update")
    assert refused.exit_code == 1
    assert refused.stdout == ""
    assert refused.stderr.splitlines() == [
        "segl: list forening: 5 of 20 domains would lose their certificates, more than 10%: "
        "by00.example, by01.example, by02.example, by03.example, by04.example",
        "hint: see: segl tunnel diff forening; if it is right: segl tunnel update forening --accept-shrink",
    ]
    [record] = desk.json("update")
    assert (record["result"], record["cause"]) == ("refused", "shrunk")
    taken = desk.run("update", "--accept-shrink")
    assert taken.exit_code == 0
    assert "5 of 20 domains" in taken.stderr


def test_one_list_that_fails_does_not_hold_the_others(desk: Desk) -> None:
    more = f'[[tunnel_list]]\nname = "anden"\nsource = "{desk.directory}/anden.csv"\nformat = "csv"\n'
    desk.write(more)
    (desk.directory / "anden.csv").write_text(f'x.example;"{pem(partner("x.example")).decode()}"\n')
    results = {one["list"]: one["result"] for one in desk.json("update")}
    assert results == {"forening": "refused", "anden": "accepted"}
    assert desk.run("update").exit_code == 1
    assert desk.run("update", "anden").exit_code == 0


@pytest.mark.parametrize("command", ["update", "diff", "list"])
def test_a_name_that_is_none(desk: Desk, command: str) -> None:
    done = desk.run(command, "foreningen")
    assert done.exit_code == 2
    assert done.stderr.splitlines() == [
        "segl: there is no list 'foreningen' in the settings",
        "hint: there are: forening",
    ]


def test_without_lists_there_is_nothing_to_do(tmp_path: Path) -> None:
    file = tmp_path / "segl.toml"
    file.write_text('[organisation]\nname = "N"\ndomains = ["n.example"]\n')
    updated = segl("update", "--settings", str(file))
    assert (updated.exit_code, updated.stdout) == (0, "no lists: the settings have no [[tunnel_list]]\n")
    assert segl("update", "--log", "--settings", str(file)).stdout == ""
    assert "no [[tunnel_list]]" in segl("list", "--settings", str(file)).stdout
    assert "no [[tunnel_list]]" in segl("diff", "--settings", str(file)).stdout
    assert segl("update", "--settings", str(tmp_path / "none.toml")).exit_code == 2


def test_show(desk: Desk) -> None:
    more = f'[[tunnel_list]]\nname = "anden"\nsource = "{desk.directory}/anden"\nformat = "pem"\n'
    desk.write(more)
    (desk.directory / "anden").mkdir()
    (desk.directory / "anden" / "kommune.example.pem").write_bytes(pem(partner("kommune.example", -2)))
    desk.offer("kommune.example", entry("region.example", subdomains=True))
    desk.run("update")
    [record] = desk.json("show", "Kommune.EXAMPLE")
    assert [(one["place"], one["used"]) for one in record["places"]] == [
        ("list forening, serial 1", True),
        ("list anden, serial 1", False),
    ]
    assert record["places"][0]["sha256"] == fingerprint(partner("kommune.example"))
    assert "list forening, serial 1: used" in desk.run("show", "sygehus.region.example").stdout
    nobody = desk.run("show", "other.example")
    assert (nobody.exit_code, nobody.stdout) == (1, "other.example: nobody knows it\n")
    assert desk.run("show", "no domain").exit_code == 2
    [first, second] = desk.json("diff")
    assert first["decided_elsewhere"] == {}
    assert second["decided_elsewhere"] == {"kommune.example": "list forening"}


def test_diff_shows_what_would_come_also_what_would_be_refused(desk: Desk) -> None:
    desk.offer(*TOWNS, serial=2)
    desk.run("update")
    assert desk.run("diff").exit_code == 0
    desk.offer(*TOWNS[10:], "new.example", serial=1)
    shown = desk.run("diff")
    assert shown.exit_code == 22
    assert shown.stdout.splitlines()[0] == "forening: 1 new, 10 gone"
    assert "  + new.example" in shown.stdout
    desk.list.unlink()
    assert desk.run("diff").exit_code == 1


def test_long_changes_are_cut_short_for_people_only(desk: Desk) -> None:
    desk.offer(*(f"d{number:03}.example" for number in range(50)))
    assert "  + and 30 more (all with --json)" in desk.run("update", "--dry-run").stdout
    assert len(desk.json("update", "--dry-run")[0]["added"]) == 50


def test_rollback(desk: Desk) -> None:
    assert desk.run("rollback", "forening").exit_code == 1
    for serial in (1, 2):
        desk.offer(*TOWNS, *(f"new{n}.example" for n in range(serial)), serial=serial)
        desk.run("update")
    tried = desk.run("rollback", "forening", "--dry-run")
    assert tried.stdout.splitlines() == [
        "forening: would go from serial 2 to 1; 1 gone",
        "  - new1.example",
    ]
    assert desk.json("rollback", "forening")[0]["done"] is True
    assert "rolled back to serial 1, and it stays so" in desk.run("update").stdout
    [stands] = desk.json("list")
    assert (stands["condition"], stands["serial"], stands["highest_serial"]) == ("rolled-back", 1, 2)
    done = desk.run("rollback", "forening", "--to", "9")
    assert (done.exit_code, done.stderr.splitlines()[-1]) == (1, "hint: kept are: 2, 1")


def test_the_domains_of_a_list(desk: Desk) -> None:
    old = entry("gammel.example", partner("gammel.example", -9, -1))
    desk.offer("kommune.example", old, entry("region.example", subdomains=True))
    desk.run("update")
    shown = desk.run("list", "forening").stdout.splitlines()
    assert shown[0].startswith("gammel.example")
    assert "expired on" in shown[0]
    assert "and below" in shown[2]
    assert shown[3] == "3 domains, 2 usable"


def test_the_timer_gets_log_events(desk: Desk) -> None:
    """As the unit runs it: one JSON event a line on standard error, nothing on standard output."""
    desk.offer(*TOWNS)
    events = []
    for _ in range(2):
        done = desk.run("update", "--log")
        assert (done.exit_code, done.stdout) == (0, "")
        events += [json.loads(line)["event"] for line in done.stderr.splitlines()]
    desk.offer(*TOWNS[9:], serial=2)
    refused = desk.run("update", "--log")
    event = json.loads(refused.stderr)
    assert (refused.exit_code, event["event"], event["cause"]) == (1, "tunnel_list_refused", "shrunk")
    assert events == ["tunnel_list_accepted", "tunnel_list_unchanged"]


# how it stands: list, status, doctor


def aged(desk: Desk, **changes: Any) -> None:
    """Change what the state file says, as time would."""
    file = desk.directory / "lists" / "forening" / "accepted.json"
    state = json.loads(file.read_bytes())
    for key, value in changes.items():
        (state if key in state else state["current"])[key] = value
    file.write_text(json.dumps(state))


@pytest.mark.parametrize(
    ("story", "condition", "doctor", "text"),
    [
        ({}, "used", State.OK, "20 of 20 domains usable, until "),
        (
            {"checked_at": time.time() - 30 * 3600},
            "old",
            State.WARN,
            "nothing good came from its source since",
        ),
        ({"expires": "2026-01-01T00:00:00Z"}, "ended", State.WARN, "not used: it ended on 2026-01-01"),
        ({"signer": "0" * 64}, "untrusted", State.WARN, "its signer is no longer pinned"),
        ({"current": 1}, "unreadable", State.WARN, "accepted.json is damaged"),
    ],
)
def test_conditions(desk: Desk, story: dict[str, Any], condition: str, doctor: State, text: str) -> None:
    assert desk.json("list")[0]["condition"] == "empty"
    desk.offer(*TOWNS)
    desk.run("update")
    aged(desk, **story)
    [stands] = desk.json("list")
    assert stands["condition"] == condition
    assert text in stands["text"]
    assert desk.run("list").exit_code == (0 if doctor is State.OK else 1)
    [(state, found)] = desk.checks("tunnel.list")
    assert (state, text in found) == (doctor, True)
    [line] = _tunnel_lists(load_settings(desk.file))
    assert (line.name, line.good) == ("list forening", doctor is State.OK)


def test_grace_is_told(desk: Desk) -> None:
    desk.offer(*TOWNS)
    desk.run("update")
    aged(desk, expires=(listed().issued - timedelta(days=1)).isoformat())
    assert desk.json("list")[0]["condition"] == "grace"
    assert desk.run("show", TOWNS[0]).exit_code == 0


def test_certificates_that_end_soon(desk: Desk) -> None:
    desk.offer(entry("kommune.example", partner("kommune.example", -1, 20)), "region.example")
    desk.run("update")
    [(state, found)] = desk.checks("tunnel.certificates")
    assert state is State.WARN
    assert found.startswith("forening: the first certificate ends on ")


def test_a_domain_pinned_to_the_tunnel_may_have_its_certificate_from_a_list(desk: Desk) -> None:
    desk.write('[[domain]]\nname = "kommune.example"\nway = "tunnel"\n')
    [(state, found)] = desk.checks("certificates.pinned")
    assert (state, found) == (State.WARN, "kommune.example is pinned to tunnel: no certificate is known")
    desk.offer("kommune.example")
    desk.run("update")
    [(state, _)] = desk.checks("certificates.pinned")
    assert state is State.OK
