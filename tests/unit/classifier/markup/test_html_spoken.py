"""Texts of a page that are shown or spoken, and stand in no element: the model must read them."""

from __future__ import annotations

import time
from urllib.parse import quote, quote_plus

import pytest

from corpus.extracted import extract
from segl.settings.detection import Limits
from segl.vocabulary import Finding
from segl_classifier.cpr.find import find_cpr
from segl_classifier.cpr.judging.score import THRESHOLD
from segl_classifier.formats.content import Allowance
from segl_classifier.formats.harvest import Harvest
from segl_classifier.formats.outlook.bodies import Bodies
from segl_classifier.markup.html import read_html
from segl_classifier.message import Source, Text
from segl_classifier.parse import parse

SAID = "Patienten er indlagt på psykiatrisk afdeling"


def read(content_type: str, markup: str) -> tuple[list[Text], list[Finding]]:
    head = f"Subject: Sagen\r\nMIME-Version: 1.0\r\nContent-Type: {content_type}; charset=utf-8\r\n"
    message = f"{head}Content-Transfer-Encoding: 8bit\r\n\r\n{markup}\r\n"
    return extract(parse(message.encode(), Limits()), Limits())


@pytest.mark.parametrize(
    "markup",
    [
        f'<input value="{SAID}">',
        f'<input type=text value="{SAID}">',
        f'<input type="text" type="hidden" value="{SAID}">',
        f'<input title="type=hidden" value="{SAID}">',
        f"<INPUT VALUE='{SAID}'>",
        f'<img alt="{SAID}">',
        f'<img alt="{SAID.replace(" ", "&nbsp;")}">',
        f'<img alt="{SAID.replace("å", "&aring;")}" src="cid:a">',
        '<img alt="Patienten er\nindlagt  på psykiatrisk\tafdeling">',
        f'<option label="{SAID}">',
        f'<p title="{SAID}">',
        f'<p title="{SAID}',
        f'<input placeholder="{SAID}">',
        f'<table summary="{SAID}">',
        f'<p aria-label="{SAID}">',
        f'<p aria-description="{SAID}">',
        f'<iframe srcdoc="&lt;p&gt;{SAID}">',
        f'<iframe srcdoc="<p>{SAID}</p>">',
        f"<iframe srcdoc=\"<img alt='{SAID}'>\">",
        f"<!--[if mso]>{SAID}<![endif]-->",
        f"<!--[if gte mso 9]><p>{SAID.replace('er', '<b>er</b>')}</p><![endif]-->",
        f"<!--[if (gte mso 9)|(IE)]><td><img alt='{SAID}'></td><![endif]-->",
        f"<!--[if vml]>{SAID}<![endif]-->",
        f"<!--[if !IE]>{SAID}<![endif]-->",
        f"<!--[if mso]><xml><o:x>96</o:x></xml><p>{SAID}</p><![endif]-->",
        f"<!--[if mso]><xml>{SAID}<![endif]-->",
        f"<v:shape><v:textpath string='{SAID}'/></v:shape>",
        f"<!--[if gte vml 1]><v:textpath string='{SAID}'/><![endif]-->",
        f"<svg><text><![CDATA[{SAID}]]></text></svg>",
        f'<a href="mailto:a@b.example?body={SAID}">x</a>',
        f"<a href='MAILTO:?cc=a@b.example&amp;body={quote(SAID)}'>x</a>",
        f'<area href="sms:+4520000041?body={quote_plus(SAID)}">',
        f'<a href="https://wa.me/?text={quote(SAID)}">x</a>',
        f'<a href="https://a.example/?body={SAID}">x</a>',
        f"<iframe><!--</iframe><p>{SAID}",
        f"<noembed><!--</noembed><p>{SAID}",
    ],
)
def test_what_is_shown_or_spoken_is_a_text_of_the_page(markup: str) -> None:
    page = read_html("<p>før</p>" + markup)
    assert page.spoken == SAID
    texts, _ = read("text/html", "<p>før</p>" + markup)
    assert (SAID, Source.BODY) in [(text.text, text.source) for text in texts]


@pytest.mark.parametrize(
    "markup",
    [
        '<img alt="logo">',
        '<img alt="Segl 2026 – 3">',
        '<img alt="https://a.example/en to tre">',
        '<p title="a_b c 12">',
        f'<input type=hidden value="{SAID}">',
        f'<input value="{SAID}" TYPE="hidden">',
        f'<meta name="description" content="{SAID}">',
        f'<div data-text="{SAID}">',
        '<a href="mailto:a@b.example?subject=Afmeld">x</a>',
        f'<a href="https://a.example/?q={quote(SAID)}">x</a>',
        f'<a title="mailto:x" href="https://a.example/mailto:?{SAID}">x</a>',
        f"<!-- {SAID} -->",
        f"<!-- <p title='{SAID}'>x</p> -->",
        f"<!--[if !mso]><p>{SAID}</p><![endif]-->",
        f"<!--[if !(mso)]>{SAID}<![endif]-->",
        f"<!--[if lt IE 9]>{SAID}<![endif]-->",
        f"<!--[if gte mso 9]><xml><w:View>{SAID}</w:View></xml><![endif]-->",
        f"<!--[if mso]><style>.a {{ {SAID} }}</style><![endif]-->",
        f"<script>var a = '{SAID}'</script>",
        f"<p class='{SAID}' id='{SAID}'>",
    ],
)
def test_what_is_neither_is_not(markup: str) -> None:
    assert read_html("<p>før</p>" + markup).spoken == ""


def test_a_text_is_spoken_once_and_each_on_its_line() -> None:
    one, two = f'<img alt="{SAID}">', '<img alt="Kort over Hylleholt by">'
    assert read_html(one + two + one).spoken == f"{SAID}\nKort over Hylleholt by"


def test_what_is_spoken_is_not_read_beside_the_page_too() -> None:
    page = read_html(
        f'<img alt="{SAID}"><img alt="logo"><!--[if mso]><p title="{SAID}, siger han">x</p><![endif]-->'
    )
    assert page.spoken == f"{SAID}\n{SAID}, siger han"
    assert page.aside == "logo\nx"


@pytest.mark.parametrize(
    "markup",
    [
        '<input placeholder="Patientens CPR nummer her" value="{}">',
        '<input title="CPR" value="{}">',
        '<img alt="Hendes cpr er"><img alt="{}">',
        f'<p title="{SAID}"><input placeholder="Patientens CPR nummer her" value="{{}}">',
    ],
)
def test_a_number_keeps_the_words_that_say_what_it_is(markup: str) -> None:
    page = "".join(markup.format(number) for number in ("1203851001", "2211761238"))
    texts, _ = read("text/html", f"<p>før</p>{page}")
    found = [f for text in texts for f in find_cpr(text) if f.score >= THRESHOLD]
    assert len(found) == 2


def test_a_form_filled_in_and_attached_is_read_as_a_file() -> None:
    form = f'<form><label>Årsag</label><input name="a" value="{SAID}"></form>'
    texts, _ = read('text/html; name="skema.html"\r\nContent-Disposition: attachment', form)
    assert (SAID, Source.ATTACHMENT) in [(text.text, text.source) for text in texts]


def test_the_body_of_a_saved_message_keeps_it() -> None:
    harvest = Harvest(Allowance(10_000, 10, 10_000))
    Bodies(harvest, "").html(f'<p>Hej</p><img alt="{SAID}">')
    assert [(passage.text, passage.place) for passage in harvest.content().passages] == [
        ("Hej", ""),
        (SAID, "spoken"),
    ]


@pytest.mark.slow
@pytest.mark.parametrize(
    "piece",
    [
        *("<!--[if mso]><xml>", "<xml>", "value=1 ", "type=hidden value='a b c' ", "x ", "&nbsp;"),
        *("<b title='a b c'>", "title='a b c' alt=1234 "),
    ],
)
def test_hostile_texts_cost_linear_time(piece: str) -> None:
    many = piece * (100_000 // len(piece))
    for markup in (f"<!--[if mso]>{many}<![endif]-->", f"<input {many}>", f'<img alt="{many}">'):
        start = time.process_time()
        read_html(markup)
        assert time.process_time() - start < 2


@pytest.mark.parametrize(
    "markup",
    [
        f'<style style="display:block">{SAID}</style>',
        f"<STYLE STYLE=DISPLAY:block>{SAID}</STYLE>",
        f'<script type="text/plain" style="display:block">{SAID}</script>',
        f"<title><style></title>{SAID}</style>",
        f"<title><style></title>{SAID}",
        f"<title><script></title>{SAID}</script>",
        f"<title><!--</title>{SAID}-->",
        f"<style>style {{ display: block }}</style><style>{SAID}</style>",
        f"<textarea><style></textarea><p>{SAID}</p></style>",
        f"<xmp><style></xmp>{SAID.replace('er', '<b>er</b>').replace('å', '&aring;')}</style>",
    ],
)
def test_a_style_or_comment_that_is_shown_is_a_text(markup: str) -> None:
    assert read_html("<p>før</p>" + markup).spoken == SAID


@pytest.mark.parametrize(
    "markup",
    [
        "<style>p { color: red; display: block } /* kun til print */</style>",
        "<style type=text/css media=screen><!-- p.MsoNormal { margin: 0 } --></style>",
        "<style>a { z-index: 2147483647; margin: 10px 12px 30px }</style>",
        "<script>document.write('<p>en to tre</p>')</script>",
        "<style>@import url(https://a.example/x.css);</style>",
        f"<script>{SAID}</script>",
    ],
)
def test_a_style_that_is_not_shown_is_none(markup: str) -> None:
    page = read_html("<p>før</p>" + markup)
    assert (page.text, page.spoken) == ("før", "")


@pytest.mark.parametrize(
    "number",
    [
        *("120385-1002", "1203851002", "120385 1002", "12.03.85-1002", "12 03 85 1002"),
        *("120385 - 1002", "12-03-85-1002", "120385\u20131002", "120385.1002", "120385/1002"),
    ],
)
def test_a_number_in_a_style_is_read_however_it_is_spelled(number: str) -> None:
    texts, _ = read("text/html", f"<p>før</p><style>p {{ color: red }} cpr {number}</style>")
    assert any(f.score >= THRESHOLD for text in texts for f in find_cpr(text))
