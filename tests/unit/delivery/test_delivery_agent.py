"""What an agent is told of a message."""

from __future__ import annotations

import pytest

from segl.vocabulary import Envelope
from segl_delivery.agent import Delivery


@pytest.mark.parametrize(
    ("header", "name"),
    [
        (b"X-Segl-Id: 0f1e2d\r\n", "0f1e2d"),
        (b"x-segl-id:0f\r\nX-Segl-Id: 1e\r\n", "0f"),
        (b"X-Segl-Id: 0f RET=FULL\r\n", ""),
        (b"X-Segl-Id: " + b"a" * 65 + b"\r\n", ""),
        (b"X-Segl-Id: \xff\r\n", ""),
        (b"Subject: x\r\n\r\nX-Segl-Id: 0f\r\n", ""),
    ],
)
def test_a_message_is_named_by_the_milter(header: bytes, name: str) -> None:
    assert Delivery(Envelope("anna@nordby.example", ()), header + b"\r\n").envelope_id == name
