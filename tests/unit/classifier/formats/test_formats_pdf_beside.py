"""PDF: strings and files that stand on no page: words for pictures, values, signatures, properties, files beside."""

from __future__ import annotations

import io
import random
import time
import zlib
from collections.abc import Callable

import pikepdf
import pytest
from PIL import Image

from corpus import pdf_by_hand, pdf_files
from corpus.reading import ALLOWANCE, causes, stands_in, text_of
from segl.vocabulary import Unreadable
from segl_classifier.formats.content import Allowance
from segl_classifier.formats.pdf.copy import NOISE
from segl_classifier.formats.pdf.reader import read

NUMBER = "010190-1234"
TEXT = f"({NUMBER})"
NOTE = "/Type/Annot/Rect[100 100 200 120]"


def note(more: str) -> bytes:
    return pdf_by_hand.page("", {11: f"<<{NOTE}{more}>>"}, names="/Annots[11 0 R]")


def field(more: str) -> bytes:
    widget = f"<<{NOTE}/Subtype/Widget/T(felt){more}>>"
    return pdf_by_hand.page("", {11: widget}, names="/Annots[11 0 R]", catalog="/AcroForm<</Fields[11 0 R]>>")


PLAIN = pdf_by_hand.page(pdf_by_hand.written("Dagsorden"))
BESIDE = f"Vedr. Ib Holm, CPR {NUMBER}".encode()


@pytest.mark.parametrize("data", [PLAIN + BESIDE, PLAIN + b"\r\n\0" + BESIDE + b"\n", BESIDE + b"\n" + PLAIN])
def test_what_stands_around_the_pdf_is_a_file(data: bytes) -> None:
    content = read(data, "", ALLOWANCE)
    assert [file.data for file in content.files] == [BESIDE]
    assert "Dagsorden" in text_of(content)


@pytest.mark.parametrize("behind", [b"\r\n", bytes(500), b"\x1a", b" " * 200])
def test_padding_around_it_is_none(behind: bytes) -> None:
    for data in (PLAIN + behind, behind + PLAIN):
        content = read(data, "", ALLOWANCE)
        assert (content.files, content.lacks) == ((), ())


WORDS, LINES = pdf_by_hand.written(f"CPR {NUMBER}"), "0 0 9 9 re f"
PATTERN = "/Type/Pattern/PatternType 1/PaintType 1/TilingType 1/BBox[0 0 595 842]/XStep 595/YStep 842/Resources 12 0 R"
MASK = "/Type/XObject/Subtype/Form/BBox[0 0 595 842]/Group<</S/Transparency/CS/DeviceGray>>/Resources 12 0 R"
SHOWN_BY = {
    "a pattern": (PATTERN, "/Pattern cs /P scn 0 0 595 842 re f", "/Pattern<</P 11 0 R>>"),
    "a mask": (MASK, "/G gs 0 0 595 842 re f", "/ExtGState<</G<</SMask<</S/Luminosity/G 11 0 R>>>>>>"),
}


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("name", SHOWN_BY)
def test_letters_in_what_paints_a_page_are_told_of(name: str, *, packed: bool) -> None:
    head, content, resource = SHOWN_BY[name]
    for drawn, told in ((WORDS, {Unreadable.UNKNOWN_TYPE}), (LINES, set())):
        body = zlib.compress(drawn.encode()).decode("latin-1") if packed else drawn
        more = pdf_by_hand.stream(body, head + ("/Filter/FlateDecode" if packed else ""))
        own, inside = f"<</Font<</F1 5 0 R>>{resource}>>", "<</Font<</F1 5 0 R>>>>"
        data = pdf_by_hand.page(
            f"{content} {pdf_by_hand.written('Dagsorden')}", {6: own, 11: more, 12: inside}
        )
        assert causes(read(data, "", ALLOWANCE)) == told


def test_words_in_the_file_of_a_picture_are_read() -> None:
    """A JPEG stands in a PDF as it was, with what a phone or a program wrote into it."""
    out = io.BytesIO()
    Image.new("L", (40, 30)).save(out, "JPEG", comment=f"Sår på ben, CPR {NUMBER}".encode())
    head = "/Type/XObject/Subtype/Image/Width 40/Height 30/BitsPerComponent 8/ColorSpace/DeviceGray/Filter/DCTDecode"
    picture = pdf_by_hand.stream(out.getvalue().decode("latin-1"), head)
    content = read(pdf_by_hand.page("q 40 0 0 30 60 700 cm /X Do Q", {10: picture}), "", ALLOWANCE)
    assert stands_in(content, NUMBER) == ["properties of a picture"]


STRINGS = {
    "the words for a picture": (
        "alternative text",
        pdf_by_hand.page(
            "", {11: "<</K[12 0 R]>>", 12: f"<</S/Figure/P 11 0 R/Alt{TEXT}>>"}, catalog="/StructTreeRoot 11 0 R"
        ),
    ),
    "the text that a tree names": (
        "alternative text",
        pdf_by_hand.page("", {11: f"<</K<</S/Span/ActualText{TEXT}>>>>"}, catalog="/StructTreeRoot 11 0 R"),
    ),
    "a field that stands on no page": (
        "form field",
        pdf_by_hand.page("", {11: f"<</FT/Tx/T(cpr)/V{TEXT}>>"}, catalog="/AcroForm<</Fields[11 0 R]>>"),
    ),
    "the rich value of a field": ("form field", field("/FT/Tx/RV(<p>0101<b>90-12</b>34</p>)")),
    "one of the values of a list": ("form field", field(f"/FT/Ch/Ff 2097152/V[(andet){TEXT}]")),
    "the reason for a signature": ("signature", field(f"/FT/Sig/V<</Type/Sig/Reason{TEXT}/Contents<3082ff00>>>")),
    "whom to ask about a signature": ("signature", field(f"/FT/Sig/V<</Type/Sig/ContactInfo{TEXT}>>")),
    "a note that is rich alone": ("note", note("/Subtype/FreeText/RC(<body><p>Ib 0101<b>90-12</b>34</p></body>)")),
    "a note in its window": ("note", note(f"/Subtype/Popup/Contents{TEXT}")),
    "a note in UTF-16": ("note", note(f"/Subtype/Popup/Contents<FEFF{NUMBER.encode('utf-16-be').hex()}>")),
    "a program that a link starts": (
        "links and files", note(f"/Subtype/Link/A<</S/Launch/F(S:/Sager/{NUMBER}/brev.doc)>>")
    ),
    "a file that a link opens": (
        "links and files", note(f"/Subtype/Link/A<</S/GoToR/D[0/Fit]/F(S:/Sager/{NUMBER}/brev.pdf)>>")
    ),
    "where a bookmark leads": (
        "links and files",
        pdf_by_hand.page(
            "",
            {11: "<</First 12 0 R/Last 12 0 R/Count 1>>",
             12: f"<</Title(Sag)/Parent 11 0 R/A<</S/URI/URI(https://sag.example/{NUMBER})>>>>"},
            catalog="/Outlines 11 0 R",
        ),
    ),
    "how pages are called": (
        "properties", pdf_by_hand.page("", catalog=f"/PageLabels<</Nums[0<</P{TEXT}>>]>>")
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", STRINGS)
def test_a_string_is_read_wherever_it_stands(what: str) -> None:
    place, data = STRINGS[what]
    content = read(data, "", ALLOWANCE)
    assert stands_in(content, NUMBER) == [place]
    assert content.lacks == ()


def with_pikepdf(what: str, *, locked: bool = False, objects_in_a_stream: bool = False) -> bytes:
    out = io.BytesIO()
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        if what == "property":
            pdf.docinfo["/CPR"] = NUMBER
        else:
            rdf = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
            begin, end = f'<rdf:RDF xmlns:rdf="{rdf}" xmlns:pdf="http://ns.adobe.com/pdf/1.3/">', "</rdf:RDF>"
            inner = {
                "attribute": f'<rdf:Description rdf:about="" pdf:Keywords="{NUMBER}"/>',
                "element": f"<rdf:Description><pdf:Keywords>{NUMBER}</pdf:Keywords></rdf:Description>",
            }[what]
            xml = f'<xap:xmpmeta xmlns:xap="adobe:ns:meta/">{begin}{inner}{end}</xap:xmpmeta>'
            pdf.Root.Metadata = pdf.make_stream(xml.encode(), Type=pikepdf.Name.Metadata)
        mode = pikepdf.ObjectStreamMode
        pdf.save(
            out,
            fix_metadata_version=False,
            object_stream_mode=mode.generate if objects_in_a_stream else mode.disable,
            encryption=pikepdf.Encryption(user="", owner="ejer") if locked else False,
        )
    return out.getvalue()


@pytest.mark.parametrize("locked", [False, True])
@pytest.mark.parametrize("objects_in_a_stream", [False, True])
@pytest.mark.parametrize("what", ["property", "attribute", "element"])
def test_properties_of_every_kind_are_read(what: str, *, locked: bool, objects_in_a_stream: bool) -> None:
    data = with_pikepdf(what, locked=locked, objects_in_a_stream=objects_in_a_stream)
    assert stands_in(read(data, "", ALLOWANCE), NUMBER) == ["properties"]


def locked_but_for(clear: int, *, of: int) -> bytes:
    """A file that only its owner may change, with packets of properties of which some stand in clear and the file does
    not say so: as LibreOffice 25.2 writes it ("RestrictPermissions") and Ghostscript 10.05 (-sOwnerPassword)."""
    out = io.BytesIO()
    xml = [
        f"<x:xmpmeta><pdf:Keywords>{NUMBER[:-1]}{number}</pdf:Keywords></x:xmpmeta>" for number in range(of)
    ]
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        pdf.docinfo["/Title"] = "Dagsorden"
        for number, one in enumerate(xml):
            kind = {"/Type": pikepdf.Name.Metadata, "/Subtype": pikepdf.Name.XML, "/Number": number}
            pdf.Root[f"/Packet{number}"] = pdf.make_stream(one.encode(), kind)
        rules = pikepdf.Encryption(user="", owner="ejer", R=3, aes=False, metadata=False)
        pdf.save(
            out, encryption=rules, compress_streams=False, object_stream_mode=pikepdf.ObjectStreamMode.disable
        )
    data = out.getvalue()
    for number, one in enumerate(xml[:clear]):
        start = data.index(b"stream\n", data.index(f"/Number {number}".encode())) + len(b"stream\n")
        data = data[:start] + one.encode() + data[start + len(one) :]
    return data


@pytest.mark.parametrize(("clear", "of"), [(1, 1), (2, 2), (1, 2)])
def test_properties_in_clear_in_a_locked_file_are_read_and_no_damage(clear: int, of: int) -> None:
    content = read(locked_but_for(clear, of=of), "", ALLOWANCE)
    assert all(stands_in(content, f"{NUMBER[:-1]}{number}") == ["properties"] for number in range(of))
    assert content.lacks == ()


def test_noise_in_a_locked_file_that_nothing_in_clear_explains_is_told_of() -> None:
    data = locked_but_for(2, of=2).replace(b"<x:xmpmeta>", b"<x:damaged>", 1)
    assert causes(read(data, "", ALLOWANCE)) == {Unreadable.DAMAGED}


def test_noise_that_begins_as_properties_do_is_told_of_too() -> None:
    """As of one packet in 256 that was decrypted though it stood in clear."""
    noise = random.Random(7).randbytes(70).decode("latin-1")
    kinds = "/Type/Metadata/Subtype/XML"
    streams = {20: pdf_by_hand.stream(f"<{noise}", kinds)}
    data = pdf_by_hand.page("", streams, catalog="/Metadata 20 0 R")
    assert causes(read(data, "", ALLOWANCE)) == {Unreadable.DAMAGED}


@pytest.mark.parametrize("charset", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-32", "utf-32-be"])
@pytest.mark.parametrize("how", [f"<Headline>{NUMBER}</Headline>", f"<Description Headline='{NUMBER}'/>"])
def test_properties_of_any_charset_are_read_and_no_noise(how: str, charset: str) -> None:
    xml = f"<?xml version='1.0' encoding='{charset}'?><x:xmpmeta xmlns:x='adobe:ns:meta/'>{how}</x:xmpmeta>\n"
    streams = {20: pdf_by_hand.stream(xml.encode(charset).decode("latin-1"), "/Type/Metadata/Subtype/XML")}
    content = read(pdf_by_hand.page("", streams, catalog="/Metadata 20 0 R"), "", ALLOWANCE)
    assert (stands_in(content, NUMBER), content.lacks) == (["properties"], ())


def packet(inside: str) -> str:
    xml = f"<x:xmpmeta xmlns:x='adobe:ns:meta/'>{inside}</x:xmpmeta>"
    return zlib.compress(xml.encode()).decode("latin-1")


def with_streams(*packets: str, how: str = "FlateDecode") -> bytes:
    """A file with a packed packet of properties for each of many pictures."""
    packed = f"/Type/Metadata/Subtype/XML/Filter/{how}"
    streams = {20 + number: pdf_by_hand.stream(one, packed) for number, one in enumerate(packets)}
    named = " ".join(f"{number} 0 R" for number in streams)
    return pdf_by_hand.page("", streams, catalog=f"/Pictures[{named}]")


def with_packets(*insides: str) -> bytes:
    return with_streams(*map(packet, insides))


PICTURES = [f"<Headline>Billede {number}</Headline>" for number in range(1_100)]


@pytest.mark.parametrize(
    "insides",
    [
        [*PICTURES[:200], f"<Headline>Vedr. {NUMBER}</Headline>"],
        [f"<History>{'<li>4</li>' * 150_000}</History><Headline>Vedr. {NUMBER}</Headline>"],
    ],
    ids=["many", "long"],
)
def test_properties_of_pictures_are_read_however_many_and_long(insides: list[str]) -> None:
    content = read(with_packets(*insides), "", ALLOWANCE)
    assert stands_in(content, NUMBER) == ["properties"]
    assert content.lacks == ()


@pytest.mark.parametrize(
    ("made", "cause"),
    [
        (lambda: with_packets(*PICTURES), Unreadable.TOO_MANY),
        (
            lambda: with_packets(*("<a>" + f"{number}" * 2_400_000 + "</a>" for number in range(5))),
            Unreadable.TOO_MANY,
        ),
        (lambda: with_packets("x" * 6_000_000), Unreadable.DAMAGED),
        (
            lambda: with_streams("\x80\x0b\x60\x50\x22\x0c\x0c\x85\x01", how="LZWDecode"),
            Unreadable.DAMAGED,
        ),
    ],
    ids=["too many", "too many bytes", "too large", "packed in another way"],
)
def test_properties_that_are_not_read_are_told_of(made: Callable[[], bytes], cause: Unreadable) -> None:
    data = made()
    begin = time.process_time()
    assert causes(read(data, "", ALLOWANCE)) == {cause}
    assert time.process_time() - begin < 4


def test_identifiers_of_versions_are_no_properties() -> None:
    inside = "<li>xmp.did:0A801174072068118083C5B3A2F1D8E0</li><li>D41D8CD98F00B204E9800998ECF8427E</li>"
    assert text_of(read(with_packets(inside), "", ALLOWANCE)) == ""


@pytest.mark.parametrize(
    "name",
    ["PatientID", "BorgerID", "SagsID", "FormatID", "Foedselsdato", "BirthDate", "DocumentID", "Producer"],
)
def test_a_number_in_a_property_is_read_whatever_its_name(name: str) -> None:
    rdf = 'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:pdfx="http://ns.adobe.com/pdfx/1.3/"'
    for inner in (
        f"<rdf:Description><pdfx:{name}>{NUMBER}</pdfx:{name}></rdf:Description>",
        f'<rdf:Description rdf:about="" pdfx:{name}="{NUMBER}"/>',
    ):
        xml = f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF {rdf}>{inner}</rdf:RDF></x:xmpmeta>'
        data = pdf_by_hand.page(
            "", {11: pdf_by_hand.stream(xml, "/Type/Metadata")}, catalog="/Metadata 11 0 R"
        )
        assert stands_in(read(data, "", ALLOWANCE), NUMBER) == ["properties"]
    if name not in NOISE:
        info = pdf_by_hand.page("", {11: f"<</{name}{TEXT}>>"}, catalog="/PieceInfo 11 0 R")
        assert stands_in(read(info, "", ALLOWANCE), NUMBER) == ["properties"]


def test_words_in_a_property_of_somebodys_own_are_read() -> None:
    own = {11: "<</PatientID(Sygemeldt: Ib)/MetadataDate(mandag)/DocumentID(sag ti)>>"}
    info = pdf_by_hand.page("", own, catalog="/PieceInfo 11 0 R")
    assert "PatientID: Sygemeldt: Ib" in text_of(read(info, "", ALLOWANCE))
    assert "mandag" not in text_of(read(info, "", ALLOWANCE))
    assert "sag ti" not in text_of(read(info, "", ALLOWANCE))


@pytest.mark.parametrize(
    "words", ["Pas, borger-ID: 010190", "Date: i morgen", "format: A4, part: to", "ID: sag ti"]
)
def test_words_for_a_picture_are_read_whatever_they_begin_with(words: str) -> None:
    tree = {11: "<</K[12 0 R]>>", 12: f"<</S/Figure/P 11 0 R/Alt({words})>>"}
    content = read(pdf_by_hand.page("", tree, catalog="/StructTreeRoot 11 0 R"), "", ALLOWANCE)
    assert stands_in(content, words) == ["alternative text"]


FILE = {
    11: "<</Type/Filespec/F(a.txt)/UF(a.txt)/EF<</F 12 0 R/UF 12 0 R>>>>",
    12: pdf_by_hand.stream(NUMBER, "/Type/EmbeddedFile"),
}
ASSETS = "/RichMediaContent<</Assets<</Names[(a.txt) 11 0 R]>>>>"


@pytest.mark.parametrize(
    "data",
    [
        pdf_by_hand.page("", FILE, catalog="/AF[11 0 R]"),
        pdf_by_hand.page("", FILE, names="/AF[11 0 R]"),
        pdf_by_hand.page("", {**FILE, 13: f"<<{NOTE}/Subtype/Text/AF[11 0 R]>>"}, names="/Annots[13 0 R]"),
        pdf_by_hand.page("", {**FILE, 13: f"<<{NOTE}/Subtype/RichMedia{ASSETS}>>"}, names="/Annots[13 0 R]"),
        pdf_by_hand.page("", FILE, catalog="/Names<</EmbeddedFiles<</Names[(a) 11 0 R]>>>>/AF[11 0 R]"),
    ],
)
def test_a_file_inside_is_handed_on_once_whoever_names_it(data: bytes) -> None:
    content = read(data, "", ALLOWANCE)
    assert [(file.name, file.data) for file in content.files] == [("a.txt", NUMBER.encode())]
    assert content.lacks == ()


def test_a_file_packed_in_an_unknown_way_is_told_of() -> None:
    packed = {**FILE, 12: pdf_by_hand.stream("x", "/Type/EmbeddedFile/Filter/JPXDecode")}
    assert causes(read(pdf_by_hand.page("", packed, catalog="/AF[11 0 R]"), "", ALLOWANCE)) == {
        Unreadable.DAMAGED
    }


def test_a_file_that_unfolds_without_end_is_told_of() -> None:
    bomb = zlib.compress(bytes(20_000_000), 9).decode("latin-1")
    packed = {**FILE, 12: pdf_by_hand.stream(bomb, "/Type/EmbeddedFile/Filter/FlateDecode")}
    content = read(pdf_by_hand.page("", packed, catalog="/AF[11 0 R]"), "", Allowance(10**6, 10, 10**6))
    assert content.files == ()
    assert content.lacks


@pytest.mark.parametrize("key", sorted(NOISE - {"Contents"}))
def test_dates_identifiers_and_names_of_programs_are_passed_over(key: str) -> None:
    data = pdf_by_hand.page("", {11: f"<</{key}{TEXT}>>"}, catalog="/PieceInfo 11 0 R")
    assert NUMBER not in text_of(read(data, "", ALLOWANCE))


def test_what_pages_and_forms_say_is_not_said_twice() -> None:
    content = read(pdf_files.document()[0], "", ALLOWANCE)
    beside = [p.text for p in content.passages if p.place in ("note", "alternative text", "signature")]
    assert beside == []


def test_words_in_streams_are_no_strings() -> None:
    content = read(pdf_by_hand.page("", {11: pdf_by_hand.stream(f"/Alt{TEXT}")}), "", ALLOWANCE)
    assert stands_in(content, NUMBER) == []


@pytest.mark.slow
def test_a_large_tree_that_bites_its_tail_ends_in_time() -> None:
    tree = {
        n: f"<</S/Figure/P {n + 1} 0 R/K[{n - 1} 0 R 12 0 R]/Alt(Billede {n})>>" for n in range(12, 8_000)
    }
    data = pdf_by_hand.page("", {11: "<</K 12 0 R>>", **tree}, catalog="/StructTreeRoot 11 0 R")
    begin = time.process_time()
    assert "Billede 7999" in text_of(read(data, "", ALLOWANCE))
    assert time.process_time() - begin < 2
