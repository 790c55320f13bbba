"""Printed pages of Windows: their letters are read, and each page that cannot be is told of."""

from __future__ import annotations

import io
import zipfile

import pytest

from corpus.office_files import PNG, large_png
from corpus.unfolded import Read, Whole

CPR = "010190-1234"
TYPES = b'<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'
SPACE = 'xmlns="http://schemas.microsoft.com/xps/2005/06"'


def glyphs(text: str, left: float = 100, top: float = 100, more: str = "") -> str:
    return (
        f'<Glyphs OriginX="{left}" OriginY="{top}" FontRenderingEmSize="16" FontUri="/f.odttf" UnicodeString="{text}" '
        f'Indices="43,55;72" {more}/>'
    )


def page(*content: str) -> str:
    return f'<FixedPage {SPACE} Width="816" Height="1056" xml:lang="da-DK">{"".join(content)}</FixedPage>'


def packed(parts: dict[str, str | bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, content in parts.items():
            zipped.writestr(name, content)
    return out.getvalue()


def printed(*pages: str, more: dict[str, str | bytes] | None = None) -> bytes:
    parts: dict[str, str | bytes] = {
        "[Content_Types].xml": TYPES,
        "FixedDocumentSequence.fdseq": f"<FixedDocumentSequence {SPACE}/>",
        "_rels/.rels": "<Relationships/>",
        "Resources/f.odttf": bytes(range(256)) * 8,
    }
    parts |= {f"Documents/1/Pages/{number}.fpage": one for number, one in enumerate(pages, 1)}
    return packed(parts | (more or {}))


@pytest.mark.parametrize("name", ["brev.xps", "brev.oxps", "brev.zip"])
def test_letters_are_read(name: str) -> None:
    read = Whole(name, printed(page(glyphs(f"Kære Ida, dit nummer er {CPR}")), page(glyphs("Hilsen Bo"))))
    assert [(text.text, text.where) for text in read] == [
        (f"Kære Ida, dit nummer er {CPR}", "part 2, page 1"),
        ("Hilsen Bo", "part 2, page 2"),
    ]


def test_pages_have_their_numbers() -> None:
    read = Read("brev.xps", printed(*(page(glyphs(f"Side {number}")) for number in range(1, 12))))
    assert [(text.text, text.where) for text in read] == [
        (f"Side {number}", f"part 2, page {number}") for number in range(1, 12)
    ]


def test_lines_are_put_together() -> None:
    pieces = (glyphs("1234", 160, 100), glyphs("Kære Ida", 10, 60), glyphs("010190-", 100, 100))
    assert CPR in str(Whole("brev.xps", printed(page(*pieces))))
    letters = "".join(glyphs(sign, 100 + 8 * place) for place, sign in enumerate(CPR))
    assert CPR in str(Whole("brev.xps", printed(page(letters))))


def test_what_moves_a_canvas_moves_what_is_in_it() -> None:
    for canvas in (
        '<Canvas RenderTransform="1,0,0,1,60,0">{}</Canvas>',
        '<Canvas><Canvas.RenderTransform><MatrixTransform Matrix="1,0,0,1,60,0"/></Canvas.RenderTransform>{}</Canvas>',
    ):
        read = Whole("brev.xps", printed(page(canvas.format(glyphs("1234")), glyphs("010190-"))))
        assert CPR in str(read)


def test_braces_that_escape_are_none_of_the_text() -> None:
    [text] = Whole("brev.xps", printed(page(glyphs("{}{Bo} og Ida"))))
    assert text.text == "{Bo} og Ida"


def test_links_and_titles_are_read() -> None:
    links = glyphs("her", more=f'FixedPage.NavigateUri="https://a.example/?cpr={CPR}"')
    titles = '<Path AutomationProperties.Name="Et kort over Hals" Data="M 0,0 L 1,1"/>'
    read = str(Whole("brev.xps", printed(page(links, titles))))
    assert CPR in read
    assert "Et kort over Hals" in read


def test_other_parts_are_read() -> None:
    core = f"<coreProperties><title>Brev til {CPR}</title></coreProperties>"
    more: dict[str, str | bytes] = {
        "docProps/core.xml": core,
        "Resources/logo.png": PNG,
        "Documents/1/Metadata/Job_PT.xml": "<PrintTicket/>",
    }
    assert CPR in str(Whole("brev.xps", printed(page(glyphs("Hej")), more=more)))


def test_parts_in_pieces_are_put_together() -> None:
    whole = page(glyphs(f"Kære Ida, dit nummer er {CPR}"))
    pieces: dict[str, str | bytes] = {
        "[Content_Types].xml/[0].piece": TYPES[:20],
        "[Content_Types].xml/[1].last.piece": TYPES[20:],
        "Documents/1/Pages/1.fpage/[1].piece": whole[90:200],
        "Documents/1/Pages/1.fpage/[0].piece": whole[:90],
        "Documents/1/Pages/1.fpage/[2].last.piece": whole[200:],
    }
    assert CPR in str(Whole("brev.xps", packed(pieces)))


CURVES = "M 0,0 " + "C 1,2 3,4 5,6 " * 1_200


@pytest.mark.parametrize(
    ("broken", "cause"),
    [
        ("<FixedPage><Glyphs", "damaged"),
        ("<!DOCTYPE a [<!ENTITY b 'c'>]><FixedPage/>", "damaged"),
        (page('<Glyphs OriginX="1" OriginY="1" Indices="43;72;80"/>'), "unknown-type"),
        (
            page('<Glyphs OriginX="1" OriginY="1" UnicodeString="" Indices="43;72;80"/>', glyphs("Hej")),
            "unknown-type",
        ),
        (page(f'<Path Data="{CURVES}"/>', glyphs("Hej")), "unknown-type"),
        (
            page(f'<Path><Path.Data><PathGeometry Figures="{CURVES}"/></Path.Data></Path>', glyphs("Hej")),
            "unknown-type",
        ),
        (page('<Path Data="M 78,62 V 63 H 92 V 62 Z"/>'), "unknown-type"),
    ],
)
def test_a_page_that_cannot_be_read_is_told_of_and_the_others_are_read(broken: str, cause: str) -> None:
    read = Read("brev.xps", printed(page(glyphs(f"Nummer {CPR}")), broken, page(glyphs("Hilsen Bo"))))
    assert read.causes == [f"unreadable.{cause}"]
    assert "page 2" in read.gaps[0].excerpt
    assert CPR in str(read)
    assert "Hilsen Bo" in str(read)


def test_scans_are_told_of() -> None:
    scanned = page(
        '<Path Data="M 0,0 L 9,0 9,9 Z"><Path.Fill><ImageBrush ImageSource="/1.png"/></Path.Fill></Path>'
    )
    assert Read("brev.xps", printed(scanned, more={"Resources/1.png": large_png(40_000)})).gaps


def test_a_file_that_is_called_layout_is_looked_at() -> None:
    assert CPR in str(
        Read("brev.xps", printed(page(glyphs("Hej")), more={"Resources/g.odttf": f"cpr {CPR}"}))
    )


@pytest.mark.parametrize(
    "noise", ['OriginX="x" OriginY="" FontRenderingEmSize="nan"', 'OriginX="1e999" RenderTransform="1,2"']
)
@pytest.mark.parametrize(
    "around", ["{}", '<Canvas RenderTransform="1e99,0,0,1e99,1,1">' * 9 + "{}" + "</Canvas>" * 9]
)
def test_odd_numbers_do_no_harm(noise: str, around: str) -> None:
    odd = around.format(f'<Glyphs {noise} UnicodeString="{CPR}"/>')
    assert CPR in str(Whole("brev.xps", printed(page(odd, glyphs("Hej")))))
