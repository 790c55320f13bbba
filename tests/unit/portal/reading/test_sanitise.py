"""What a stranger's HTML may still do after it was made harmless: look well, and nothing else."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.markup import Seen, assert_harmless
from corpus.messages import HERE as CORPUS
from segl_portal.reading.css import harmless
from segl_portal.reading.links import link_target
from segl_portal.reading.sanitise import sanitise

PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
PICTURES = {"logo@x": "picture/3"}


# One a line; ␀ stands for a zero byte.
VECTORS = (CORPUS / "html" / "vectors.txt").read_text("utf-8").replace("␀", "\0").split("\n")[:-1]


@pytest.mark.parametrize("vector", VECTORS)
def test_no_known_vector_comes_through(vector: str) -> None:
    html = sanitise(vector, PICTURES).html
    assert_harmless(html)


@pytest.mark.parametrize("vector", VECTORS)
def test_what_is_harmless_stays_as_it_is(vector: str) -> None:
    """A second time changes nothing but the links, behind which their targets stand already."""
    once = sanitise(vector, {"logo@x": "https://x.example/"}).html
    twice = sanitise(once, {}).html
    assert Seen(twice).words == Seen(once).words or "target" in once


_FRAGMENTS = st.sampled_from(
    [*"<>/\"'= &;-!`\n\0", "script", "img", "svg", "style", "math", "a", "p", "table", "td", "form", "title", "href=",
     "src=", "style=", "onerror=", "alert(1)", "javascript:", "url(", "<!--", "-->", "]]>", "<![CDATA[", "&#106;",
     "</", "<svg>", "<math>", "<style>", "<noscript>", "<p>", "<b>", "<table>", "http://x", "cid:logo@x"]
)  # fmt: skip


@given(st.lists(_FRAGMENTS, max_size=40).map("".join))
@settings(max_examples=400, deadline=None)
def test_no_arrangement_of_markup_comes_through(html: str) -> None:
    assert_harmless(sanitise(html, PICTURES).html)


@given(st.text(max_size=200))
@settings(max_examples=300, deadline=None)
def test_any_text_comes_through_harmless(html: str) -> None:
    assert_harmless(sanitise(html.encode("utf-8", "replace").decode(), PICTURES).html)


def test_an_ordinary_letter_keeps_its_looks() -> None:
    letter = (
        '<html><head><title>x</title><style>p{color:red}</style></head><body bgcolor="#ffffff"><h1>Kære Anna</h1>'
        '<p style="font-family:Calibri,sans-serif;font-size:11pt;color:#1f497d;margin:0cm 0cm 8pt">Svar på <b>sagen</b>'
        ' af <i>12. maj</i></p><table border="1" cellpadding="4" width="600"><tr><th colspan="2">Dato</th></tr><tr>'
        '<td align="right">1</td><td>2</td></tr></table><ul><li>et</li></ul><hr></body></html>'
    )
    html = sanitise(letter, {}).html
    for kept in (
        "<h1>Kære Anna</h1>", "font-family:Calibri,sans-serif", "font-size:11pt", "color:#1f497d", "margin:0cm 0cm 8pt",
        "<b>sagen</b>", 'border="1"', 'width="600"', 'colspan="2"', 'align="right"', "<li>et</li>", "<hr>",
    ):  # fmt: skip
        assert kept in html
    assert "p{color:red}" not in html
    assert "<title>" not in html


@pytest.mark.parametrize(
    ("html", "blocked", "shown"),
    [
        ('<img src="cid:logo@x">', 0, {"logo@x"}),
        ('<img src="CID:LOGO@x">', 0, {"logo@x"}),
        ('<img src="cid:%6Cogo@x">', 0, {"logo@x"}),
        ('<img src="cid:other@x">', 1, set()),
        ('<img src="http://x.example/pixel.gif" width=1 height=1>', 1, set()),
        ('<img src="//x.example/pixel.gif"><img src="relative.png">', 2, set()),
        ('<p style="background:url(http://x.example)">x', 1, set()),
        (f'<img src="data:image/png;base64,{PNG}">', 0, set()),
        ('<img src="data:image/png;base64,PHN2Zz4=">', 1, set()),
        ('<img src="data:image/png,<svg>">', 1, set()),
        ("<img alt=x>", 0, set()),
    ],
)
def test_pictures_of_the_message_are_shown_and_all_others_blocked_and_counted(
    html: str, blocked: int, shown: set[str]
) -> None:
    clean = sanitise(html, PICTURES)
    assert clean.blocked == blocked
    assert set(clean.shown) == shown
    assert "x.example" not in clean.html


@pytest.mark.parametrize(
    ("link", "target"),
    [
        ('<a href="https://evil.example/">https://bank.example/</a>', "[evil.example]"),
        ('<a href="https://evil.example/">Log ind</a>', "[evil.example]"),
        ('<a href="https://bank.example@evil.example/">bank.example</a>', "[evil.example]"),
        ('<a href="https://evil.example/?bank.example">bank.example</a>', "[evil.example]"),
        ('<a href="https://bank.example.evil.example/">bank.example</a>', "[bank.example.evil.example]"),
        ('<a href="https://evil.example/">bank.example evil.example</a>', "[evil.example]"),
        (r'<a href="https://evil.example\@bank.example">bank.example</a>', "[evil.example]"),
        (r'<a href="https:\\evil.example/">bank.example</a>', "[evil.example]"),
        (
            '<a href="https://evil.example"><b style="display:none">evil.example</b> Log ind</a>',
            "[evil.example]",
        ),
        (
            '<a href="https://evil.example"><b style="font-size:0">evil.example/</b>bank.example</a>',
            "[evil.example]",
        ),
        (
            '<a href="https://evil.example"><img alt="x"><b style="color:#fff">evil.example</b></a>',
            "[evil.example]",
        ),
        (f'<a href="https://evil.example">bank.example{" " * 3000}evil.example</a>', "[evil.example]"),
        ('<a href="https://www.vand.example"><b style="color:blue">https://vand.example/</b></a>', ""),
        ('<p title="<a>">x</p><a href="https://evil.example">bank.example</a>', "[evil.example]"),
        ('<a href="https://evil.example"><b title="</a>evil.example">bank.example</b></a>', "[evil.example]"),
        ('<a href="mailto:bo%40x.example?subject=y">Skriv</a>', "[bo@x.example]"),
        ('<a href="https://vand.example/regning?id=3">www.vand.example</a>', ""),
        ('<a href="https://vand.example/">Se <b>vand.example</b></a>', ""),
        ('<a href="mailto:bo@x.example">bo@x.example</a>', ""),
        ('<a href="tel:+4570123456">70 12 34 56</a>', "[+4570123456]"),
        # What a reader may not see, or see otherwise, is not believed.
        ('<a href="https://evil.example/">evil.example bank.example</a>', "[evil.example]"),
        ('<a href="https://evil.example/">evil.example<br><br>bank.example</a>', "[evil.example]"),
        (f'<a href="https://evil.example/">evil.example/{"x" * 200}.bank.example</a>', "[evil.example]"),
        ('<a href="https://evil.example/">evil.example <mark>Log ind</mark></a>', "[evil.example]"),
        (
            '<a href="https://evil.example/" style="color:#fff">evil.example <b>Log ind</b></a>',
            "[evil.example]",
        ),
        ('<a href="https://evil.example/" style="color:#00f">evil.example</a>', ""),
        ('<a href="https://evil.example/">\u202eevil.example/elpmaxe.knab//:sptth</a>', "[evil.example]"),
        ('<a href="https://evil.example/">\u2067evil.example\u2069</a>', "[evil.example]"),
        # Letters that look like others.
        ('<a href="https://b\u0430nk.example/">b\u0430nk.example</a>', "[xn--bnk-6cd.example]"),
        ('<a href="https://bank.example\u3002evil.example/">bank.example</a>', "[bank.example.evil.example]"),
        ('<a href="https://rødby.example/">www.rødby.example</a>', ""),
        ('<a href="mailto:bo@b\u0430nk.example">bo@b\u0430nk.example</a>', "[bo@xn--bnk-6cd.example]"),
        ('<a href="https://' + "\u0430" * 70 + '.example/">x</a>', "[" + r"\u0430" * 70 + ".example]"),
    ],
)
def test_a_link_says_where_it_leads_unless_its_text_does(link: str, target: str) -> None:
    html = sanitise(link, {}).html
    assert re.findall(r'<span class="target"> (\[.*?\])</span>', html) == ([target] if target else [])
    assert 'target="_blank"' in html
    assert 'rel="noopener noreferrer nofollow"' in html


@pytest.mark.parametrize(
    ("href", "target"),
    [
        ("http://x.example:8080/y", "x.example"), ("HTTPS://X.example", "x.example"), ("http://", ""), ("x", ""),
        ("http://[::1", ""), ("http://[::1]/", "::1"), ("mailto:", ""), ("javascript:alert(1)", ""),
        ("jav\nascript:x", ""), ("ht\ttp://x.example/", "x.example"), ("http:x.example", ""), ("h" * 5000, ""),
        (r"https://a.example\@b.example", "a.example"), (r"https://a.example/?\@b.example", "a.example"),
        (r"https://a.example\.b.example", "a.example"),
    ],
)  # fmt: skip
def test_targets(href: str, target: str) -> None:
    assert link_target(href) == target


@pytest.mark.parametrize(
    ("style", "kept"),
    [
        ("color:red", "color:red"),
        ("COLOR : Red ; font-size: 12pt", "color:Red;font-size:12pt"),
        ("color:rgb(1, 2, 3)", "color:rgb(1, 2, 3)"),
        ("background:#fff", "background-color:#fff"),
        ("background:#fff url(x)", ""),
        ("font-family:'Segoe UI',Arial", "font-family:'Segoe UI',Arial"),
        ("font:12px/1.5 Arial", "font:12px/1.5 Arial"),
        ("color:red!important", "color:red"),
        ("display:none", "display:none"),
        ("display:grid", ""),
        ("margin:-5px", ""),
        ("margin:0 auto", "margin:0 auto"),
        ("width:3001px", ""),
        ("width:1e9px", ""),
        ("color:url(x)", ""),
        ("color:attr(x)", ""),
        ("color:re\\d", ""),
        ("color:red/*x*/", ""),
        ("position:absolute", ""),
        ("opacity:0", ""),
        ("color", ""),
        (":", ""),
        ("", ""),
    ],
)
def test_declarations(style: str, kept: str) -> None:
    assert harmless(style) == kept
