"""Orders to printers and terminals among the letters of a text."""

from __future__ import annotations

import pytest

from corpus.unfolded import Whole


@pytest.mark.parametrize(
    "text",
    [
        "\x1bE\x1b&l0O CPR-nr. \x1b(s3B070761\x1b(s0B-4285\r\n\x1bE",
        "\x1bE\x1b(s0p16.67h0s0b0TCPR-nr. \x1b*p300x40Y070761\x1b&a+0H-4285",
        "\x1b@CPR-nr.: \x1bE07\x1bF0761-4285\r\n\x0c",
        "CPR-nr.: \x1bW10707\x1bW061-4285",
        "CPR: \x1b[1;31m070761\x1b[0m-4285 slettet",
    ],
)
def test_a_number_is_read_as_it_is_printed(text: str) -> None:
    read = Whole("udskrift.prn", text.encode("cp865"), "application/octet-stream")
    assert "070761-4285" in str(read)
    assert read.numbers
