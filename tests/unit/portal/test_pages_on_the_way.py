"""What the pages offer whoever gets stuck on the way to a message, and what they leave behind in a browser."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest

from segl.sealed.phrase import hash_of
from segl.store.engine import transaction
from segl.tables.sealed import sealed_recipient
from world.counter import Letter
from world.portal_site import Answer, PortalSite


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PortalSite]:
    with PortalSite(tmp_path_factory.mktemp("portal")) as site:
        yield site


@pytest.fixture
def letter(site: PortalSite) -> Letter:
    site.return_port.forget()
    return site.seal()


def is_open(page: Answer) -> bool:
    """Whether the page's fold is."""
    [fold] = re.findall(r"<details class=\"\w+\"(?: data-later)?( open)?>", page.text)
    return bool(fold)


def reference_on(page: Answer) -> str:
    [reference] = re.findall(r'class="sign">(\w{4})<', page.text)
    return str(reference)


def earlier(address: str) -> str:
    """A page's *address*, as if it were one of a minute ago."""
    return re.sub(r"at=(\d+)", lambda at: f"at={int(at[1]) - 60}", address)


def test_after_an_error_the_button_for_a_new_code_is_seen(site: PortalSite, letter: Letter) -> None:
    client = site.client()
    page = client.ask(letter)
    assert not is_open(page)
    wrong = client.get(client.give(letter, page, "12345678").headers["location"])
    assert (
        f"Koden passer ikke. Brug koden fra den mail eller sms, hvor referencen er {reference_on(page)}"
        in wrong.text
    )
    assert is_open(wrong)
    for why in ("expired", "too-many", "enough", "busy"):
        assert is_open(client.get(f"/m/{letter.recipient_id}/code?why={why}"))


def test_whoever_asked_too_often_is_told_to_use_the_code_that_is_on_its_way(
    site: PortalSite, letter: Letter
) -> None:
    """A mail server that takes no mail from strangers at once keeps codes for half an hour."""
    client = site.client()
    for _ in range(site.settings.portal.limits.codes_an_hour):
        page = client.ask(letter)
        code = site.next_code(letter.recipient)
    told = client.ask(letter)
    assert "Du har bedt om mange koder på kort tid." in told.text
    assert f"hvor referencen er {reference_on(told)};" in told.text
    colleague = site.client().ask(letter)  # at the same office, who reads the same mailbox
    assert "men ikke her i browseren" in colleague.text
    assert "Bed om en ny kode. Kommer den ikke" not in told.text
    assert client.give(letter, page, code).headers["location"] == f"/m/{letter.recipient_id}/message"


def test_whoever_comes_back_without_a_code_sees_where_a_phrase_is_typed(
    site: PortalSite, letter: Letter
) -> None:
    """Before the button, and by no more than that this browser has asked before."""
    agreed = site.seal("carl@vestby.example")
    with transaction(site.engine) as connection:
        mine = sealed_recipient.c.id == agreed.recipient_id
        connection.execute(sealed_recipient.update().where(mine).values(phrase_hash=hash_of("hemmelig")))
    unknown = Letter("", "0" * 32, letter.link, "")
    seen = []
    for one in (letter, agreed, unknown):
        client = site.client()
        first = client.get(f"/m/{one.recipient_id}")
        client.ask(one)
        back = client.get(f"/m/{one.recipient_id}")
        assert f'<a href="/m/{one.recipient_id}?now=new">Har du fået et kodeord' in back.text
        again = client.get(f"/m/{one.recipient_id}?now=new")
        assert [is_open(page) for page in (first, back, again)] == [False, True, True]
        assert again.text.index('name="phrase"') < again.text.index('class="button first"')
        shown = (back.text + again.text).replace(one.recipient_id, "ID").replace(reference_on(back), "REF")
        seen.append(re.sub(r'value="[^"]*"', "", shown))
    assert seen[0] == seen[1] == seen[2]


def test_whoever_opens_the_link_again_types_the_code_there(site: PortalSite, letter: Letter) -> None:
    """A new code would end the one that is in her mail. Her cookie stays as it is, and outlives the browser."""
    client, landing = site.client(), f"/m/{letter.recipient_id}"
    page = client.ask(letter)
    back = client.get(landing)
    assert (back.title, back.cookies, reference_on(back)) == ("Skriv koden", (), reference_on(page))
    assert "Om et øjeblik får du en kode" not in back.text
    client.give(letter, back, site.next_code(letter.recipient))
    assert "Læs videre" in client.get(landing).text
    site.close_visits(letter)
    assert client.get(landing).title == "Du har fået en sikker besked", "the code is used up"


def test_a_code_page_that_is_loaded_again_promises_no_code_that_does_not_come(
    site: PortalSite, letter: Letter
) -> None:
    client = site.client()
    page = client.ask(letter)
    assert "Om et øjeblik får du en kode" in page.text
    address = f"/m/{letter.recipient_id}/code?asked=1"
    client.give(letter, page, site.next_code(letter.recipient))
    reading = client.get(address).text
    assert "Du har allerede åbnet beskeden her." in reading
    assert "Om et øjeblik får du en kode" not in reading
    site.close_visits(letter)
    assert "Koden gælder ikke længere." in client.get(address).text


@pytest.mark.parametrize(
    ("fetch_site", "later", "title"),
    [
        ("same-origin", False, "Din browser tillader ikke cookies"),
        ("none", False, "Din browser tillader ikke cookies"),
        ("none", True, "Åbn beskeden igen"),
    ],
)
def test_a_browser_without_cookies_is_told_of_them(
    site: PortalSite, letter: Letter, fetch_site: str, later: bool, title: str
) -> None:
    """Firefox calls the page after a form "none". So does any browser in which its address is opened anew ("open in
    Safari"), later: which of the two it is shows nowhere else."""
    client, rid = site.client(), letter.recipient_id
    address = client.post(f"/m/{rid}/code", {"csrf": "", "link": letter.link}).headers["location"]
    client.cookies.clear()
    answer = client.get(earlier(address) if later else address, Sec_Fetch_Site=fetch_site)
    assert (client.get(answer.headers["location"]) if answer.status == 303 else answer).title == title


def test_without_cookies_it_ends_with_the_second_press(site: PortalSite, letter: Letter) -> None:
    """On a slow line. Each press sends a code that opens nothing."""
    client, rid = site.client(), letter.recipient_id

    def press(page: Answer) -> Answer:
        hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page.text))
        answer = client.post(f"/m/{rid}/code", {**hidden, "link": letter.link})
        client.cookies.clear()
        answer = client.get(earlier(answer.headers["location"]), Sec_Fetch_Site="none")
        return client.get(answer.headers["location"]) if answer.status == 303 else answer

    first = press(client.get(f"/m/{rid}", Sec_Fetch_Site="none"))
    assert first.title == "Åbn beskeden igen", "it may have been opened in another browser"
    second = press(first)
    assert (second.status, second.title) == (403, "Din browser tillader ikke cookies")


def test_who_asks_again_and_has_cookies_gets_on(site: PortalSite, letter: Letter) -> None:
    client, rid = site.client(), letter.recipient_id
    page = client.get(f"/m/{rid}?now=again", Sec_Fetch_Site="none")
    assert 'name="again"' in page.text
    answer = client.post(f"/m/{rid}/code", {"csrf": "", "again": "1", "link": letter.link})
    assert client.get(answer.headers["location"]).title == "Skriv koden"


def test_whoever_reads_needs_no_new_code_when_she_opens_the_link_again(
    site: PortalSite, letter: Letter
) -> None:
    """From a web mail a strict cookie does not come along, so the page cannot know; the button does, and its script."""
    client = site.client()
    client.give(letter, client.ask(letter), site.next_code(letter.recipient))
    reading = dict(client.cookies)
    client.cookies.clear()
    page = client.get(f"/m/{letter.recipient_id}", Sec_Fetch_Site="cross-site")
    assert page.text.count("data-open hidden") == 1
    client.cookies.update(reading)
    told = client.get(f"/m/{letter.recipient_id}", Accept="application/json")
    assert json.loads(told.text) == {"open": True, "code": False}
    asked = client.post(f"/m/{letter.recipient_id}/code", {"csrf": "", "link": letter.link})
    assert asked.headers["location"] == f"/m/{letter.recipient_id}/message"
    assert '<h1 dir="auto">Svar</h1>' in client.get(asked.headers["location"]).text
    assert not site.return_port.received


def test_a_browsers_history_does_not_tell_the_subject(site: PortalSite, letter: Letter) -> None:
    client = site.client()
    given = client.give(letter, client.ask(letter), site.next_code(letter.recipient))
    page = client.get(given.headers["location"])
    [title] = re.findall(r"<title>(.*?)</title>", page.text)
    assert title.startswith("Sikker besked · ")
    assert '<h1 dir="auto">Svar</h1>' in page.text
    assert "Svar" not in title
