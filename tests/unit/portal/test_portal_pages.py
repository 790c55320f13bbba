"""The pages from the link to the open message as a browser gets them, over TLS from a real segl-portal: what they say,
what a GET leaves as it was, what a form must bring along, and what the answers' header fields forbid."""

from __future__ import annotations

import itertools
import re
import urllib.request
from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa

from segl.sealed.directory import new_id
from segl.sealed.keys import Secret
from segl.store import transaction
from segl.tables.audit import audit_entry
from segl.tables.base import metadata
from world.counter import Letter
from world.desk import DOMAIN
from world.portal_site import HOST, Answer, Client, PortalSite
from world.postfix import wait_until


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PortalSite]:
    limits = "[portal.limits]\nnetwork_codes_an_hour = 10000\nnetwork_tries_an_hour = 10000\n"
    with PortalSite(tmp_path_factory.mktemp("portal"), tables=limits) as site:
        yield site


_numbers = itertools.count(1)


@pytest.fixture
def letter(site: PortalSite) -> Letter:
    site.return_port.forget()
    return site.seal(f"bo{next(_numbers)}@vestby.example")


def csrf(answer: Answer) -> str:
    found = re.search(r'name="csrf" value="([^"]*)"', answer.text)
    assert found is not None
    return found[1]


def title(answer: Answer) -> str:
    found = re.search(r"<h1>(.*?)</h1>", answer.text)
    assert found is not None
    return found[1]


def ask(client: Client, letter: Letter, link: str | None = None) -> Answer:
    """Open the link, press the button; the code page."""
    page = client.get(f"/m/{letter.recipient_id}")
    form = {"csrf": csrf(page), "link": letter.link if link is None else link}
    answer = client.post(f"/m/{letter.recipient_id}/code", form)
    assert answer.status == 303, answer.text
    return client.get(answer.headers["location"])


def give(client: Client, letter: Letter, page: Answer, code: str) -> Answer:
    answer = client.post(f"/m/{letter.recipient_id}/open", {"csrf": csrf(page), "code": code})
    assert answer.status == 303
    return answer


def test_the_link_leads_to_one_button_then_a_field_then_the_message(site: PortalSite, letter: Letter) -> None:
    client = site.client()
    page = client.get(f"/m/{letter.recipient_id}")
    assert title(page) == "Du har fået en sikker besked"
    assert page.text.count('class="button first"') == 1
    page = ask(client, letter)
    assert title(page) == "Skriv koden"
    answer = give(client, letter, page, site.next_code(letter.recipient))
    assert answer.headers["location"] == f"/m/{letter.recipient_id}/message"


def test_reference_on_the_page_is_that_of_the_mail(site: PortalSite, letter: Letter) -> None:
    page = ask(site.client(), letter)
    found = re.search(r'class="sign">(\w{4})<', page.text)
    assert found is not None
    [mail] = site.return_port.wait_for(1)
    assert f"({found[1]})".encode() in mail.content


@pytest.mark.parametrize(
    "spelt",
    [
        "{secret}",
        "{origin}/m/{rid}#{secret}",
        "  <{origin}/m/{rid}#{secret}>\r\n",
        "{origin}/m/{rid}#{folded}",
    ],
    ids=["the secret", "the whole link", "in brackets", "broken over two lines"],
)
def test_a_link_may_be_pasted_as_mail_programs_copy_it(site: PortalSite, letter: Letter, spelt: str) -> None:
    secret = letter.link
    link = spelt.format(
        secret=secret, origin=site.origin, rid=letter.recipient_id, folded=f"{secret[:20]}\r\n {secret[20:]}"
    )
    client = site.client()
    give(client, letter, ask(client, letter, link), site.next_code(letter.recipient))


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
        second = ask(client, one)
        third = give(client, one, second, "12345678")
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
    text = re.sub(r'name="csrf" value="[^"]*"', "csrf", text)
    return answer.status, {k: v.replace(letter.recipient_id, "ID") for k, v in headers.items()}, text


def everything(site: PortalSite) -> dict[str, list[tuple[object, ...]]]:
    """All rows of the store."""
    with transaction(site.engine) as connection:
        return {
            table.name: [tuple(row) for row in connection.execute(sa.select(table))]
            for table in metadata.sorted_tables
        }


def settle(site: PortalSite, letter: Letter) -> None:
    """Wait until the code that was asked for has gone, and is written down."""
    query = sa.select(sa.func.count()).where(
        audit_entry.c.subject == letter.recipient_id, audit_entry.c.act == "code-sent"
    )

    def sent() -> bool:
        with transaction(site.engine) as connection:
            return bool(connection.scalar(query))

    wait_until(sent, 30, lambda: site.daemon.log[-3000:])


def test_get_and_head_of_every_address_change_nothing(site: PortalSite, letter: Letter) -> None:
    """A link scanner in the mail, a preview, a crawler: they fetch what they find, twice."""
    before = everything(site)
    rid, mid = letter.recipient_id, letter.message_id
    paths = [f"/m/{rid}", f"/m/{rid}/code", f"/m/{rid}/open", f"/m/{rid}/leave", f"/r/{mid}", "/healthz", "/"]
    for scanner in (Client(site, fetch_site=None), Client(site, fetch_site="cross-site")):
        for method in ("GET", "HEAD", "GET"):
            for path in paths:
                answer = scanner.request(method, path)
                assert answer.status in (200, 303, 404, 405), (method, path)
                if method == "HEAD":
                    assert answer.body == b""
    assert everything(site) == before
    assert not site.return_port.received


def test_what_a_browser_fetches_ahead_is_not_given(site: PortalSite, letter: Letter) -> None:
    for headers in ({"Sec-Purpose": "prefetch;prerender"}, {"Purpose": "prefetch"}, {"X-Moz": "prefetch"}):
        assert site.client().get(f"/m/{letter.recipient_id}", **headers).status == 503


def test_a_click_in_a_web_mail_does_not_take_the_browsers_cookie_away(
    site: PortalSite, letter: Letter
) -> None:
    """A strict cookie does not come along with a link from another site. A new one would close what is open."""
    client = site.client()
    ask(client, letter)
    kept = dict(client.cookies)
    stranger = Client(site, fetch_site="cross-site")  # the same browser, as the request looks
    assert stranger.get(f"/m/{letter.recipient_id}").cookies == ()
    assert stranger.cookies == {}
    assert client.cookies == kept


def test_a_browser_without_fetch_metadata_gets_its_cookie_with_the_page_and_must_bring_it(
    site: PortalSite, letter: Letter
) -> None:
    client = Client(site, fetch_site=None)
    page = client.get(f"/m/{letter.recipient_id}")
    assert page.cookies
    rid = letter.recipient_id
    assert Client(site, fetch_site=None).post(f"/m/{rid}/code", {"link": letter.link}).status == 403
    assert client.post(f"/m/{rid}/code", {"link": letter.link}).status == 403
    assert client.post(f"/m/{rid}/code", {"link": letter.link, "csrf": csrf(page)}).status == 303
    client.cookies.clear()
    answer = client.post(f"/m/{rid}/code", {"link": letter.link, "csrf": csrf(page)})
    assert (answer.status, title(answer)) == (403, "Din browser tillader ikke cookies")


@pytest.mark.parametrize("path", ["code", "open", "leave"])
@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "https://ond.example"},
        {"Origin": f"https://{HOST}.ond.example"},
        {"Origin": f"http://{HOST}"},
    ],
    ids=lambda headers: " ".join(headers.values()),
)
def test_a_form_from_elsewhere_is_refused(
    site: PortalSite, letter: Letter, path: str, headers: dict[str, str]
) -> None:
    client = site.client()
    page = ask(client, letter)
    settle(site, letter)
    before = everything(site)
    form = {"csrf": csrf(page), "link": letter.link, "code": "12345678"}
    answer = client.post(f"/m/{letter.recipient_id}/{path}", form, **headers)
    assert (answer.status, title(answer)) == (403, "Prøv igen fra linket i mailen")
    assert everything(site) == before


def test_a_form_needs_the_field_of_its_own_browser_and_message(site: PortalSite, letter: Letter) -> None:
    client, other = site.client(), site.client()
    page = ask(client, letter)
    foreign = csrf(ask(other, letter))
    elsewhere = site.seal()
    rid = letter.recipient_id
    for token in ("", foreign, csrf(page)[:-1], "x" * 5000):
        assert client.post(f"/m/{rid}/open", {"csrf": token, "code": "12345678"}).status == 403
        assert client.post(f"/m/{rid}/leave", {"csrf": token}).status == 403
    assert client.post(f"/m/{elsewhere.recipient_id}/open", {"csrf": csrf(page), "code": "1"}).status == 403
    assert other.post(f"/m/{rid}/open", {"csrf": csrf(page), "code": "12345678"}).status == 403


def test_our_own_form_with_an_origin_that_says_null_is_taken(site: PortalSite, letter: Letter) -> None:
    """With Referrer-Policy: no-referrer browsers send just that."""
    answer = site.client().post(f"/m/{letter.recipient_id}/code", {"link": letter.link}, Origin="null")
    assert answer.status == 303


def test_the_cookie_can_be_neither_read_nor_sent_from_elsewhere(site: PortalSite, letter: Letter) -> None:
    [cookie] = site.client().post(f"/m/{letter.recipient_id}/code", {"link": letter.link}).cookies
    name, *attributes = cookie.split("; ")
    assert re.fullmatch(r"__Host-segl=[A-Za-z0-9_-]{43}", name)
    assert {attribute.lower() for attribute in attributes} == {
        "secure",
        "httponly",
        "samesite=strict",
        "path=/",
    }


PAGES = {
    "landing": ("GET", "/m/{rid}", 200),
    "cut id": ("GET", "/m/abc", 404),
    "no page": ("GET", "/../../etc/passwd", 404),
    "method": ("DELETE", "/m/{rid}", 405),
    "post to a get": ("POST", "/m/{rid}", 405),
    "static": ("GET", "/static/nothing.css", 404),
    "revoke": ("GET", "/r/{mid}", 200),
    "feedback": ("GET", "/f/" + "0f" * 32, 200),
    "no form": ("POST", "/m/{rid}/code", 400),
    "health": ("GET", "/healthz", 200),
}


@pytest.mark.parametrize("case", PAGES)
def test_every_answer_has_the_header_fields_that_bind_a_browser(
    site: PortalSite, letter: Letter, case: str
) -> None:
    method, path, status = PAGES[case]
    path = path.format(rid=letter.recipient_id, mid=letter.message_id)
    answer = site.client().request(method, path)
    assert answer.status == status
    headers = answer.headers
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; ")
    for word in ("unsafe", "data:", "*", "blob:", "http:", "'self'"):
        assert word not in policy
    assert "base-uri 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["strict-transport-security"] == "max-age=31536000; includeSubDomains"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert "camera=()" in headers["permissions-policy"]
    assert headers["x-frame-options"] == "DENY"
    assert headers["cache-control"] == "no-store"
    assert "server" not in headers
    assert "Traceback" not in answer.text


def test_no_page_holds_style_script_or_handlers_or_names_another_site(
    site: PortalSite, letter: Letter
) -> None:
    client = site.client()
    for page in (client.get(f"/m/{letter.recipient_id}"), ask(client, letter), client.get("/nowhere")):
        assert not re.search(r"<script(?![^>]*\ssrc=)|<style|\sstyle=|\son[a-z]+=|javascript:", page.text)
        addresses = re.findall(r'(?:src|href|action)="([^"]*)"', page.text)
        assert addresses
        assert all(address.startswith(("/", "#")) for address in addresses)


def test_what_never_changes_may_be_kept_and_has_its_hash_in_its_name(
    site: PortalSite, letter: Letter
) -> None:
    page = site.client().get(f"/m/{letter.recipient_id}")
    paths = set(re.findall(r'"(/static/[^"]+)"', page.text))
    assert {path.rpartition(".")[2] for path in paths} >= {"css", "js"}
    for path in paths:
        answer = site.client().get(path)
        assert answer.status == 200
        assert re.search(r"-[0-9a-f]{16}\.(css|js|svg)$", path)
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert "sandbox" in answer.headers["content-security-policy"]


@pytest.mark.parametrize(
    ("host", "status"),
    [
        (HOST.upper() + ":{port}", 200),
        (HOST, 421),
        ("ond.example:{port}", 421),
        ("127.0.0.1:{port}", 421),
        (f"{HOST}:{{port}}.ond.example", 421),
        (f"ond@{HOST}:{{port}}", 421),
    ],
)
def test_only_our_own_name_is_answered_for(site: PortalSite, letter: Letter, host: str, status: int) -> None:
    answer = site.client().get(f"/m/{letter.recipient_id}", Host=host.format(port=site.web_port))
    assert answer.status == status
    assert ("ond.example" in answer.text) is False


def test_a_form_that_is_large_odd_or_twice_the_same_is_refused(site: PortalSite, letter: Letter) -> None:
    client, path = site.client(), f"/m/{letter.recipient_id}/code"
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    cases: list[tuple[bytes, dict[str, str], int]] = [
        (b"link=" + b"x" * 20_000, form, 413),
        (b"link=x", {"Content-Type": "multipart/form-data; boundary=x"}, 400),
        (b"link=x", {"Content-Type": "application/json"}, 400),
        (b"link=x&link=y", form, 400),
        (b"&".join(b"a%d=1" % number for number in range(500)), form, 400),
        (b"link=\xff\xfe", form, 400),
        (b"link=%ff%fe", form, 400),
    ]
    for body, headers, status in cases:
        answer = client.request("POST", path, body, headers)
        assert (answer.status, "Traceback" in answer.text) == (status, False), body[:40]


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
    assert title(ask(client, letter)) == "Type the code"
    [mail] = site.return_port.wait_for(1)
    assert b"Your code is" in mail.content


def test_leaving_closes_the_message_in_this_browser(site: PortalSite, letter: Letter) -> None:
    client = site.client()
    page = ask(client, letter)
    give(client, letter, page, site.next_code(letter.recipient))
    rid = letter.recipient_id
    assert "Læs videre" in client.get(f"/m/{rid}").text
    answer = client.post(f"/m/{rid}/leave", {"csrf": csrf(page)})
    left = client.get(answer.headers["location"])
    assert title(left) == "Beskeden er lukket"
    assert "Læs videre" not in left.text
    assert client.get(f"/m/{rid}/code").headers["location"] == f"/m/{rid}?now=again"


def test_the_code_page_in_another_browser_leads_back_to_the_beginning(
    site: PortalSite, letter: Letter
) -> None:
    ask(site.client(), letter)
    other = Client(site, fetch_site="none")
    answer = other.get(f"/m/{letter.recipient_id}/code")
    assert answer.headers["location"] == f"/m/{letter.recipient_id}?now=again"


def test_a_new_code_needs_no_new_link(site: PortalSite, letter: Letter) -> None:
    client = site.client()
    page = ask(client, letter)
    site.next_code(letter.recipient)
    answer = client.post(f"/m/{letter.recipient_id}/code", {"csrf": csrf(page)})
    page = client.get(answer.headers["location"])
    give(client, letter, page, site.next_code(letter.recipient))


def test_the_sender_takes_a_message_back_by_his_link(site: PortalSite) -> None:
    letter, link = site.seal_with_a_link_back()
    client, path = site.client(), f"/r/{letter.message_id}"
    page = client.get(path)
    assert title(page) == "Træk beskeden tilbage?"
    assert title(client.post(path, {"csrf": csrf(page), "link": link})) == "Beskeden er trukket tilbage"
    assert title(client.post(path, {"csrf": csrf(page), "link": link})) == "Intet er trukket tilbage"
    reader = site.client()
    answer = give(reader, letter, ask(reader, letter), "12345678")
    assert answer.headers["location"].endswith("why=wrong")


def test_a_link_back_that_is_wrong_takes_nothing_back(site: PortalSite) -> None:
    letter, link = site.seal_with_a_link_back()
    client = site.client()
    for mid, text in (
        (letter.message_id, Secret.new().text()),
        (letter.message_id, letter.link),
        (new_id(), link),
    ):
        assert title(client.post(f"/r/{mid}", {"link": text})) == "Intet er trukket tilbage"
    assert client.post(f"/r/{letter.message_id}", {"link": "short"}).text.count("ikke hele linket") == 1
    answer = client.post(f"/r/{letter.message_id}", {"link": link}, Sec_Fetch_Site="cross-site")
    assert answer.status == 403
    site.return_port.forget()
    give(client, letter, ask(client, letter), site.next_code(letter.recipient))


def test_addresses_are_counted_by_page_and_kind_of_answer(site: PortalSite, letter: Letter) -> None:
    site.client().get(f"/m/{letter.recipient_id}")
    site.client().get("/wp-login.php")
    with urllib.request.urlopen(f"http://127.0.0.1:{site.metrics_port}/metrics", timeout=60) as answer:
        text = answer.read().decode()
    assert re.search(r'segl_portal_requests_total\{answer="2xx",page="landing"\} [1-9]', text)
    assert re.search(r'segl_portal_requests_total\{answer="4xx",page="none"\} [1-9]', text)


def test_the_log_knows_neither_links_nor_codes_nor_cookies(site: PortalSite, letter: Letter) -> None:
    client = site.client()
    page = ask(client, letter)
    code = site.next_code(letter.recipient)
    give(client, letter, page, code)
    log = site.daemon.log
    assert letter.message_id in log
    for secret in (letter.link, code, client.cookies["__Host-segl"], csrf(page), letter.recipient_id):
        assert secret not in log
    assert DOMAIN not in page.text.replace(HOST, "")
