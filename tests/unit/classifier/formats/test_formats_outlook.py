"""Outlook's own files: .msg and winmail.dat, with every body, everybody named, and what is attached."""

from __future__ import annotations

import random
import struct
import time

import pytest

from corpus import office_files
from corpus.compound import message
from corpus.reading import ALLOWANCE, WITH_OCR, causes, stands_in, text_of
from corpus.tnef_by_hand import attribute, properties, winmail
from segl.vocabulary import Unreadable
from segl_classifier.formats import compound as ole
from segl_classifier.formats.content import Content
from segl_classifier.formats.outlook import message as outlook
from segl_classifier.formats.outlook import tnef
from segl_classifier.formats.rtf.compressed import unfold

RICH = b"{\\rtf1\\ansi\\ansicpg1252 Krop med 070190-1237 \\'e6\\par}"
# The example of MS-OXRTFCP §3.1.1.
PACKED = bytes.fromhex(
    "2d0000002b0000004c5a4675f1c5c7a7 03000a00726370673132354232 0af32068656c090020627705b06c647d 0a800fa0"
)


def wide(text: str) -> bytes:
    return text.encode("utf-16-le")


def plain_rtf(rich: bytes) -> bytes:
    """Rich text in the envelope of compressed rich text, not compressed."""
    return struct.pack("<II4sI", len(rich) + 12, len(rich), b"MELA", 0) + rich


INNER = "__attach_version1.0_#00000002/3701000D"
STREAMS = {
    "0037001F": wide("Emne 010190-1231"),
    "1000001F": wide("Krop med 020190-1232"),
    "10130102": "<p>HTML 0301<b>90</b>-1233 æ".encode("cp1252"),
    "10090102": plain_rtf(RICH),
    "0C1A001F": wide("Afsender 040190-1234"),
    "8005001F": wide("Sag 100190-1240"),
    "007D001F": wide("Subject: Emne\r\nX-Sag: 050190-1235\r\n"),
    "8007101F": struct.pack("<II", 12, 44),  # categories: how long each is
    "8007101F-00000000": wide("Vigtig"),
    "8007101F-00000001": wide("Sygemeldt 110190-1241"),
    "__recip_version1.0_#00000000/3A20001F": wide("Bo 120190-1242"),
    "__attach_version1.0_#00000000/370D001F": wide("P:\\Sager\\130190-1243\\brev.docx"),
    "__recip_version1.0_#00000000/3001001F": wide("Bo Ærø 060190-1236"),
    "__attach_version1.0_#00000000/3707001F": wide("080190-1238 lang.txt"),
    "__attach_version1.0_#00000000/3704001F": wide("KORT.TXT"),
    "__attach_version1.0_#00000000/37010102": b"indhold" * 1000,
    f"{INNER}/__properties_version1.0": bytes(24),
    f"{INNER}/0037001F": wide("Indre 090190-1239"),
    f"{INNER}/__attach_version1.0_#00000000/3707001F": wide("inderst.pdf"),
    f"{INNER}/__attach_version1.0_#00000000/37010102": b"%PDF-1.7",
}


@pytest.mark.parametrize("number", [f"{day:02}0190-{1230 + day}" for day in range(1, 14)])
def test_a_number_is_found_wherever_it_stands(number: str) -> None:
    assert stands_in(outlook.read(message(STREAMS), "", ALLOWANCE), number)


def test_a_sound_message_lacks_nothing_and_hands_on_its_files() -> None:
    content = outlook.read(message(STREAMS), "", ALLOWANCE)
    assert content.lacks == ()
    assert [(file.name, file.data[:7]) for file in content.files] == [
        ("080190-1238 lang.txt", b"indhold"),
        ("inderst.pdf", b"%PDF-1."),
    ]
    assert stands_in(content, "010190-1231") == ["subject"]
    assert stands_in(content, "090190-1239") == ["attached message, subject"]
    assert stands_in(content, "110190-1241") == ["other fields"]
    assert stands_in(content, "130190-1243") == ["fields of an attachment"]


def test_categories_of_an_old_message_are_in_its_code_page() -> None:
    properties = bytes(32) + struct.pack("<HHII4x", 3, 0x3FFD, 0, 1251)
    streams = {"8007101E-00000000": "Привет".encode("cp1251"), "__properties_version1.0": properties}
    assert text_of(outlook.read(message(streams), "", ALLOWANCE)) == "Привет"


def test_the_type_of_an_attachment_says_nothing() -> None:
    attach = "__attach_version1.0_#00000000"
    streams = {f"{attach}/3703001F": wide(".txt"), f"{attach}/370E001F": wide("text/plain")}
    content = outlook.read(
        message({**streams, f"{attach}/37010102": b"Hej", "0037001F": wide("x")}), "", ALLOWANCE
    )
    assert text_of(content) == "x"


def test_a_message_is_known_among_compound_files() -> None:
    assert ole.read(message(STREAMS), "", ALLOWANCE) == outlook.read(message(STREAMS), "", ALLOWANCE)


def test_the_same_words_in_three_bodies_are_kept_once() -> None:
    streams = {
        "1000001F": wide("Kære Bo\r\ndit nummer er 010190-1234"),
        "10130102": b"<p>K&aelig;re Bo</p><p>dit nummer er 010190-1234</p>",
        "10090102": plain_rtf(b"{\\rtf1 K\\'e6re Bo\\par dit nummer er 010190-1234\\par}"),
    }
    assert stands_in(outlook.read(message(streams), "", ALLOWANCE), "010190-1234") == [""]


def test_strings_of_an_old_message_are_in_its_code_page() -> None:
    properties = bytes(32) + struct.pack("<HHII4x", 3, 0x3FFD, 0, 1251)
    streams = {"0037001E": "Привет".encode("cp1251"), "__properties_version1.0": properties}
    assert text_of(outlook.read(message(streams), "", ALLOWANCE)) == "Привет"


def test_a_picture_shown_in_the_body_is_decoration_when_small() -> None:
    picture = office_files.large_png(9_000)
    attach = "__attach_version1.0_#00000000"
    shown = {
        f"{attach}/37010102": picture,
        f"{attach}/3712001F": wide("logo@x"),
        f"{attach}/3707001F": wide("logo.png"),
    }
    attached = {name: data for name, data in shown.items() if "3712" not in name}
    assert outlook.read(message(shown), "", ALLOWANCE).files == ()
    assert len(outlook.read(message(shown), "", WITH_OCR).files) == 1
    assert len(outlook.read(message(attached), "", ALLOWANCE).files) == 1


def test_messages_in_messages_end() -> None:
    streams, path = {}, ""
    for _ in range(14):
        path += f"{INNER}/"
        streams[f"{path}__properties_version1.0"] = bytes(24)
        streams[f"{path}0037001F"] = wide("x")
    content = outlook.read(message(streams), "", ALLOWANCE)
    assert causes(content) == {Unreadable.TOO_DEEP}


def test_compressed_rich_text_is_unfolded() -> None:
    assert unfold(PACKED) == b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"
    assert unfold(PACKED[:30]) is not None
    assert unfold(b"") is None
    assert unfold(b"x" * 40) is None


def categories(*values: str) -> bytes:
    """One property with several strings, known by its name."""
    raws = [wide(value + "\0") for value in values]
    name = bytes(16) + struct.pack("<II", 1, 18) + wide("Keywords\0") + bytes(2)
    out = struct.pack("<IHH", 1, 0x101F, 0x8007) + name + struct.pack("<I", len(raws))
    return out + b"".join(struct.pack("<I", len(raw)) + raw + bytes(-len(raw) % 4) for raw in raws)


INSIDE = winmail(attribute(1, 0x8004, b"Indre 080190-1238\0"))
IID_MESSAGE = bytes.fromhex("0703020000000000c000000000000046")
WINMAIL = winmail(
    attribute(1, 0x9007, struct.pack("<II", 1252, 0)),
    attribute(1, 0x8004, "Emne æ 010190-1231\0".encode("cp1252")),
    attribute(1, 0x800C, b"Krop 020190-1232\0"),
    attribute(
        1,
        0x9003,
        properties(
            {0x1009: plain_rtf(RICH), 0x1013: b"<p>0301<i>90-12</i>33</p>", 0x0C1A: "Afsender 040190-1234"}
        ),
    ),
    attribute(
        1,
        0x9004,
        struct.pack("<I", 1) + properties({0x3001: "Modtager 050190-1235", 0x3A20: "Bo 090190-1239"}),
    ),
    attribute(1, 0x9003, categories("Vigtig", "Sygemeldt 100190-1240")),
    attribute(2, 0x9002, bytes(14)),
    attribute(2, 0x8010, b"KORT.TXT\0"),
    attribute(2, 0x800F, b"indhold"),
    attribute(2, 0x9005, properties({0x3707: "060190-1236 lang.txt", 0x370D: "P:\\110190-1241\\brev.docx"})),
    attribute(2, 0x9002, bytes(14)),
    attribute(2, 0x9005, properties({0x3701: IID_MESSAGE + INSIDE})),
)


@pytest.mark.parametrize("day", range(1, 12))
def test_a_number_is_found_wherever_it_stands_in_winmail(day: int) -> None:
    content = tnef.read(WINMAIL, "winmail.dat", ALLOWANCE)
    assert stands_in(content, f"{day:02}0190-{1230 + day}"), text_of(content)


def test_a_sound_winmail_lacks_nothing_and_hands_on_its_files() -> None:
    content = tnef.read(WINMAIL, "winmail.dat", ALLOWANCE)
    assert content.lacks == ()
    assert [(file.name, file.data) for file in content.files] == [("060190-1236 lang.txt", b"indhold")]
    assert stands_in(content, "080190-1238") == ["attached message, subject"]


@pytest.mark.parametrize("behind", [bytes(100), b"\0", b"\r\n", b""])
def test_padding_behind_the_end_of_winmail_is_nothing(behind: bytes) -> None:
    assert tnef.read(WINMAIL + behind, "", ALLOWANCE).lacks == ()


@pytest.mark.parametrize(
    "behind",
    [attribute(3, 0x800C, b"Krop 010190-1234"), bytes(20) + INSIDE, b"\1\2\3"],
    ids=["another level", "behind zeros", "a few bytes"],
)
def test_what_is_not_understood_behind_the_end_of_winmail_is_damaged(behind: bytes) -> None:
    content = tnef.read(WINMAIL + behind, "", ALLOWANCE)
    assert causes(content) == {Unreadable.DAMAGED}
    assert stands_in(content, "110190-1241")  # what stands before it is read


@pytest.mark.parametrize("part", range(20))
def test_winmail_cut_off_is_damaged_or_ends_between_two_parts(part: int) -> None:
    content = tnef.read(WINMAIL[: len(WINMAIL) * part // 20], "", ALLOWANCE)
    assert causes(content) <= {Unreadable.DAMAGED}


def test_winmail_in_winmail_ends() -> None:
    data = INSIDE
    for _ in range(30):
        data = winmail(
            attribute(2, 0x9002, b""), attribute(2, 0x9005, properties({0x3701: IID_MESSAGE + data}))
        )
    assert causes(tnef.read(data, "", ALLOWANCE)) == {Unreadable.TOO_DEEP}


def test_counts_that_lie_are_damaged() -> None:
    many = struct.pack("<I", 0xFFFFFFFF) + struct.pack("<HHII", 31, 0x0037, 0xFFFFFFFF, 4) + b"a\0\0\0"
    assert causes(tnef.read(winmail(attribute(1, 0x9003, many)), "", ALLOWANCE)) == {Unreadable.DAMAGED}


@pytest.mark.parametrize("read", [tnef.read, outlook.read])
def test_flipped_bytes_end_in_time_and_without_a_traceback(read: object) -> None:
    data = WINMAIL if read is tnef.read else message(STREAMS)
    chance = random.Random(3)
    for _ in range(60):
        flipped = bytearray(data)
        for _ in range(chance.randint(1, 20)):
            flipped[chance.randrange(len(flipped))] = chance.choice((0, 255, chance.randrange(256)))
        begin = time.process_time()
        content = read(bytes(flipped), "", ALLOWANCE)  # type: ignore[operator]
        assert isinstance(content, Content)
        assert time.process_time() - begin < 2
