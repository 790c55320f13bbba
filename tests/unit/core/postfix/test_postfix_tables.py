"""Lookup tables, read as far as their actions and addresses."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from segl.postfix import tables as tables_module
from segl.postfix.check_forwards import addresses_in
from segl.postfix.tables import (
    Entry,
    Table,
    TableUnread,
    entries,
    logical_lines,
    look_up,
    policy_services_in,
    tables_in,
)


@pytest.mark.parametrize(
    ("value", "tables"),
    [
        ("", []),
        ("permit_mynetworks, reject_rbl_client zen.spamhaus.org=127.0.0.[2..11], reject", []),
        ("check_policy_service unix:private/policy", ["unix:private/policy"]),
        ("check_client_access hash:/a, { check_sender_access regexp:/b }", ["hash:/a", "regexp:/b"]),
        (
            "proxy:ldap:/etc/ldap.cf proxy:unionmap:{hash:/a,inline:{b=c}}",
            ["ldap:/etc/ldap.cf", "hash:/a", "inline:{b=c}"],
        ),
        ("pipemap:{static:x, hash:/y}", ["static:x", "hash:/y"]),
        ("debug:regexp:/hc proxy:debug:hash:/a", ["regexp:/hc", "hash:/a"]),
        ("127.0.0.0/8 [::1]/128 inet:localhost:8891", []),
    ],
)
def test_tables_named_in_a_parameter(value: str, tables: list[str]) -> None:
    assert [str(table) for table in tables_in(value)] == tables


@pytest.mark.parametrize(
    ("value", "servers"),
    [
        ("", []),
        ("permit_mynetworks, check_client_access hash:/a, reject", []),
        ("check_policy_service unix:private/policyd, permit", ["unix:private/policyd"]),
        ("Check_Policy_Service inet:127.0.0.1:10031", ["inet:127.0.0.1:10031"]),
        ("check_policy_service { inet:[::1]:10031, timeout=5s, default_action=DUNNO }", ["inet:[::1]:10031"]),
        (
            "{ check_policy_service unix:/run/a } { check_policy_service unix:/run/b }",
            ["unix:/run/a", "unix:/run/b"],
        ),
        ("permit, check_policy_service", []),
    ],
)
def test_policy_services_named_in_a_list(value: str, servers: list[str]) -> None:
    assert list(policy_services_in(value)) == servers


@pytest.mark.parametrize(
    ("kind", "text", "found"),
    [
        ("regexp", "/^Subject: x/  FILTER smtp:\n", [("/^Subject: x/", "FILTER smtp:")]),
        ("regexp", "# /x/ FILTER y:\n\n!/a\\/b/ix\n   REJECT\n  no\n", [("/a\\/b/", "REJECT no")]),
        ("pcre", "if /^To:/\n%x%  DUNNO\nendif\n", [("%x%", "DUNNO")]),
        ("cidr", "10.0.0.0/8  FILTER a:b\n192.0.2.1\n", [("10.0.0.0/8", "FILTER a:b"), ("192.0.2.1", "")]),
        ("regexp", "/never closed\n", [("/never closed", "")]),
        ("regexp", "/ends in a backslash\\", [("/ends in a backslash\\", "")]),
        ("regexp", "!\n", [("", "")]),
    ],
)
def test_pattern_tables(tmp_path: Path, kind: str, text: str, found: list[tuple[str, str]]) -> None:
    file = tmp_path / "table"
    file.write_text(text, "utf-8")
    assert [(e.key, e.value) for e in entries(Table(kind, str(file)), tmp_path)] == found


def test_patterns_in_main_cf() -> None:
    assert entries(Table("regexp", "{ {/x/ FILTER a:b}, {/y{2}/ OK} }"), Path()) == (
        Entry("/x/", "FILTER a:b"),
        Entry("/y{2}/", "OK"),
    )
    assert entries(Table("static", "{FILTER a:b}"), Path()) == (Entry("*", "FILTER a:b"),)
    assert entries(Table("randmap", "{a, b}"), Path()) == (Entry("*", "a"), Entry("*", "b"))


def test_a_file_that_is_not_text_is_read_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "table").write_bytes(b"\xff\xfe/x/ FILTER a:\x00\n")
    assert entries(Table("regexp", str(tmp_path / "table")), tmp_path)


@pytest.mark.parametrize(
    "table", [Table("ldap", "/x"), Table("mysql", "/x"), Table("socketmap", "unix:/x:y")]
)
def test_what_asks_a_server_cannot_be_listed(table: Table) -> None:
    with pytest.raises(TableUnread, match="cannot be listed"):
        entries(table, Path())


@pytest.mark.parametrize("kind", ["regexp", "hash", "lmdb", "texthash"])
def test_a_missing_file_is_told_at_once(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # It would sleep for a second before it ends.
    monkeypatch.setattr(tables_module, "run_postfix", pytest.fail)
    with pytest.raises(TableUnread, match="cannot be opened"):
        entries(Table(kind, "/nowhere/table"), Path())


def test_a_table_that_became_one_of_another_library_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Postfix 3.11 can take ``hash:`` for ``lmdb:`` where Berkeley DB is gone."""
    (tmp_path / "table.lmdb").touch()
    done = CompletedProcess([], 0, "a\tb\n", "")
    monkeypatch.setattr(tables_module, "run_postfix", lambda *_: done)
    assert [entry.key for entry in entries(Table("hash", f"{tmp_path}/table"), tmp_path)] == ["a"]


def test_logical_lines() -> None:
    assert list(logical_lines(" a\n b\n#c\n\nd\n  #e\n  f\n")) == ["a b", "d f"]


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        ("anna, bo@a.example", ["bo@a.example"]),
        ('"|/usr/bin/vacation -a x@b.example anna", \\anna, c@d.example', ["c@d.example"]),
        ("|/usr/bin/filter x@b.example", []),
        ("/var/mail/archive, :include:/etc/list", []),
        ("<a@b.example>,\n# x@y.example\nc@d.example", ["a@b.example", "c@d.example"]),
        ("$1@andre.example", ["$1@andre.example"]),
    ],
)
def test_addresses_of_an_alias(text: str, addresses: list[str]) -> None:
    assert addresses_in(text) == addresses


def test_what_stands_in_a_parameter_is_asked_about_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The canaries look at both instances each minute, and a dozen services have the same patterns."""
    asked: list[str] = []

    def run(command: Sequence[str], seconds: float, given: str) -> CompletedProcess[str]:
        asked.append(command[-1])
        return CompletedProcess(list(command), 0, "".join(f"{key}\tOK\n" for key in given.split()), "")

    monkeypatch.setattr(tables_module, "run_postfix", run)
    patterns, file, pairs = "regexp:{{/asked once/ OK}}", "regexp:/not/there", "inline:{a=OK}"
    for config in (tmp_path / "front", tmp_path / "secure"):
        for value in (patterns, file, pairs):
            assert look_up(value, ["a", "b"], config) == {"a": "OK", "b": "OK"}
    assert asked == [patterns, file, pairs, file]
    assert look_up(patterns, ["c"], tmp_path) == {"c": "OK"}, "another key is another question"


def test_patterns_that_cannot_be_asked_about_may_be_the_next_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = ["postmap: fatal: out of memory", ""]
    monkeypatch.setattr(
        tables_module, "run_postfix", lambda command, *_: CompletedProcess(command, 1, "a\tOK\n", told.pop(0))
    )
    patterns = "regexp:{{/asked in vain/ OK}}"
    with pytest.raises(TableUnread, match="out of memory"):
        look_up(patterns, ["a"], tmp_path)
    assert look_up(patterns, ["a"], tmp_path) == {"a": "OK"}
