"""HTML: what touches for the reader touches in the text, and nothing that is sent goes unread."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from segl_classifier.markup.html import read_html


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("0101<span>90</span>-12<b>34</b>", "010190-1234"),
        ("0101<!-- skjult -->90-1234", "010190-1234"),
        ("0101<wbr>90<o:p></o:p>-1234", "010190-1234"),
        ('0101<font color="red">90</font><a href=x>-1234</a>', "010190-1234"),
        ("&#48;1&#x30;1&#57;0&#45;1234", "010190-1234"),
        ("0101&shy;90&zwnj;-1234", "0101\u00ad90\u200c-1234"),
        ("010190&nbsp;1234", "010190\u00a01234"),
        ("<p>a</p><p>b</p>", "a\nb"),
        ("a<br>b<BR/>c", "a\nb\nc"),
        ("<div>a<div>b</div>c</div>", "a\nb\nc"),
        ("<ul><li>a<li>b</ul>", "a\nb"),
        ("a\r\n  b\t\tc", "a b c"),
        ("<pre>a\nb</pre>c\nd", "a\nb\nc d"),
        ("<table><tr><th>Navn<th>Cpr<tr><td>Bo<td>010190-1234</table>", "Navn\tCpr\nBo\t010190-1234"),
        ("<TABLE><TR><TD>a</TD><TD>b</TD></TR></TABLE>", "a\tb"),
        ("<tr><td> a </td>\n<td></td><td>c</td></tr><tr><td></td><td>b</td>", "a \t\tc\n\tb"),
        ("<tr><td><p>a</p></td>\n<td><p>b</p></td></tr>\n<tr><td><p>c</p></td><td><p>d</p></td></tr>", "a \tb\nc\td"),
        ("<tr><td><p>&nbsp;</p></td><td><p>b</p></td><td><p></p></td><td><div>d</div>", "\u00a0\tb\t\td"),
        ("<tr><td>\n<p>Vej 3</p><p>Hals</p></td><td><p>b</p></td></tr>", "Vej 3\nHals\tb"),
        ("<tr><td><table><tr><td><p>a</p></td><td>b</td></tr><tr><td>c</td></tr></table></td></tr>", "a\tb\nc"),
        ("<tr><td>x</td><td><table><tr><td><p>a</p></td></tr></table></td><td>y</td></tr>", "x\na\ny"),
        ("<p>a</p><table><tr><td><p>b</p></td></tr></table><p>c</p>", "a\nb\nc"),
        ("<dl><dt>Navn</dt>\n<dd>Bo</dd><DT>Hold</DT><DD class=x>2</DD><dd>3</dd></dl>c", "Navn\tBo\nHold\t2\n3\nc"),
        ("a<dd>b</dd>c", "a\nb\nc"),
        ("0101</td>90-1234", "010190-1234"),
        ('<p style="display:none">skjult</p>', "skjult"),
        ('<span style="font-size:0">0101</span>90-1234', "010190-1234"),
        ("<title>Emne</title>x", "Emne\nx"),
        ("a < b og c > d & e", "a < b og c > d & e"),
        ("a <3 b", "a <3 b"),
        ("<style>p{color:red}</style>x<STYLE>b</STYLE >y", "xy"),
        ("<textarea>a\nb</textarea>", "a\nb"),
        ("x" * 10 + "<", "x" * 10 + "<"),
        ("&#" + "9" * 5000 + ";", "\ufffd"),
        ("&#0;&#xD800;&#x110000;", "\ufffd" * 3),
        ("æ<b>ø</b>å", "æøå"),
        ("", ""),
    ],
)  # fmt: skip
def test_what_is_shown(markup: str, text: str) -> None:
    assert read_html(markup).text == text


@pytest.mark.parametrize(
    "markup",
    [
        "<!-- 010190-1234 -->",
        "<!--[if mso]><p>010190-<b>1234</b></p><![endif]-->",
        "<!--[if gte mso 9]><xml><o:a>010190-1234</o:a></xml><![endif]-->",
        "<!-- aldrig lukket 010190-1234",
        "<!--><p>010190-1234",
        "<!-- a --!> 010190-1234",
        "<! 010190-1234>",
        "<? 010190-1234 ?>",
        "</ 010190-1234>",
        "<![CDATA[010190-1234]]>",
        '<img alt="010190-1234">',
        "<img alt='010190-1234'>",
        "<img alt=010190-1234>",
        "<IMG ALT = 010190-1234>",
        '<p title="010190&#45;1234">',
        '<input value="010190-1234">',
        '<input placeholder="010190-1234">',
        '<meta name="description" content="010190-1234">',
        '<a href="mailto:a@b.example?subject=010190-1234">x</a>',
        '<img src="https://a.example/p.gif?cpr=010190-1234">',
        '<img src="https://a.example/stregkode/010190-1234.png">',
        '<img srcset="https://a.example/p.gif?cpr=010190-1234 2x">',
        '<div data-cpr="010190-1234">',
        '<a download="010190-1234.pdf">',
        '<iframe srcdoc="&lt;p&gt;010190-&lt;b&gt;1234">',
        "<script>var cpr = '010190-1234'</script>",
        "<script>aldrig lukket 010190-1234",
        "<style>aldrig lukket 010190-1234",
        "<style>a</styl> <p>010190-1234</p></style>",
        '<p title="aldrig lukket 010190-1234',
        '<p class="aldrig lukket><b>010190-1234</b>',
        "<p 010190-1234",
        "<p ><noscript>010190-1234</noscript>",
        "<xmp>010190-1234</xmp>",
        "<plaintext>010190-1234",
        "<bo 010190-1234>",
        "<cpr-010190-1234>",
        "<select><option>010190-1234</select>",
        "<svg><text>010190-1234</text></svg>",
        "<template>010190-1234</template>",
        "<object>010190-1234</object>",
        "<table>010190-1234<tr>",
        "<frameset><noframes>010190-1234",
        "<x:y><z>010190-1234</z></x:y>",
    ],
)
def test_nothing_that_is_sent_goes_unread(markup: str) -> None:
    page = read_html("før " + markup)
    assert "010190-1234" in f"{page.text}\n{page.spoken}\n{page.aside}"
    assert page.text.startswith("før")


def test_values_of_xml_do_not_touch() -> None:
    markup = "<a><d>070761</d><s>4285</s><c>0<b>1</b>0190-1234</c></a>"
    assert read_html(markup, xml=True).text.split("\n") == ["070761", "4285", "010190-1234"]
    assert read_html(markup).text == "0707614285010190-1234"


def test_text_beside_the_page_never_parts_what_touches() -> None:
    page = read_html('0101<img alt="logo" src="cid:a">90<input value="v">-<!-- k -->1234')
    assert page.text == "010190-1234"
    assert page.aside.split("\n") == ["logo", "v", "k"]


def test_pictures_are_told_of() -> None:
    page = read_html('<img src="cid:Logo@x"><td background=CID:bg><img src="data:image/png;base64,iVBOR">')
    assert page.shown == {"Logo@x", "bg"}
    (picture,) = page.files
    assert (picture.content_type, picture.base64, picture.data) == ("image/png", True, "iVBOR")
    assert page.aside == ""


@pytest.mark.slow
@pytest.mark.parametrize(
    "piece",
    [
        "<div>", "</div>", "<a ", '<a b="', "<!--", "<!", "<", "</", "&#", "&a", "<style>", "<script></scrip",
        "<a b=", "<a 'x", "<td>", "<!--[if ", "<![CDATA[", "data-", '<a href="data:,', "<p title=x>", "\t ",
        "\u00a0", "<pre>", f"<img src='data:a/{'b' * 90_000}'>", f"<!--[if{' ' * 90_000}x-->",
        f"<!--[if !{' ' * 90_000}x-->", f"<!--[if !mso{'1' * 90_000}-->",
    ],
)  # fmt: skip
def test_hostile_markup_costs_linear_time(piece: str) -> None:
    for markup in (piece * (100_000 // len(piece)), "<a " + piece * (100_000 // len(piece))):
        start = time.process_time()
        read_html(markup)
        assert time.process_time() - start < 2


_WORD = re.compile(r"[^\W\d_]{3,}")
# Text in a table but in none of its cells is left out: a browser moves it before the table.
_TAGS = "<p>,</p>,<b>,</b>,<div>,</div>,<br>,<td>,<table><tr><td>,</td></tr></table>,<span class=a>".split(
    ","
)
_BITS = ["<!-- bemærk -->", "<img alt='billede'>", "&aelig;", "&amp;", "<", ">", '"', "'", "="]


@given(st.lists(st.sampled_from([*_TAGS, *_BITS, "måler", "Ærø", "010190-1234", " ", "\n"]), max_size=25))
def test_every_word_a_browser_shows_is_read(pieces: list[str]) -> None:
    """An independent parser (Lexbor, a browser's) finds no word that is not found here."""
    markup = "".join(pieces)
    page = read_html(markup)
    ours = re.sub(r"\s+", "", page.text + page.spoken + page.aside)
    body = LexborHTMLParser(markup).body
    theirs = body.text(separator=" ", deep=True) if body else ""
    assert all(word in ours for word in _WORD.findall(theirs))


@given(st.text("<>!-/=\"'& abpx01;#[]\n\t", max_size=80), st.text(max_size=40))
def test_nothing_raises(signs: str, noise: str) -> None:
    for markup in (signs, noise, signs + noise + signs):
        read_html(markup)


def test_xml_may_hold_its_data_in_attributes() -> None:
    markup = '<ns2:Borger xmlns:ns2="urn:a" cprNummer="0101901234" diagnose="depression"/>'
    assert read_html(markup, xml=True).text == "cprNummer: 0101901234\ndiagnose: depression"
    assert "urn:a" not in read_html("<z:row xmlns:z='urn:a' CPR='0101901234'/>", xml=True).text


def test_text_between_marks_of_xml_is_text() -> None:
    page = read_html("<sag><notat><![CDATA[Hun er indlagt]]></notat><nr>4</nr></sag>", xml=True)
    assert page.text.split() == ["Hun", "er", "indlagt", "4"]


PICTURE = "data:image/png;base64,iVBORw0KGgo="


@pytest.mark.parametrize(
    "markup",
    [
        f'<div style="background-image:url({PICTURE})">',
        f"<div style='background:url(\"{PICTURE}\")'>",
        f'<div style="background:url(&quot;{PICTURE}&quot;)">',
        f'<style>.a{{background: URL( "{PICTURE}" )}}</style>',
        f"<style>.a{{content:url({PICTURE})}}</style>",
        f'<img src="cid:x" srcset="{PICTURE} 1x, {PICTURE} 2x">',
        f"<source srcset='{PICTURE}'>",
        f'<img src="{PICTURE}" style="width:9px">',
        # encoders for attributes write all but letters and digits so; browsers take line ends out of addresses
        '<img src="data&#x3a;image&#x2f;png&#x3b;base64&#x2c;iVBORw0KGgo&#x3d;">',
        '<img src="&#32;data&colon;image/png;base64,iVBORw0KGgo=">',
        '<img src="da\nta:im\tage/png;base64,\niVBORw0KGgo=">',
        '<div style="background:url(data&#58;image/png;base64&#44;iVBORw0KGgo=)">',
        '<source srcset="data&#x3a;image/png&#x3b;base64,iVBORw0KGgo&#x3d; 2x">',
    ],
)
def test_a_picture_written_into_a_page_is_opened_once(markup: str) -> None:
    assert [(file.content_type, file.data) for file in read_html(markup).files] == [
        ("image/png", "iVBORw0KGgo=")
    ]


def test_a_picture_may_be_named_in_per_cent_and_nothing_names_none() -> None:
    assert "logo@x" in read_html('<img src="cid:logo%40x">').shown
    assert not read_html('<img src="cid:"><img src="cid:<>">').shown


@pytest.mark.parametrize(
    ("written", "seen"),
    [
        ("&#" + "0" * 6_000 + "48;", "0"),
        ("&#x000030;", "0"),
        ("&#0000000000048;", "0"),
        ("&#999999999999;", "\ufffd"),
    ],
)
def test_a_reference_may_have_any_number_of_digits(written: str, seen: str) -> None:
    assert read_html(f"<p>{written}</p>").text == seen
