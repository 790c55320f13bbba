"""Links as mail programs and gateways leave them lead to where they were meant to."""

from __future__ import annotations

import pytest

from segl_portal.bent_links import straight

ID, LONG, SECRET = "a1" * 16, "b2" * 32, "Hy7-N9ck_" + "x" * 34
MEANT = f"/m/{ID}"


@pytest.mark.parametrize(
    ("path", "meant"),
    [
        (f"{MEANT}#{SECRET}", f"{MEANT}#{SECRET}"),
        (f"{MEANT}/#{SECRET}", f"{MEANT}#{SECRET}"),
        (f"{MEANT}#{SECRET}>", f"{MEANT}#{SECRET}"),
        (f"{MEANT}#{SECRET}&data=05|02", f"{MEANT}#{SECRET}"),
        (f"{MEANT}%23{SECRET}", f"{MEANT}#{SECRET}"),
        (f"{MEANT}#{SECRET[:-1]}", MEANT),
        (f"{MEANT}#\r\nSet-Cookie: a=b", MEANT),
        (f"{MEANT}/", MEANT),
        (f"{MEANT}>", MEANT),
        (f"{MEANT}.", MEANT),
        (f"{MEANT} ", MEANT),
        (MEANT.replace(ID, ID.upper()), MEANT),
        (f"/r/{ID}#{SECRET}", f"/r/{ID}#{SECRET}"),
        (f"/f/{LONG}.", f"/f/{LONG}"),
    ],
)
def test_a_link_that_was_bent_on_the_way_is_put_right(path: str, meant: str) -> None:
    assert straight(path) == meant
    assert straight(meant.partition("#")[0]) is None, "once"


@pytest.mark.parametrize(
    "path",
    [
        MEANT,
        f"{MEANT}0",
        f"{MEANT}/file/99",
        f"{MEANT}/code",
        f"/m/{ID[:-1]}",
        f"//{ID}",
        f"/x/{ID}.",
        f"/m//{ID}",
        "/",
        "",
    ],
)
def test_what_is_no_link_of_ours_is_left(path: str) -> None:
    assert straight(path) is None


def test_a_long_path_costs_no_time() -> None:
    assert straight(f"{MEANT}#" + "<" * 1_000_000) == MEANT
