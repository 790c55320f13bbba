"""A file is fetched on where it broke off."""

from __future__ import annotations

import base64
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import Headers

from segl_portal.ranges import span_of
from world.portal_site import PortalSite

TAG = '"a-1"'
WHOLE = (200, None, "0123456789")


@pytest.mark.parametrize(
    ("wanted", "answer"),
    [
        ("", WHOLE),
        ("bytes=0-", (206, "bytes 0-9/10", "0123456789")),
        ("bytes=4-", (206, "bytes 4-9/10", "456789")),
        ("bytes=4-6", (206, "bytes 4-6/10", "456")),
        ("bytes = 4 - 400", (206, "bytes 4-9/10", "456789")),
        ("bytes=-3", (206, "bytes 7-9/10", "789")),
        ("bytes=-30", (206, "bytes 0-9/10", "0123456789")),
        ("bytes=-0", (416, "bytes */10", "")),
        ("bytes=10-", (416, "bytes */10", "")),
        ("bytes=99-100", (416, "bytes */10", "")),
        ("bytes=6-4", WHOLE),  # what is none counts for nothing
        ("bytes=0-1,4-5", WHOLE),
        ("bytes=-", WHOLE),
        ("lines=1-", WHOLE),
        pytest.param("bytes=" + "9" * 100_000 + "-", WHOLE, id="huge"),
        ("bytes=\xb2-", WHOLE),
    ],
)
def test_what_is_asked_for_is_sent(wanted: str, answer: tuple[int, str | None, str]) -> None:
    span = span_of(Headers({"range": wanted}), TAG, 10)
    headers, sent = span.headers(TAG), b"".join(span.of(iter([b"012", b"3", b"", b"45678", b"9"]))).decode()
    assert (span.status, headers.get("Content-Range"), sent) == answer
    assert headers["Content-Length"] == str(len(sent))


@pytest.mark.parametrize(
    ("tag", "status"), [(TAG, 206), ('"b-1"', 200), ("Mon, 30 Nov 2026 18:00:00 GMT", 200)]
)
def test_of_another_file_the_whole_is_sent(tag: str, status: int) -> None:
    assert span_of(Headers({"range": "bytes=4-", "if-range": tag}), TAG, 10).status == status


@given(st.lists(st.binary(max_size=8), max_size=6), st.integers(0, 40), st.integers(0, 40))
def test_it_is_the_bytes_of_the_whole(chunks: list[bytes], first: int, last: int) -> None:
    whole = b"".join(chunks)
    span = span_of(Headers({"range": f"bytes={first}-{last}"}), TAG, len(whole))
    wanted = whole[first : last + 1] if span.is_part else whole
    assert b"".join(span.of(iter(chunks))) == wanted


def test_a_file_and_the_whole_mail_are_fetched_on(site: PortalSite) -> None:
    file = bytes(range(256)) * 4000
    content = (
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nHej\r\n--b\r\nContent-Disposition: attachment; "
        b"filename=film.bin\r\nContent-Transfer-Encoding: base64\r\n\r\n%s\r\n--b--\r\n"
    ) % base64.encodebytes(file).replace(b"\n", b"\r\n")
    letter = site.seal("bo.range@vestby.example", content)
    her = site.client()
    her.give(letter, her.ask(letter), site.next_code(letter.recipient))
    page = her.get(f"/m/{letter.recipient_id}/message")
    number = re.search(r"/file/(\d+)", page.text)
    assert number is not None
    for name, whole in ((f"file/{number[1]}", file), ("message.eml", content)):
        path = f"/m/{letter.recipient_id}/{name}"
        first = her.get(path)
        assert (first.status, first.body, first.headers["accept-ranges"]) == (200, whole, "bytes")
        rest = her.get(path, Range="bytes=700001-", If_Range=first.headers["etag"])
        assert (rest.status, rest.body) == (206, whole[700_001:])
        assert rest.headers["content-disposition"] == first.headers["content-disposition"]
        beyond = her.get(path, Range=f"bytes={len(whole)}-")
        assert (beyond.status, beyond.body) == (416, b"")
    stranger = site.client()
    assert stranger.get(path, Range="bytes=0-9").status == 303
