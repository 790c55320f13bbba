"""What a request to the portal must bring along, over TLS to a real segl-portal, what it may change, and what the
header fields of each answer forbid a browser."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa

from segl.store.engine import transaction
from segl.tables.audit import audit_entry
from world.counter import Letter
from world.portal_site import HOST, Client, PortalSite
from world.postfix import wait_until

# A telephone closes the browser while the mail with the code is looked at: its cookie lives as long as a visit can.
LASTS = "max-age=43200"


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
    before = site.rows()
    rid, mid = letter.recipient_id, letter.message_id
    paths = [f"/m/{rid}", f"/m/{rid}/code", f"/m/{rid}/open", f"/m/{rid}/leave", f"/r/{mid}", "/healthz", "/"]
    for scanner in (Client(site, fetch_site=None), Client(site, fetch_site="cross-site")):
        for method in ("GET", "HEAD", "GET"):
            for path in paths:
                answer = scanner.request(method, path)
                assert answer.status in (200, 303, 404, 405), (method, path)
                if method == "HEAD":
                    assert answer.body == b""
    assert site.rows() == before
    assert not site.return_port.received


def test_what_a_browser_fetches_ahead_is_not_given(site: PortalSite, letter: Letter) -> None:
    for headers in ({"Sec-Purpose": "prefetch;prerender"}, {"Purpose": "prefetch"}, {"X-Moz": "prefetch"}):
        assert site.client().get(f"/m/{letter.recipient_id}", **headers).status == 503


def test_a_click_in_a_web_mail_does_not_take_the_browsers_cookie_away(
    site: PortalSite, letter: Letter
) -> None:
    """A strict cookie does not come along with a link from another site. A new one would close what is open."""
    client = site.client()
    client.ask(letter)
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
    assert client.post(f"/m/{rid}/code", {"link": letter.link, "csrf": page.csrf}).status == 303
    client.cookies.clear()
    answer = client.post(f"/m/{rid}/code", {"link": letter.link, "csrf": page.csrf})
    assert (answer.status, answer.title) == (403, "Din browser tillader ikke cookies")


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
    page = client.ask(letter)
    settle(site, letter)
    before = site.rows()
    form = {"csrf": page.csrf, "link": letter.link, "code": "12345678"}
    answer = client.post(f"/m/{letter.recipient_id}/{path}", form, **headers)
    assert (answer.status, answer.title) == (403, "Prøv igen fra linket i mailen")
    assert site.rows() == before


def test_a_form_needs_the_field_of_its_own_browser_and_message(site: PortalSite, letter: Letter) -> None:
    client, other = site.client(), site.client()
    page = client.ask(letter)
    foreign = other.ask(letter).csrf
    elsewhere = site.seal()
    rid = letter.recipient_id
    for token in ("", foreign, page.csrf[:-1], "x" * 5000):
        assert client.post(f"/m/{rid}/open", {"csrf": token, "code": "12345678"}).status == 403
        assert client.post(f"/m/{rid}/leave", {"csrf": token}).status == 403
    assert client.post(f"/m/{elsewhere.recipient_id}/open", {"csrf": page.csrf, "code": "1"}).status == 403
    assert other.post(f"/m/{rid}/open", {"csrf": page.csrf, "code": "12345678"}).status == 403


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
        LASTS,
    }


def test_with_the_right_code_comes_a_cookie_for_that_message_alone(site: PortalSite, letter: Letter) -> None:
    client = site.client()
    page = client.ask(letter)
    before = dict(client.cookies)
    first, cookie = client.give(letter, page, site.next_code(letter.recipient)).cookies
    assert LASTS in first.lower(), "counted anew: what she reads is not to end with it"
    name, *attributes = cookie.split("; ")
    assert re.fullmatch(r"__Secure-segl-reading=[A-Za-z0-9_-]{43}", name)
    path = f"path=/m/{letter.recipient_id}"
    assert {each.lower() for each in attributes} == {"secure", "httponly", "samesite=strict", path}
    message = f"/m/{letter.recipient_id}/message"
    assert client.get(message).status == 200
    client.cookies = before
    assert client.get(message).status == 303, "what the browser had before opens nothing"


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
    for page in (client.get(f"/m/{letter.recipient_id}"), client.ask(letter), client.get("/nowhere")):
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
