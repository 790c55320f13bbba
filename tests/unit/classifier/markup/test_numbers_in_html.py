"""A number that a reader sees whole is found, however the page is written."""

from __future__ import annotations

from datetime import date
from time import process_time

import pytest

from corpus.extracted import extract
from segl.settings.detection import Limits
from segl_classifier.cpr.find import find_cpr
from segl_classifier.cpr.hidden import hidden
from segl_classifier.cpr.judging.score import THRESHOLD
from segl_classifier.layout.tidy import closed_up
from segl_classifier.markup.html import read_html
from segl_classifier.message import Source, Text
from segl_classifier.parse import parse
from segl_classifier.rules.words import NormalText

TODAY = date(2026, 11, 24)
SHEETS = {
    "h": "display:none",
    "i": "display : inline",
    "r": "unicode-bidi:bidi-override;direction:rtl",
}


def found(body: str) -> list[str]:
    """Where numbers are found in a message with *body* as its HTML."""
    head = "Subject: Sagen\r\nMIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\n"
    head += "Content-Transfer-Encoding: 8bit\r\n\r\n"
    texts, _ = extract(parse(f"{head}{body}\r\n".encode(), Limits()), Limits())
    return [f.where for text in texts for f in find_cpr(text, today=TODAY) if f.score >= THRESHOLD]


def page(inside: str) -> str:
    sheet = "".join(f".{name} {{ {rule} }}" for name, rule in SHEETS.items())
    return f"<html><head><style>{sheet}</style></head><body><p>Hej Jens. Det er {inside}. Mvh Bo</p></body></html>"


def each(sign: str, digits: str = "070761-4285") -> str:
    return "".join(sign.format(digit) for digit in digits)


@pytest.mark.parametrize(
    ("inside", "means"),
    [
        ('07<span style="display:none">99</span>0761-42<span style="display: none">1</span>85', "hidden digits"),
        ('07<span style="display:none">xyz</span>0761-4285', "hidden letters"),
        ("07<span STYLE='DISPLAY:NONE'>99</span>0761-4285", "hidden, in capitals"),
        ("07<span hidden>99</span>0761-4285", "the attribute hidden"),
        ('07<span hidden="">99</span>0761-4285', "the attribute hidden, empty"),
        ('07<span style="mso-hide:all">99</span>0761-4285', "hidden for Word"),
        ('07<span style="font-size:0">99</span>0761-4285', "letters of no size"),
        ('07<span style="font-size:0.0pt;color:red">99</span>0761-4285', "letters of no size, in points"),
        ('07<span style="visibility:hidden">9</span>0761-4285', "invisible"),
        ('07<span style="opacity:0">9</span>0761-4285', "transparent"),
        ('07<span style="color:#FFF">9</span>0761-4285', "white on white"),
        ('07<span class="x h">99</span>0761-4285', "hidden by the style sheet"),
        ('07<span style="display:none">9<span>9</span>9</span>0761-4285', "nested in what is hidden"),
        ("070761-<del>9</del>4285", "struck out"),
        ("070761-<S>9</S>4285", "struck out, in capitals"),
        ("<ruby>07<rt>x</rt>07<rt>y</rt>61-4285</ruby>", "ruby"),
        ("07<!--[if mso]>0761<![endif]-->-4285", "a conditional comment"),
        ("07<!--[if gte mso 9]><b>0761</b><![endif]-->-4285", "a conditional comment with tags"),
        ("".join(f"&#{ord(c):010};" for c in "070761-4285"), "zero-padded references"),
        ("07076&#000000000000049;-4285", "one zero-padded reference"),
        ("<style>.c:after{content:'-4285'}</style><span class=c>070761</span>", "generated content"),
        (r'<style>.c::before { content: "\30 70761-4285" }</style><i class="c"></i>', "generated, escaped"),
        ('<style>.c:after{content:attr(data-x)}</style><span class=c data-x="-4285">070761</span>', "an attribute"),
        ('<style>*::before{content:"070761-"}</style><i>4285</i>', "generated before all"),
        ('<style>i:first-child::before{content:"070761-"}</style><i>4285</i>', "generated before the first"),
        ('<style>li::marker{content:"070761-"}</style><li>4285</li>', "the mark of an item"),
        ('<style>[data-x]::before{content:attr(data-x)}</style><i data-x="070761-">4285</i>',
         "of what has an attribute"),
        ('<style>@media(max-width:600px){.d{display:none}}</style><b class=d>' + each('<img alt="{}">') + "</b>",
         "hidden on a telephone"),
        ('<style>.d:hover{color:#fff}</style><b class=d>' + each('<img alt="{}">') + "</b>",
         "white under the mouse"),
        ('<div style="font-size:0"><i style="font-size:14px">' + each('<img alt="{}">') + "</i></div>",
         "a size of its own"),
        (each('<img src="x.png" alt="{}">'), "pictures of digits"),
        ('<input value="070761">-<input value=4285>', "fields"),
        ("<style>/* 070761-4285 */</style>x", "a remark in a style sheet"),
        ('<div style="display:flex">' + each("<div>{}</div>") + "</div>", "blocks side by side"),
        (each('<div style="display:inline">{}</div>'), "blocks in line"),
        (each('<div class="i">{}</div>'), "blocks in line by the style sheet"),
        (each('<div style="float:left">{}</div>'), "floating blocks"),
    ],
)  # fmt: skip
def test_what_a_reader_sees_as_one_number_is_one(inside: str, means: str) -> None:
    assert found(page(inside)), means


@pytest.mark.parametrize(
    "inside",
    [
        '<span style="display:none">070761-4285</span>',
        "<span hidden>070761-4285</span>",
        '<span style="font-size:0">07</span>0761-4285',
        '<del>07</del>0761<span class="h">-4285</span>',
        "<rt>070761-4285</rt>",
    ],
)
def test_what_is_hidden_is_read_too(inside: str) -> None:
    assert found(page(inside))


@pytest.mark.parametrize(
    "markup",
    [
        "<p>Hej</p><table><tr><td>a<td>b</table>",
        '<p style="color:#1f2933;font-size:10pt;margin:0">Hej <b>Bo</b><o:p></o:p></p>',
        "<!--[if gte mso 9]><xml><o:PixelsPerInch>96</o:PixelsPerInch></xml><![endif]--><p>Hej",
        '<!--[if mso]><table width="600"><tr><td><![endif]--><p>Hej</p><!--[if mso]></td></tr></table><![endif]-->',
        '<img src="cid:logo" alt="Logo" width="120"><p>Hej',
        '<p style="display:none"></p><p>Hej',
    ],
)
def test_an_ordinary_page_is_read_once(markup: str) -> None:
    assert read_html(markup).otherwise == ""


def test_only_the_lines_that_differ_are_read_again() -> None:
    lines = "".join(f"<p>Afsnit {number}</p>" for number in range(20))
    page = read_html(f"{lines}<p>Nummer:</p><p>07<i hidden>9</i>0761</p>{lines}")
    assert page.otherwise.split("\n") == ["Afsnit 19", "Nummer:", "070761"]


def test_a_table_that_differs_is_read_again_whole() -> None:
    page = read_html("<table><tr><th>Navn<th>Cpr<tr><td>Ida<td>1<tr><td>Bo<td>0<s>1</s>2</table>")
    assert page.otherwise.split("\n") == ["Navn\tCpr", "Ida\t1", "Bo\t02"]


@pytest.mark.slow
@pytest.mark.parametrize("piece", ["<p hidden>", "<del>", "<div style=display:flex>", "<!--[if mso]>1<![endif]-->",
                                   "<style>.a{content:'x'}</style><i class=a>", "<bdo>", "<!--[if mso]>1", "a{b",
                                   "<style>" + "a{" * 50, "<img alt=1>", "content:'", "@media width{a{", "a:b(",
                                   "<style>" + f"#{'a' * 198}!," * 50 + "{display:none}</style>",
                                   "@media width " * 22 + "{" + ".a{opacity:0}" * 60_000,
                                   "<p style='opacity:" + "0" * 40_000 + "x'>",
                                   "<p style='font-size:" + "0" * 40_000 + "'>"])  # fmt: skip
def test_hostile_pages_cost_linear_time(piece: str) -> None:
    for start in ("<p hidden>", "<style>"):
        markup = start + piece * max(1, 100_000 // len(piece))
        begin = process_time()
        read_html(markup)
        assert process_time() - begin < 2


def outlook(*rows: tuple[str, ...]) -> str:
    """A table as Outlook and Word write one: a paragraph in each cell."""
    cell = '<td width=95 style="padding:0cm"><p class=MsoNormal>{}<o:p></o:p></p></td>\r\n'
    lines = ("<tr>\r\n" + "".join(map(cell.format, row)) + "</tr>\r\n" for row in rows)
    return "<table>" + "".join(lines) + "</table>"


def test_headings_stand_over_the_columns_of_a_table_from_outlook() -> None:
    assert found(outlook(("Navn", "CPR", "By"), ("Hans Hansen", "101901234", "Hals"))) == ["body"]
    assert found(outlook(("Navn", "Ordrenr.", "By"), ("Hans Hansen", "0101901234", "Hals"))) == []


def test_a_line_over_such_a_table_says_what_it_holds() -> None:
    rows = outlook(("Hans Hansen", "150371", "2344"))
    over = "<p class=MsoNormal>{}<o:p></o:p></p><p class=MsoNormal><o:p>&nbsp;</o:p></p>"
    assert found(over.format("CPR-numre på nye medarbejdere") + rows) == ["body"]
    assert found(over.format("Leveringer i maj") + rows) == []


def test_generated_content_does_not_grow_beyond_a_bound() -> None:
    """What a rule writes is written at every tag: a page of 100 KB would show 10 MB."""
    page = read_html(f"<style>x:before{{content:'{'a ' * 95}'}}</style>{'<x>' * 33_000}")
    assert page.cut
    assert len(page.otherwise) < 1_100_000


def test_bullets_before_each_line_of_a_long_list_are_few() -> None:
    page = read_html("<style>li:before{content:'\u2022 '}</style>" + "<li>010190-1234" * 33_000)
    assert not page.cut


@pytest.mark.parametrize("number", ["010190-1234", "0101901234", "120385 1239", "120385</td><td>1239"])
@pytest.mark.parametrize("label", ["CPR-nr.:", "Personnummer", "Patient", "Født", ""])
@pytest.mark.parametrize("columns", [2, 3, 12])
def test_a_label_over_several_columns_is_as_near_as_over_one(number: str, label: str, columns: int) -> None:
    row = "<table><tr><td{}>{}</td><td>{}</td></tr></table>"
    assert found(row.format(f" colspan={columns}", label, number)) == found(row.format("", label, number))


@pytest.mark.parametrize(
    "line", ["CPR-nr.{}120385{}1239", "Patient{}120385-1239", "Født{}120385{}de sidste fire 1239"]
)
@pytest.mark.parametrize("blanks", [2, 3, 9, 40])
def test_blanks_that_line_up_put_nothing_apart(line: str, blanks: int) -> None:
    apart = line.replace("{}", " " * blanks)
    assert found(f"<pre>{apart}</pre>") == found(f"<pre>{line.replace('{}', ' ')}</pre>")


def test_what_keeps_columns_apart_is_not_shown() -> None:
    text = read_html("<table><tr><td colspan=3>Navn<td>CPR</table><pre>a    b</pre>").text
    shown = NormalText.of(text).shown
    assert "\x1f" in text
    assert (shown, closed_up(text)) == ("Navn CPR\na b", "Navn\tCPR\na b")


@pytest.mark.parametrize("number", ["1203851239", "120385 1239", "120385-1239", "0101901234"])
@pytest.mark.parametrize("other", ["Ordrenr.", "Fakturanr.", "Telefon", "Kontonr."])
def test_a_heading_over_two_columns_leaves_the_others_above_their_numbers(number: str, other: str) -> None:
    rows = f"<tr><td>Anna<td>Lund<td>{number}<td>12345678</tr><tr><td>Bo<td>Bro<td>{number}<td>12345679</tr>"
    assert found(f"<table><tr><th colspan=2>Navn<th>CPR-nr.<th>{other}</tr>{rows}</table>")


@pytest.mark.parametrize("separator", ["\x1c", "\x1d", "\x1e", "\x1f"])
def test_separators_of_old_formats_are_blanks(separator: str) -> None:
    assert (
        found(f"<p>Anna{separator}070761-4285{separator}Bo</p>") == found("<p>Anna 070761-4285 Bo</p>") != []
    )


def test_what_is_hidden_for_showing_stands_where_it_stood() -> None:
    text = read_html(
        "<table><tr><td colspan=3>Navn<td>CPR 070761-4285</table><pre>Anna    har    diabetes</pre>"
    ).text
    shown = hidden(Text(text, "part 1", Source.BODY))
    assert len(shown) == len(text)
    assert shown[text.index("diabetes") :] == "diabetes"
    assert "4285" not in shown


@pytest.mark.parametrize("separator", ["\x1c", "\x1d", "\x1e", "\x1f", "\x1f\x1f"])
@pytest.mark.parametrize("place", range(1, 10))
def test_a_separator_within_a_number_hides_nothing(separator: str, place: int) -> None:
    number = "0707614285"
    assert found(f"<p>CPR for Anna Lund {number[:place]}{separator}{number[place:]}</p>")


def test_what_counts_below_a_covered_cell_is_hidden_and_marked() -> None:
    rows = "<tr><td>Anna<td>Lund<td>070761-4285<td>12345678</tr><tr><td>Bo<td>Bro<td>120385-1239<td>12345679</tr>"
    page = read_html(f"<table><tr><th colspan=2>Navn<th>CPR-nr.<th>Ordrenr.</tr>{rows}</table>")
    shown = hidden(Text(page.text, "part 1", Source.BODY), "#")
    assert "4285" not in shown
    assert "1239" not in shown
    assert "0707##-####" in shown


@pytest.mark.parametrize(
    "inside",
    [
        "<table><tr><td>CPR 240856-</tr><tr><td colspan=2><td></tr><tr><td>4331</table>",
        "<pre>CPR 240856-\n    \n4338</pre>",
        "<pre>CPR-nr.\n  \n2408564331</pre>",
    ],
)
def test_a_line_that_shows_nothing_is_none(inside: str) -> None:
    assert found(inside)


@pytest.mark.parametrize(
    "page",
    [
        "<p>Nr. 12\r010190-1234\r7 stk</p>",
        "<pre>Nr. 12\r010190-1234\r7 stk</pre>",
        "<p>Nr. 12&#13;010190-1234&#13;7 stk</p>",
    ],
)
def test_a_carriage_return_alone_keeps_apart_what_stands_around_it(page: str) -> None:
    assert found(page)


@pytest.mark.parametrize("place", range(1, 6))
def test_a_separator_in_a_subject_hides_nothing(place: int) -> None:
    number = "070761-4285"
    raw = f"Subject: Vedr. {number[:place]}\x1f{number[place:]}\r\n\r\nHej\r\n".encode()
    texts, _ = extract(parse(raw, Limits()), Limits())
    assert any(f.score >= THRESHOLD for text in texts for f in find_cpr(text, today=TODAY))
