"""Names under which anybody gets a domain."""

from __future__ import annotations

from pathlib import Path

import pytest

from segl.public_suffixes import Suffixes, public_suffixes

LIST = """// ===BEGIN ICANN DOMAINS===
uk
co.uk  // firms
*.ck
!www.ck
個人.hk
***

"""


@pytest.mark.parametrize(
    ("domain", "is_one"),
    [
        ("dk", True),
        ("co.uk", True),
        ("firma.co.uk", False),
        ("uk", True),
        ("gov.ck", True),
        ("www.ck", False),
        ("a.gov.ck", False),
        ("xn--gmqw5a.hk", True),
        ("kommune.dk", False),
    ],
)
def test_rules_wildcards_and_exceptions_are_heeded(domain: str, *, is_one: bool) -> None:
    assert Suffixes.parse(LIST).has(domain) is is_one


@pytest.mark.parametrize("content", [None, b"", b"\xff\xfe\x00junk\x00" * 1000])
def test_without_a_usable_list_top_level_domains_are_known(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "list.dat"
    if content is not None:
        file.write_bytes(content)
    found = public_suffixes(file)
    assert found.has("dk")
    assert not found.has("co.uk")
