"""HTML that is attached: what its scripts hold as base64 is opened, and a page that decrypts itself is told of."""

from __future__ import annotations

import base64
import time
from random import Random

import pytest

from corpus.unfolded import Read

CPR = b"Ib Holm har CPR 070761-4285. "
DARK = Random(1).randbytes(6_000)


def coded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def read(page: str, *, attached: bool = True) -> Read:
    name = "a.html" if attached else ""
    return Read(name, page.encode(), "text/html", charset="utf-8", attached=attached)


def page(script: str) -> str:
    return f"<html><body><p>Rapport</p><script>{script}</script></body></html>"


@pytest.mark.parametrize("script", ['document.write(atob("{}"))', "var d='{}';f(d)", 'x={{"data":"{}"}}'])
def test_text_that_a_script_holds_as_base64_is_read(script: str) -> None:
    assert read(page(script.format(coded(CPR * 20)))).numbers
    assert not read(page(script.format(coded(b"Ib Holm har set pumpen i dag. " * 20)))).numbers


@pytest.mark.parametrize(
    "script",
    [
        f'document.write(atob("{coded(b"<p>CPR 070761-4285</p>")}"))',
        f"document.write(atob('{coded(b'<p>CPR 0707<b>61</b>-4285</p>')}'))",
        "document.write(unescape('CPR %u0030%u0037%u0030%u0037%u0036%u0031%2d4285'))",
        r"t = 'CPR \x30\x37\x30\x37\x36\x31-4285'",
        r"t = 'CPR \u0030\u0037\u0030\u0037\u0036\u0031-4285'",
        f"t = String.fromCharCode({', '.join(str(ord(c)) for c in 'CPR 070761-4285')})",
        f"t = String.fromCharCode({','.join(hex(ord(c)) for c in 'CPR 070761-4285')})",
    ],
)
def test_words_that_a_script_writes_in_codes_are_read(script: str) -> None:
    assert read(page(script)).numbers


@pytest.mark.parametrize(
    "script",
    [
        r"/[\xaa\xb5\xba\xc0-\xd6]/",
        "s=atob(x)",
        'atob("AAECAwQFBgcICQ==")',
        "String.fromCharCode(13,10,9,32)",
    ],
)
def test_tables_of_letters_and_bytes_say_nothing(script: str) -> None:
    assert not [text for text in read(page(script)) if script not in text.text and text.text != "Rapport"]


@pytest.mark.parametrize("data", [coded(DARK), DARK.hex(), DARK.hex().upper()])
def test_a_page_that_decrypts_itself_is_encrypted(data: str) -> None:
    assert read(page(f'var d="{data}"; crypto.subtle.decrypt(a, k, d)')).causes == ["unreadable.encrypted"]
    assert read(page(f'var d="{data}"') + page("function decrypt(){}")).causes == ["unreadable.encrypted"]
    assert read(page(f'var d="{data}"; f(d)')).causes == ["unreadable.unknown-type"]


@pytest.mark.parametrize(
    "script",
    [
        f"@import url(data:font/woff2;base64,{coded(DARK)})",
        f"var f='data:application/vnd.ms-fontobject;base64,{coded(DARK)}'",
        f'var w="{coded(b"wOF2" + DARK)}"',
        'WebAssembly.instantiate(b("' + coded(b"\0asm" + DARK) + '"))',
        'var hash="' + coded(DARK[:600]) + '"',
        'var digest="' + DARK[:2_000].hex() + '"',
        "!function(e,t){"
        + "".join(f"var a{n}=e.t{n}(function(){{return t[{n}]}});" for n in range(2_000))
        + "}()",
    ],
)
def test_fonts_and_programs_of_an_ordinary_page_are_no_gap(script: str) -> None:
    found = read(page(script))
    assert (found.causes, found.numbers) == ([], 0)


def test_scripts_in_a_letter_are_not_run() -> None:
    assert not read(page(f'd="{coded(DARK)}"'), attached=False).causes


@pytest.mark.slow
@pytest.mark.parametrize(
    "script",
    [
        "a+" * 500_000,
        "0a" * 400_000 + "g",
        f'"{coded(b"xyz1" * 250)}",' * 400,
        r"\x41" * 200_000,
        "fromCharCode(1," * 50_000,
        'atob("AAAAAAAA' * 50_000,
    ],
)
def test_long_scripts_take_no_time(script: str) -> None:
    started = time.process_time()
    read(page(script))
    assert time.process_time() - started < 20
