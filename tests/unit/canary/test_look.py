"""What `segl canary run` sees each minute in Postfix's settings: an entrance that canaries do not take counts too."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from segl.canary.standing import HostLook
from segl.postfix.canary import look_at
from world.installation import Installation
from world.needs import POSTFIX

pytestmark = POSTFIX

SUBMISSION = "submission/inet=submission inet n - y - - smtpd"


@pytest.fixture
def site(tmp_path: Path) -> Installation:
    site = Installation(tmp_path)
    site.install()
    return site


def look(site: Installation) -> HostLook:
    site.settle()
    return look_at(site.settings)


def test_what_install_writes_is_in_order(site: Installation) -> None:
    assert look(site) == HostLook()


LEAKS: list[tuple[str, Callable[[Installation], None]]] = [
    (
        "submission/inet: -o content_filter=",
        lambda site: site.front("-M", f"{SUBMISSION} -o content_filter="),
    ),
    ("pickup/unix: -o content_filter=", lambda site: site.front("-P", "pickup/unix/content_filter=")),
    ("content_filter = (empty)", lambda site: site.front("-e", "content_filter=")),
    (
        "default action of Segl's milter is accept",
        lambda site: site.front("-e", "milter_default_action=accept"),
    ),
    ("smtp_tls_security_level = may", lambda site: site.secure("-e", "smtp_tls_security_level=may")),
    ("secure", lambda site: shutil.rmtree(site.secure_directory)),
]


@pytest.mark.parametrize(("said", "change"), LEAKS, ids=[said for said, _ in LEAKS])
def test_what_lets_mail_out_is_named(
    site: Installation, said: str, change: Callable[[Installation], None]
) -> None:
    change(site)
    found = look(site)
    assert found.milter is None
    assert said in (found.leaks or "")


def test_a_way_past_the_milter_is_safe_and_told_apart(site: Installation) -> None:
    site.front("-M", f"{SUBMISSION} -o smtpd_milters=")
    assert look(site) == HostLook(milter="submission/inet: -o smtpd_milters=")
