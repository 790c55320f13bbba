"""The sender's page on which he says that his message was not sensitive: over TLS from a real segl-portal."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa

from segl import audit
from segl.decisions import feedback
from segl.decisions.feedback import MOST_BY_LINK, Heard
from segl.decisions.links import feedback_link, feedback_secret, is_asked, is_right
from segl.decisions.said import Feedback, Says
from segl.sealed.keys import Secret
from segl.sealed.revocation import house_secret, revocation_secret
from segl.settings.file import parse_settings
from segl.store.engine import transaction
from segl.tables.base import metadata
from segl.tables.decisions import decision_feedback
from world.desk import DOMAIN
from world.portal_site import Client, PortalSite

NAME = "ab" * 32


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PortalSite]:
    with PortalSite(tmp_path_factory.mktemp("portal")) as site:
        yield site


def link_of(site: PortalSite, name: str) -> str:
    return feedback_link(house_secret(site.engine), f"{site.origin}/", name)


def said(site: PortalSite, name: str) -> Feedback | None:
    with transaction(site.engine) as connection:
        return feedback.read(connection, name)


def rows(site: PortalSite) -> dict[str, int]:
    with transaction(site.engine) as connection:
        counts = {
            name: sa.select(sa.func.count()).select_from(table) for name, table in metadata.tables.items()
        }
        return {name: connection.execute(query).scalar_one() for name, query in counts.items()}


def test_a_get_changes_nothing_and_looks_the_same_for_every_message(site: PortalSite) -> None:
    house_secret(site.engine)
    before = rows(site)
    pages = [Client(site).get(f"/f/{name}") for name in (NAME, "cd" * 32)]
    assert [page.status for page in pages] == [200, 200]
    assert pages[0].title == "Var din mail følsom?"
    strip = re.compile(r"(?:ab|cd){32}|value=\"[\w-]{43}\"")
    assert strip.sub("", pages[0].text) == strip.sub("", pages[1].text)
    assert rows(site) == before


def test_what_he_says_is_kept_once_and_may_be_changed(site: PortalSite) -> None:
    link, client = link_of(site, NAME), Client(site)
    form = {"csrf": client.get(f"/f/{NAME}").csrf, "link": link}
    for _ in range(2):
        assert client.post(f"/f/{NAME}", {**form, "says": "wrong"}).title == "Tak, det er noteret"
        wrong = said(site, NAME)
        assert wrong is not None
        assert (wrong.says, wrong.by) == ("wrong", "sender")
    assert client.post(f"/f/{NAME}", {**form, "says": "right"}).title == "Tak, det er noteret"
    now = said(site, NAME)
    assert now is not None
    assert now.says == "right"
    trail = [(entry.act, entry.facts["says"]) for entry in audit.entries(site.engine, subject=NAME)]
    assert trail == [("feedback", "wrong"), ("feedback", "right")]


def test_after_a_few_changes_it_is_fixed_and_the_page_says_what_stands_and_whom_to_ask(
    site: PortalSite,
) -> None:
    name, client = "12" * 32, Client(site)
    form = {"link": link_of(site, name)}
    words = ["wrong", "right", "wrong", "right", "wrong"]
    for says in words:
        assert client.post(f"/f/{name}", {**form, "says": says}).title == "Tak, det er noteret"
    for _ in range(3):
        refused = client.post(f"/f/{name}", {**form, "says": "right"})
        assert (refused.status, refused.title) == (200, "Dit svar ligger fast")
        assert "»Dette var ikke følsomt«" in refused.text
        assert f"postmaster@{DOMAIN}" in refused.text
    assert client.post(f"/f/{name}", {**form, "says": "wrong"}).title == "Tak, det er noteret", "it stands so"
    english = client.post(f"/f/{name}", {**form, "says": "right"}, Accept_Language="en")
    assert english.title == "Your answer is fixed"
    trail = [entry.facts["says"] for entry in audit.entries(site.engine, subject=name)]
    assert trail == words
    with transaction(site.engine) as connection:  # a person's word by command is not counted among them
        assert feedback.say(connection, name, Says.RIGHT, "lise (sudo)", 5e9)
    with transaction(site.engine) as connection:  # and still counts when the word itself is forgotten
        connection.execute(decision_feedback.delete())
        assert feedback.say_by_link(connection, name, Says.WRONG, 5e9) is Heard.FIXED


def test_what_somebody_here_has_said_no_link_changes(site: PortalSite) -> None:
    name = "56" * 32
    form = {"link": link_of(site, name)}
    with transaction(site.engine) as connection:
        feedback.say(connection, name, Says.RIGHT, "lise (sudo)", 5e9)
    page = Client(site).post(f"/f/{name}", {**form, "says": "wrong"})
    assert (page.status, page.title) == (200, "Dit svar ligger fast")
    now = said(site, name)
    assert now is not None
    assert (now.says, now.by) == ("right", "lise (sudo)")
    assert [entry.actor for entry in audit.entries(site.engine, subject=name)] == ["lise (sudo)"]


def test_of_many_at_once_no_more_are_taken(site: PortalSite) -> None:
    """Each with a connection of its own, half of them saying the one and half the other."""
    name, link = "34" * 32, link_of(site, "34" * 32)

    def post(number: int) -> int:
        form = {"link": link, "says": ("wrong", "right")[number % 2]}
        return Client(site).post(f"/f/{name}", form).status

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(post, range(32))) == {200}
    assert len(list(audit.entries(site.engine, subject=name))) <= MOST_BY_LINK


@pytest.mark.parametrize(
    ("name", "form", "status"),
    [
        ("cd" * 32, {"link": "of another"}, 200),
        ("cd" * 32, {"link": "revocation"}, 200),
        ("cd" * 32, {"link": Secret.new().text()}, 200),
        ("cd" * 32, {"link": "half"}, 200),
        ("cd" * 32, {"says": "maybe"}, 400),
        ("cd" * 32, {"says": ""}, 400),
        ("cd" * 31, {}, 404),
        ("CD" * 32, {}, 404),
        ("ø" * 64, {}, 404),
    ],
)
def test_what_is_not_right_notes_nothing(
    site: PortalSite, name: str, form: dict[str, str], status: int
) -> None:
    house = house_secret(site.engine)
    others = {
        "of another": link_of(site, NAME),
        "revocation": revocation_secret(house, "cd" * 16).text(),
        "half": link_of(site, "cd" * 32)[:-3],
    }
    given = {"link": link_of(site, "cd" * 32), "says": "wrong", **form}
    given["link"] = others.get(given["link"], given["link"])
    path = "/f/" + name.replace("ø", "%C3%B8")
    assert Client(site).post(path, given).status == status
    assert said(site, "cd" * 32) is None


def test_another_site_cannot_say_it(site: PortalSite) -> None:
    form = {"link": link_of(site, "ef" * 32), "says": "wrong"}
    answer = Client(site).post(f"/f/{'ef' * 32}", form, Sec_Fetch_Site="cross-site")
    assert answer.status == 403
    old_browser = Client(site, fetch_site=None)
    assert old_browser.post(f"/f/{'ef' * 32}", form).status == 403
    assert said(site, "ef" * 32) is None


def test_english_readers_get_english(site: PortalSite) -> None:
    page = Client(site).get(f"/f/{NAME}", Accept_Language="en")
    assert "This was not sensitive" in page.text


def test_the_secret_is_of_one_message_and_one_house() -> None:
    house, other = Secret(b"h" * 32), Secret(b"o" * 32)
    text = feedback_secret(house, NAME).text()
    assert is_right(house, NAME, text)
    assert not is_right(house, "cd" * 32, text)
    assert not is_right(other, NAME, text)
    assert not is_right(house, NAME, "")
    assert not is_right(house, "x", feedback_secret(house, "x").text())


def settings(**tables: Any) -> Any:
    return parse_settings(
        {
            "organisation": {"name": "V", "domains": ["nordby.example"]},
            "portal": {"url": "https://sikker.nordby.example"},
            **tables,
        }
    )


RELAY = {"relay": {"next_hop": "[ome.example]:25", "match": ["ome.example"]}}


@pytest.mark.parametrize(
    ("tables", "sender", "name", "reasons", "asked"),
    [
        ({}, "anna@nordby.example", NAME, ("cpr",), True),
        ({}, "anna@nordby.example", NAME, ("requested", "health"), True),
        ({}, "anna@nordby.example", NAME, ("unsure",), True),
        ({}, "anna@nordby.example", NAME, ("unreadable.encrypted",), True),
        ({}, "anna@nordby.example", NAME, ("requested",), False),
        ({}, "anna@nordby.example", NAME, ("always", "answers_sealed"), False),
        ({}, "anna@nordby.example", NAME, (), False),
        ({}, "bo@kunde.example", NAME, ("cpr",), False),
        ({}, "", NAME, ("cpr",), False),
        ({}, "anna@nordby.example", "not-ours", ("cpr",), False),
        ({"decisions": {"link": False}}, "anna@nordby.example", NAME, ("cpr",), False),
        ({"decisions": {"keep_days": 0}}, "anna@nordby.example", NAME, ("cpr",), False),
        ({"portal": RELAY}, "anna@nordby.example", NAME, ("cpr",), False),
    ],
)
def test_who_is_asked(
    tables: dict[str, Any], sender: str, name: str, reasons: tuple[str, ...], asked: bool
) -> None:
    assert is_asked(settings(**tables), sender, name, reasons) is asked
