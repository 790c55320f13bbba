"""Plain text made readable."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segl_portal.reading.plain import linked, plain_html, unflowed, words_of


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("Se https://vand.example/regning?id=3&x=y.", ["https://vand.example/regning?id=3&amp;x=y"]),
        ("Se www.vand.example, eller", ["http://www.vand.example"]),
        ("(https://x.example/a_(b))", ["https://x.example/a_(b)"]),
        ("<https://x.example/>", ["https://x.example/"]),
        ("Skriv til bo@x.example!", ["mailto:bo@x.example"]),
        ("HTTPS://X.EXAMPLE", ["HTTPS://X.EXAMPLE"]),
        ("javascript:alert(1) file:///etc/passwd", []),
        ("http://", []),
        ('https://x.example/"onmouseover="alert(1)', ["https://x.example/"]),
        ("https://x.example/<script>", ["https://x.example/"]),
        ("a@b", []),
    ],
)
def test_addresses_become_links_and_nothing_else_does(text: str, links: list[str]) -> None:
    html = linked(text)
    assert re.findall(r'<a href="([^"]*)" target="_blank" rel="noopener noreferrer nofollow">', html) == links
    assert set(re.findall(r"</?(\w+)", html)) <= {"a"}


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("https://bank.example@evil.example/", "[evil.example]"),
        ("https://b\u0430nk.example/", "[xn--bnk-6cd.example]"),
        ("Se https://vand.example/a.html?b=c.d og www.kunde.example samt bo@x.example", ""),
        (f"https://vand.example/{'x' * 500}", ""),
    ],
)
def test_an_address_that_hides_its_host_has_it_behind_it(text: str, target: str) -> None:
    assert re.findall(r'<span class="target"> (\[.*?\])</span>', linked(text)) == ([target] if target else [])


@given(st.text(max_size=300))
@settings(max_examples=300)
def test_no_text_makes_markup(text: str) -> None:
    assert set(re.findall(r"<\s*/?\s*(\w+)", plain_html(text, "mere"))) <= {
        "a",
        "div",
        "details",
        "span",
        "summary",
    }


def test_an_earlier_message_is_folded_away() -> None:
    html = plain_html("Ja.\n\n> et\n> to\n> tre\n> fire\n\nHilsen", "Vis <tidligere>")
    assert "<details><summary>Vis &lt;tidligere&gt;</summary>" in html
    assert html.index("Ja.") < html.index("<details>") < html.index("fire") < html.index("Hilsen")
    assert "<details>" not in plain_html("> et\n> to\nJa", "mere"), "a few lines are part of the answer"


@pytest.mark.parametrize(
    ("flowed", "text"),
    [
        ("en lang \nlinje", "en lang linje"),
        ("en \nlinje\nto", "en linje\nto"),
        ("> en \n> linje\nJa", "> en linje\nJa"),
        ("> en \nJa", "> en \nJa"),
        (">> a \n> b", ">> a \n> b"),
        ("x \n-- \nAnna", "x \n-- \nAnna"),
        (" From her", "From her"),
        ("", ""),
    ],
)
def test_flowed_lines_are_joined(flowed: str, text: str) -> None:
    assert unflowed(flowed) == text


def test_a_blank_may_go_with_the_break() -> None:
    assert unflowed("ord \nene", del_sp=True) == "ordene"


@pytest.mark.parametrize(
    ("html", "words"),
    [
        ("<p>Kære <b>Anna</b></p><p>Hej</p>", "Kære Anna\nHej"),
        ("<style>p{}</style>x<script>y</script>z", "x z"),
        ("<script>aldrig slut", "aldrig slut"),
        ("a &lt; b", "a < b"),
        ("<title>t</title>x", "x"),
    ],
)
def test_the_words_of_html(html: str, words: str) -> None:
    assert re.sub(r" *\n *", "\n", words_of(html)) == words


@pytest.mark.slow
@pytest.mark.parametrize(
    "piece", ["<", "<script>", "<style", "</", "http://", "www.", "a@", "a.", ">", "> x\n", "(", "&#1;", "\n", "<br",
              "a@a.", "www.a", "http://a(", " ", "-", "_"],
)  # fmt: skip
def test_hostile_text_takes_no_time(piece: str) -> None:
    text = piece * (300_000 // len(piece))
    start = time.process_time()
    plain_html(text, "mere")
    words_of(text)
    unflowed(text)
    assert time.process_time() - start < 3.0
