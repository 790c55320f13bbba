"""What somebody wrote comes back to her when it cannot be sent: a browser without a script has it nowhere else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from html import unescape

import pytest

from world.counter import Letter
from world.forms import Form
from world.portal_site import Answer, Client, PortalSite
from world.writing import ORIGINAL

WORDS = "Et langt svar, som jeg har brugt en time på."
CLAIMED = 300_000_000  # a film


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PortalSite]:
    with PortalSite(
        tmp_path_factory.mktemp("portal"), tables="[portal.answers]\nbytes = 100000\nfile_bytes = 100000\n"
    ) as site:
        yield site


@pytest.fixture
def her(site: PortalSite, letter: Letter) -> Client:
    """Somebody who reads."""
    client = site.client()
    client.give(letter, client.ask(letter), site.next_code(letter.recipient))
    return client


def form(her: Client, letter: Letter) -> bytes:
    """What the page's form begins with when it is sent: all fields, and then a file."""
    page = her.get(f"/m/{letter.recipient_id}/message")
    once = re.search(r'name="once" value="([^"]+)"', page.text)
    assert once is not None
    fields = {"csrf": page.csrf, "once": once[1], "text": WORDS}
    parts = [
        f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    film = '--b\r\nContent-Disposition: form-data; name="file"; filename="film.mp4"\r\n\r\n'
    return "".join([*parts, film]).encode()


def test_what_is_far_too_large_is_refused_with_what_was_written(
    site: PortalSite, her: Client, letter: Letter
) -> None:
    cookies = "; ".join(f"{name}={value}" for name, value in her.cookies.items())
    head = (
        f"POST /m/{letter.recipient_id}/answer HTTP/1.1\r\nHost: {site.host}:{site.web_port}\r\n"
        f"Cookie: {cookies}\r\nSec-Fetch-Site: same-origin\r\nAccept-Language: da\r\n"
        f"Content-Type: multipart/form-data; boundary=b\r\nContent-Length: {CLAIMED}\r\n\r\n"
    )
    with site.connected() as browser:
        browser.sendall(head.encode() + form(her, letter) + b"x" * 4_000_000)
        said = b""
        while b"</html>" not in said:
            said += browser.recv(65536)
    page = said.decode()
    assert "Svaret fylder for meget" in page
    assert f">{WORDS}</textarea>" in page


def test_what_is_being_written_is_kept_under_a_key_of_the_open_message(
    site: PortalSite, letter: Letter
) -> None:
    """The same at each visit of hers, and nobody else's."""
    keys = []
    for one in (letter, letter, site.seal("carl@vestby.example")):
        client = site.client()
        code_page = client.ask(one)
        client.give(one, code_page, site.next_code(one.recipient))
        page = client.get(f"/m/{one.recipient_id}/message").text
        keys += re.findall(r'data-draft="([A-Za-z0-9+/]{43}=)"', page)
        assert "data-draft" not in code_page.text
    assert len(keys) == 3
    assert keys[0] == keys[1] != keys[2]


@contextmanager
def lost(site: PortalSite, table: str) -> Iterator[None]:
    """The store is there, and fails whoever needs *table*."""
    with site.engine.begin() as connection:
        connection.exec_driver_sql(f"ALTER TABLE {table} RENAME TO gone")
    yield
    with site.engine.begin() as connection:
        connection.exec_driver_sql(f"ALTER TABLE gone RENAME TO {table}")


def form_on(page: Answer) -> Form:
    """The form for an answer as it stands on *page*, with what is filled in."""
    box = page.text[page.text.index('enctype="multipart/form-data"') :]
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', box))
    written = re.search(r'<textarea [^>]*name="text"[^>]*>([^<]*)<', box)
    assert written is not None
    everyone = "everyone" in hidden or re.search(r'name="everyone" value="1" checked', box) is not None
    return Form(hidden["csrf"], hidden["once"], unescape(written[1]), everyone)


def send(her: Client, letter: Letter, form: Form) -> Answer:
    headers = {"Content-Type": form.content_type}
    return her.request("POST", f"/m/{letter.recipient_id}/answer", form.whole(), headers)


@pytest.mark.parametrize("table", ["portal_visit", "sealed_answer"])
def test_while_the_store_is_away_the_text_comes_back_in_a_form_that_sends_it_when_it_is_there_again(
    site: PortalSite, table: str
) -> None:
    letter = site.seal(content=ORIGINAL)
    her = site.client()
    her.give(letter, her.ask(letter), site.next_code(letter.recipient))
    form = form_on(her.get(f"/m/{letter.recipient_id}/message"))
    form = replace(form, text=WORDS, everyone=True)
    with lost(site, table):
        for _ in range(2):  # as often as she tries
            refused = send(her, letter, form)
            assert refused.title == "Dit svar er ikke sendt"
            assert "Vi kan ikke tage imod lige nu." in refused.text
            form = form_on(refused)
            assert (form.text, form.everyone) == (WORDS, True)
    sent = send(her, letter, form)
    assert sent.status == 303, sent.text
    assert "Dit svar er sendt." in her.get(sent.headers["location"]).text
    [mail] = site.return_port.received
    assert b"brugt en time" in mail.content
    assert "carl@nordby-vand.example" in mail.recipients


def test_of_a_message_whose_file_is_damaged_while_she_writes_the_text_comes_back(
    site: PortalSite, her: Client, letter: Letter
) -> None:
    """A file store far away fails in the middle, too."""
    form = form_on(her.get(f"/m/{letter.recipient_id}/message"))
    file = site.directory.path(letter.message_id)
    whole = file.read_bytes()
    file.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    refused = send(her, letter, replace(form, text=WORDS))
    file.write_bytes(whole)
    assert form_on(refused).text == WORDS
    assert send(her, letter, form_on(refused)).status == 303


def test_whom_an_answer_was_for_is_ticked_yet_when_it_comes_back(site: PortalSite) -> None:
    letter = site.seal(content=ORIGINAL)
    her = site.client()
    her.give(letter, her.ask(letter), site.next_code(letter.recipient))
    form = form_on(her.get(f"/m/{letter.recipient_id}/message"))
    for everyone in (False, True):
        tried = replace(form, text=WORDS, everyone=everyone).with_file("tom.txt")
        refused = send(her, letter, tried)
        assert "tom.txt er tom" in refused.text
        assert form_on(refused).everyone is everyone


@pytest.mark.parametrize("accept", ["text/html", "application/json"])
def test_a_browser_that_lost_its_cookie_is_told_so_and_has_its_text_back(
    site: PortalSite, her: Client, letter: Letter, accept: str
) -> None:
    body = form(her, letter) + b"x\r\n--b--\r\n"
    her.cookies.clear()
    headers = {"Content-Type": "multipart/form-data; boundary=b", "Accept": accept}
    answer = her.request("POST", f"/m/{letter.recipient_id}/answer", body, headers)
    assert "Svaret er ikke sendt" in answer.text
    assert (f">{WORDS}</textarea>" in answer.text) == (accept == "text/html"), "the page has its text yet"
    assert not site.return_port.received
