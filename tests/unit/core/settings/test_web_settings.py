"""``[portal.web]`` and ``[[portal.look]]``: what they take, and what they refuse with a word on how to write it."""

from __future__ import annotations

from typing import Any

import pytest

from segl.errors import SettingsError
from segl.settings.document import Settings
from segl.settings.file import parse_settings


def settings(portal: dict[str, Any]) -> Settings:
    return parse_settings(
        {"organisation": {"name": "Nordby Vandværk", "domains": ["nordby.example"]}, "portal": portal}
    )


def test_the_portal_listens_on_a_unix_socket_unless_told_otherwise() -> None:
    web = settings({}).portal.web
    assert web.is_socket
    assert not web.speaks_tls


def test_looks_keep_their_order_and_their_domains() -> None:
    looks = [{"name": "Fælles"}, {"domains": ["Nordby.Example"], "colour": "#00AA55"}]
    first, second = settings({"look": looks}).portal.look
    assert first.domains == ()
    assert second.domains == ("nordby.example",)
    assert second.colour == "#00aa55"


@pytest.mark.parametrize(
    ("portal", "key", "hint"),
    [
        ({"web": {"listen": "8080"}}, "portal.web.listen", "127.0.0.1:8443"),
        ({"web": {"listen": "localhost:99999"}}, "portal.web.listen", "127.0.0.1:8443"),
        ({"web": {"trusted_proxies": ["the web server"]}}, "portal.web.trusted_proxies", "10.0.0.0/8"),
        ({"web": {"header_seconds": 0}}, "portal.web.header_seconds", ""),
        ({"web": {"prot": 1}}, "portal.web.prot", ""),
        ({"look": [{"colour": "blue"}]}, "portal.look.1.colour", "#0b4f6c"),
        ({"look": [{"name": "Nordby\nVand"}]}, "portal.look.1.name", "one line"),
        ({"look": [{"privacy_url": "javascript:alert(1)"}]}, "portal.look.1.privacy_url", ""),
    ],
)
def test_what_cannot_be_used_is_refused_by_name(portal: dict[str, Any], key: str, hint: str) -> None:
    with pytest.raises(SettingsError) as refused:
        settings(portal)
    text = refused.value.private
    assert key in text
    assert hint in text
