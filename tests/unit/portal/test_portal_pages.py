"""What the pages say, from the link to the open message, as a browser gets them over TLS from a real segl-portal."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import quote

import pytest

from segl.sealed.directory import new_id
from segl.sealed.keys import Secret
from world.counter import Letter
from world.desk import DOMAIN
from world.portal_site import HOST, Answer, Client, PortalSite


def test_the_link_leads_to_one_button_then_a_field_then_the_message(site: PortalSite, letter: Letter) -> None:
    client = site.client()
    page = client.get(f"/m/{letter.recipient_id}")
    assert page.title == "Du har fået en sikker besked"
    assert page.text.count('class="button first"') == 1
    page = client.ask(letter)
    assert page.title == "Skriv koden"
    answer = client.give(letter, page, site.next_code(letter.recipient))
    assert answer.headers["location"] == f"/m/{letter.recipient_id}/message"
    before = client.get(answer.headers["location"]).text.partition("<textarea")[0]
    assert "hvis du henter siden igen" in before.rpartition("<noscript>")[2], "told before it is too late"


def test_reference_on_the_page_is_that_of_the_mail(site: PortalSite, letter: Letter) -> None:
    page = site.client().ask(letter)
    found = re.search(r'class="sign">(\w{4})<', page.text)
    assert found is not None
    [mail] = site.return_port.wait_for(1)
    assert f"({found[1]})".encode() in mail.content


# As Microsoft's mail rewrites a link, and as its users copy it.
SAFE_LINK = (
    "https://eur01.safelinks.protection.outlook.com/?url={}&data=05%7C02%7Cbo%40vestby.example%7C08dd%7C0%7C0%7C638"
    "%7CUnknown%7CTWFpbGZsb3d8%3D%3D&sdata=aB3%2F%3D&reserved=0"
)


# How Proofpoint's older links write another one, in which each sign but letters and digits is a code.
DASHED = str.maketrans({"%": "-", "/": "_"})


@pytest.mark.parametrize(
    "spelt",
    [
        "{secret}",
        "{origin}/m/{rid}#{secret}",
        "  <{origin}/m/{rid}#{secret}>\r\n",
        "{origin}/m/{rid}#{folded}",
        "Åbn beskeden: {origin}/m/{rid}#{secret} Linket virker i 30 dage.",
        SAFE_LINK.format("{wrapped}"),
        SAFE_LINK.format("{wrapped_twice}"),
        "https://urldefense.com/v3/__{origin}/m/{rid}*{secret}__;Iw!!Dc8iu7o!xYz-1_a$",
        "https://urldefense.proofpoint.com/v2/url?u={dashed}&d=DwMFaQ&c=x_1&r=y-2&m=z&s=q&e=",
    ],
    ids=[
        "the secret",
        "the whole link",
        "in brackets",
        "broken over two lines",
        "among words",
        "in another link",
        "in another link, and that in one",
        "in one of Proofpoint's",
        "in one of its older ones",
    ],
)
def test_a_link_may_be_pasted_as_mail_programs_copy_it(site: PortalSite, letter: Letter, spelt: str) -> None:
    secret = letter.link
    wrapped = quote(site.link(letter), safe="")
    link = spelt.format(
        secret=secret,
        origin=site.origin,
        rid=letter.recipient_id,
        folded=f"{secret[:20]}\r\n {secret[20:]}",
        wrapped=wrapped,
        wrapped_twice=quote(SAFE_LINK.format(wrapped), safe=""),
        dashed=quote(site.link(letter), safe="/").replace("-", "%2D").replace("_", "%5F").translate(DASHED),
    )
    client = site.client()
    client.give(letter, client.ask(letter, link), site.next_code(letter.recipient))


@pytest.mark.parametrize("bent", ["{path}%23{secret}", "{path}/%23{secret}%3E", "{path}%2523{secret}"])
def test_a_link_whose_secret_came_in_the_path_leads_to_the_page(
    site: PortalSite, letter: Letter, bent: str
) -> None:
    """Of gateways that write a link anew some write the ``#`` in it as ``%23``."""
    path, client = f"/m/{letter.recipient_id}", site.client()
    sent_on = client.get(bent.format(path=path, secret=letter.link))
    assert (sent_on.status, sent_on.headers["location"]) == (303, f"{path}#{letter.link}")
    assert client.get(f"{path}.").headers["location"] == path
    assert client.get(f"{path}/nothing").status == 404


def test_the_link_of_another_mail_leads_to_the_message_of_that_mail(site: PortalSite, letter: Letter) -> None:
    other, client = site.seal("eva@vestby.example"), site.client()
    page = client.ask(letter, site.link(other))
    assert f'action="/m/{other.recipient_id}/open"' in page.text
    opened = client.give(other, page, site.next_code(other.recipient))
    assert opened.headers["location"] == f"/m/{other.recipient_id}/message"


def test_half_a_link_is_told_at_once_and_nothing_is_sent(site: PortalSite, letter: Letter) -> None:
    client = site.client()
    answer = client.post(f"/m/{letter.recipient_id}/code", {"link": letter.link[:30]})
    assert answer.status == 200
    assert "ikke hele linket" in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert not site.return_port.received


WRONG: dict[str, Callable[[Letter], tuple[str, str]]] = {
    "an unknown message": lambda letter: (new_id(), Secret.new().text()),
    "a wrong secret": lambda letter: (letter.recipient_id, Secret.new().text()),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_dead_link_looks_like_a_living_one_all_the_way(site: PortalSite, letter: Letter, case: str) -> None:
    rid, secret = WRONG[case](letter)
    dead = Letter("", rid, secret, "")
    living, other = site.client(), site.client()
    seen = []
    for client, one in ((living, letter), (other, dead)):
        first = client.get(f"/m/{one.recipient_id}")
        second = client.ask(one)
        third = client.give(one, second, "12345678")
        fourth = client.get(third.headers["location"])
        fifth = client.get(f"/m/{one.recipient_id}?now=left")
        seen.append([_alike(answer, one) for answer in (first, second, third, fourth, fifth)])
    assert seen[0] == seen[1]
    assert "Koden passer ikke" in seen[0][3][2]


def _alike(answer: Answer, letter: Letter) -> tuple[int, dict[str, str], str]:
    """The answer without what differs for every browser."""
    headers = {name: value for name, value in answer.headers.items() if name not in ("date", "set-cookie")}
    text = answer.text.replace(letter.recipient_id, "ID")
    text = re.sub(r'class="sign">\w{4}<', 'class="sign">XXXX<', text)
    text = re.sub(r"referencen er \w{4}", "referencen er XXXX", text)
    text = re.sub(r'name="csrf" value="[^"]*"', "csrf", text)
    return answer.status, {k: v.replace(letter.recipient_id, "ID") for k, v in headers.items()}, text


@pytest.mark.parametrize(
    ("accept", "query", "language"),
    [
        ("da-DK,da;q=0.9,en;q=0.8", "", "da"),
        ("en-GB,en;q=0.9", "", "en"),
        ("nb-NO,nb", "", "da"),
        ("de-DE,de;q=0.9", "", "en"),
        ("de,da;q=0.3,en;q=0.2", "", "da"),
        ("", "", "da"),
        ("*", "", "da"),
        ("en;q=0, da;q=0.1", "", "da"),
        ("x" * 10_000, "", "en"),
        ("da", "?lang=en", "en"),
        ("en", "?lang=da", "da"),
        ("en", "?lang=<script>", "en"),
    ],
)
def test_the_page_speaks_the_readers_language(
    site: PortalSite, letter: Letter, accept: str, query: str, language: str
) -> None:
    client = site.client()
    page = client.get(f"/m/{letter.recipient_id}{query}", Accept_Language=accept)
    assert f'<html lang="{language}">' in page.text
    assert page.headers["content-language"] == language
    assert "<script>" not in page.text.partition("<body>")[2]


def test_the_language_that_was_switched_to_stays_and_is_that_of_the_mail(
    site: PortalSite, letter: Letter
) -> None:
    client = site.client()
    client.get(f"/m/{letter.recipient_id}?lang=en")
    assert client.ask(letter).title == "Type the code"
    [mail] = site.return_port.wait_for(1)
    assert b"Your code is" in mail.content


def test_leaving_closes_the_message_in_this_browser(site: PortalSite, letter: Letter) -> None:
    client = site.client()
    page = client.ask(letter)
    client.give(letter, page, site.next_code(letter.recipient))
    rid = letter.recipient_id
    assert "Læs videre" in client.get(f"/m/{rid}").text
    answer = client.post(f"/m/{rid}/leave", {"csrf": page.csrf})
    first, cookie = answer.cookies
    assert first.startswith("__Host-segl=")
    assert "Max-Age" not in first, "it goes when the browser is closed"
    assert {"Max-Age=0", f"Path=/m/{rid}"} <= set(cookie.split("; ")), "what it was read with goes, too"
    left = client.get(answer.headers["location"])
    assert left.title == "Beskeden er lukket"
    assert "Læs videre" not in left.text
    assert client.get(f"/m/{rid}/code").headers["location"] == f"/m/{rid}?now=again"


def test_the_code_page_in_another_browser_leads_back_to_the_beginning(
    site: PortalSite, letter: Letter
) -> None:
    site.client().ask(letter)
    other = Client(site, fetch_site="none")
    answer = other.get(f"/m/{letter.recipient_id}/code")
    assert answer.headers["location"] == f"/m/{letter.recipient_id}?now=again"


def test_a_new_code_needs_no_new_link(site: PortalSite, letter: Letter) -> None:
    client = site.client()
    page = client.ask(letter)
    site.next_code(letter.recipient)
    answer = client.post(f"/m/{letter.recipient_id}/code", {"csrf": page.csrf})
    page = client.get(answer.headers["location"])
    client.give(letter, page, site.next_code(letter.recipient))


def test_the_sender_takes_a_message_back_by_his_link(site: PortalSite) -> None:
    letter, link = site.seal_with_a_link_back()
    client, path = site.client(), f"/r/{letter.message_id}"
    page = client.get(path)
    assert page.title == "Træk beskeden tilbage?"
    form = {"csrf": page.csrf, "link": link}
    unsure = client.post(path, form)
    assert (unsure.title, unsure.text.count("Sæt hak i feltet")) == ("Træk beskeden tilbage?", 1)
    for _ in range(2):  # pressed twice without a script, loaded again, sent anew after a line that broke
        assert client.post(path, {**form, "sure": "1"}).title == "Beskeden er trukket tilbage"
    reader = site.client()
    answer = reader.give(letter, reader.ask(letter), "12345678")
    assert answer.headers["location"].endswith("why=wrong")


def test_a_link_back_that_is_wrong_takes_nothing_back(site: PortalSite) -> None:
    letter, link = site.seal_with_a_link_back()
    client = site.client()
    for mid, text in (
        (letter.message_id, Secret.new().text()),
        (letter.message_id, letter.link),
        (new_id(), link),
    ):
        assert client.post(f"/r/{mid}", {"link": text, "sure": "1"}).title == "Intet er trukket tilbage"
    assert client.post(f"/r/{letter.message_id}", {"link": "short"}).text.count("ikke hele linket") == 1
    answer = client.post(f"/r/{letter.message_id}", {"link": link, "sure": "1"}, Sec_Fetch_Site="cross-site")
    assert answer.status == 403
    site.return_port.forget()
    client.give(letter, client.ask(letter), site.next_code(letter.recipient))


def test_addresses_are_counted_by_page_and_kind_of_answer(site: PortalSite, letter: Letter) -> None:
    site.client().get(f"/m/{letter.recipient_id}")
    site.client().get("/wp-login.php")
    text = site.metrics()
    assert re.search(r'segl_portal_requests_total\{answer="2xx",page="landing"\} [1-9]', text)
    assert re.search(r'segl_portal_requests_total\{answer="4xx",page="none"\} [1-9]', text)


def test_the_log_knows_neither_links_nor_codes_nor_cookies(site: PortalSite, letter: Letter) -> None:
    client = site.client()
    page = client.ask(letter)
    code = site.next_code(letter.recipient)
    client.give(letter, page, code)
    log = site.daemon.log
    assert letter.message_id in log
    for secret in (letter.link, code, client.cookies["__Host-segl"], page.csrf, letter.recipient_id):
        assert secret not in log
    assert DOMAIN not in page.text.replace(HOST, "")
