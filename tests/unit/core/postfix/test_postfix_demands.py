"""What a message demands reaches the map, link by link; a missing link is named by `segl doctor`."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from segl.postfix.check import State
from world.installation import Installation
from world.needs import POSTFIX

pytestmark = POSTFIX

Change = Callable[[Installation], None]
IDS = ("front.demands", "secure.demands", "secure.demands-again", "secure.demands-off")


def in_table(site: Installation, before: str, after: str) -> None:
    table = site.front_directory / "segl-verdict"
    text = table.read_text("utf-8")
    assert before in text
    table.write_text(text.replace(before, after), "utf-8")


@pytest.mark.parametrize("check_id", IDS)
def test_what_install_writes_is_in_order(site: Installation, check_id: str) -> None:
    assert [check.state for check in site.checks() if check.id == check_id] == [State.OK]


@pytest.mark.parametrize(
    ("check_id", "change"),
    [
        ("front.demands", lambda site: in_table(site, ":10033", ":10026")),
        ("front.demands", lambda site: in_table(site, "X-Segl-Least:", "X-Segl-Most:")),
        ("front.demands", lambda site: site.front("-e", "milter_header_checks=")),
        ("secure.demands", lambda site: site.secure("-MX", "127.0.0.1:10033/inet")),
        ("secure.demands", lambda site: site.secure("-MX", "segl-least-dane/unix")),
        ("secure.demands", lambda site: site.secure("-PX", "127.0.0.1:10034/inet/cleanup_service_name")),
        (
            "secure.demands",
            lambda site: site.secure("-PX", "segl-least-sealed/unix/recipient_canonical_maps"),
        ),
        (
            "secure.demands",
            lambda site: site.secure("-PX", "segl-least-dane/unix/recipient_canonical_classes"),
        ),
        (
            "secure.demands",
            lambda site: site.secure("-P", "127.0.0.1:10035/inet/cleanup_service_name=segl-least-pkix"),
        ),
        ("secure.demands-again", lambda site: site.secure("-e", "header_checks=")),
        (
            "secure.demands-again",
            lambda site: site.secure("-e", "header_checks=regexp:{{/^X-Segl-Least:/ HOLD}}"),
        ),
        ("secure.demands-again", lambda site: site.secure("-MX", "segl-again/unix")),
        (
            "secure.diversions",
            lambda site: site.secure("-e", "header_checks=regexp:{{/^X:/ FILTER smtp:[x]:25}}"),
        ),
        ("secure.demands-off", lambda site: site.secure("-PX", "segl-tls/unix/smtp_generic_maps")),
        ("secure.demands-off", lambda site: site.secure("-PX", "segl-tunnel/unix/lmtp_generic_maps")),
        (
            "secure.demands-off",
            lambda site: site.secure("-P", "segl-tls/unix/smtp_generic_maps=static:x@y.example"),
        ),
        ("secure.diversions", lambda site: site.secure("-e", "recipient_canonical_maps=static:x@y.example")),
        (
            "secure.diversions",
            lambda site: site.secure("-P", "cleanup/unix/recipient_canonical_maps=static:x@y.example"),
        ),
    ],
)
def test_a_missing_link_is_a_failure(site: Installation, check_id: str, change: Change) -> None:
    change(site)
    assert State.FAIL in {check.state for check in site.checks() if check.id == check_id}


def test_the_ports_can_be_moved(site: Installation) -> None:
    site.tables["postfix"] = {"demand_ports": "127.0.0.1:20001"}
    try:
        main, master, verdict = site.plan.changes
        assert [change.path.name for change in (main, master, verdict)] == [
            "main.cf",
            "master.cf",
            "segl-verdict",
        ]
        assert "127.0.0.1:20005 inet" in master.after.decode()
        assert "FILTER segl-again:[127.0.0.1]:20005" in main.after.decode()
    finally:
        del site.tables["postfix"]
