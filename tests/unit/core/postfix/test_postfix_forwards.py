"""`segl doctor` names every alias, forward and blind copy that leads outside, and no other."""

from __future__ import annotations

import os
import pwd
import subprocess
import time
from pathlib import Path

import pytest

from segl.postfix import check_forwards
from segl.postfix.check import Check, State
from segl.postfix.check_forwards import addresses_in, forward_checks
from world.installation import Installation
from world.needs import POSTFIX, ROOT

pytestmark = POSTFIX
OK, WARN, UNKNOWN = State.OK, State.WARN, State.UNKNOWN
PRIVATE = "bo.privat@andre.example"
USERS = "mydestination=users.example"  # a name of the host that is neither myhostname nor localhost


def named(site: Installation) -> list[Check]:
    return list(forward_checks(site.setup))


def states(site: Installation) -> set[State]:
    return {check.state for check in named(site)}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The home of the host's one user, bo."""
    own = pwd.getpwuid(os.getuid())
    user = pwd.struct_passwd(("bo", "x", own.pw_uid, own.pw_gid, "", str(tmp_path), "/bin/sh"))
    monkeypatch.setattr("segl.postfix.check_forwards.pwd.getpwall", lambda: [user])
    return tmp_path


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        ("anna, bo@andre.example", ["bo@andre.example"]),
        ("@andre.example", ["@andre.example"]),
        ("bo@blåbær.example, eva@ærø.example", ["bo@blåbær.example", "eva@ærø.example"]),
        ('"a b"@andre.example', ['"a b"@andre.example']),
        ('"bo@andre.example"', ["bo@andre.example"]),
        ("<bo@andre.example>;eva@x.example", ["bo@andre.example", "eva@x.example"]),
        ('"|/usr/bin/page x@andre.example"', []),
        ("|/usr/bin/page x@andre.example", []),
        ("# bo@andre.example", []),
        ("anna @ home", []),
    ],
)
def test_addresses_on_the_right_hand_side(text: str, addresses: list[str]) -> None:
    assert addresses_in(text) == addresses


def test_forward_files_of_users_count_where_mail_is_local(site: Installation, home: Path) -> None:
    (home / ".forward").write_text(f"\\anna, {PRIVATE}\n", "utf-8")
    [found] = named(site)
    assert found.state is WARN
    assert PRIVATE in found.found


@pytest.mark.parametrize(
    ("parameters", "state"),
    [
        # a small house: virtual aliases lead to users of the host
        ((USERS, "virtual_alias_maps=inline:{post@nordby.example=bo}"), WARN),
        ((USERS, "virtual_alias_maps=inline:{post@nordby.example=Bo@users.example}"), WARN),
        ((USERS, "virtual_alias_maps=inline:{{post@nordby.example=eva, bo}}"), WARN),
        ((USERS, "virtual_alias_maps=regexp:{{/^post@/ bo}}"), WARN),
        (("mydestination=inline:{nordby.example=x}",), WARN),
        # a gateway or a house of virtual mailboxes: no own address leads to them
        ((USERS,), OK),
        ((USERS, "virtual_alias_maps=inline:{post@nordby.example=eva}"), OK),
        ((USERS, "virtual_alias_maps=inline:{post@nordby.example=bo@nordby.example}"), OK),
        # but bo@mail.nordby.example and bo@localhost are let in where they end here: by local(8), which reads the file
        (("mydestination=mail.nordby.example",), WARN),
        (("mydestination=$myhostname", "myhostname=Mail.Nordby.Example"), WARN),
        (("mydestination=localhost",), WARN),
        (("mydestination=regexp:{{/^mail\\./ x}}",), WARN),
        (("mydestination=localhost, mail.nordby.example", "local_transport=lmtp:unix:private/dovecot"), OK),
        (("mydestination=localhost", "transport_maps=inline:{localhost=lmtp:unix:private/dovecot}"), OK),
        (("mydestination=localhost", "transport_maps=hash:/nowhere"), WARN),
        (("mydestination=",), OK),
    ],
)
def test_forward_files_count_where_own_addresses_lead_to_users(
    site: Installation, home: Path, parameters: tuple[str, ...], state: State
) -> None:
    (home / ".forward").write_text(PRIVATE, "utf-8")
    for parameter in parameters:
        site.front("-e", parameter)
    assert states(site) == {state}


def test_also_below_an_own_domain_and_behind_an_alias(site: Installation, home: Path) -> None:
    (home / ".forward").write_text(PRIVATE, "utf-8")
    site.front("-e", "mydestination=users.nordby.example")
    site.tables["organisation"] = {"subdomains": True}
    try:
        assert states(site) == {WARN}
    finally:
        del site.tables["organisation"]
    site.append("aliases", "vagt: drift\ndrift: bo\n")
    aliases = site.front_directory / "aliases"
    command = ["postalias", "-c", str(site.front_directory), f"hash:{aliases}"]
    subprocess.run(command, check=True, capture_output=True, env={"PATH": "/usr/sbin:/usr/bin:/bin"})
    site.front("-e", f"alias_maps=hash:{aliases}")
    assert states(site) == {OK}
    site.front("-e", "virtual_alias_maps=inline:{post@nordby.example=vagt}")
    assert states(site) == {WARN}


@pytest.mark.parametrize(("name", "state"), [(".forward+privat", WARN), (".forward-privat", OK)])
def test_a_forward_file_of_an_extension_counts(
    site: Installation, home: Path, name: str, state: State
) -> None:
    (home / name).write_text(PRIVATE, "utf-8")
    assert states(site) == {OK}
    site.front("-e", "recipient_delimiter=+")
    assert states(site) == {state}


def test_forward_files_may_lie_elsewhere(site: Installation, home: Path) -> None:
    (home / "bo.fwd").write_text(PRIVATE, "utf-8")
    site.front("-e", f"forward_path={home}/${{user}}.fwd, $home/.forward")
    assert states(site) == {WARN}
    site.front("-e", "forward_path=")
    assert states(site) == {OK}


@ROOT
@pytest.mark.parametrize(("mode", "counts"), [(0o644, True), (0o600, False)])
def test_a_forward_file_that_root_put_there_counts_as_it_does_for_postfix(
    site: Installation, home: Path, monkeypatch: pytest.MonkeyPatch, mode: int, counts: bool
) -> None:
    """local(8) reads it as the user, and objects to an owner who is neither (tried)."""
    user = pwd.struct_passwd(("bo", "x", 12345, 12345, "", str(home), "/bin/sh"))
    monkeypatch.setattr("segl.postfix.check_forwards.pwd.getpwall", lambda: [user])
    file = home / ".forward"
    file.write_text(PRIVATE, "utf-8")
    file.chmod(mode)
    assert states(site) == {WARN if counts else OK}
    os.chown(file, 12346, 12346)
    assert states(site) == {OK}
    file.unlink()
    secret = home / "secret"
    secret.write_text(PRIVATE, "utf-8")
    file.symlink_to(secret)
    assert states(site) == {OK}, "a link must not show what the user may not read"


def test_a_forward_file_that_is_a_trap_does_not_hang_the_doctor(site: Installation, home: Path) -> None:
    os.mkfifo(home / ".forward")
    assert states(site) == {OK}
    (home / ".forward").unlink()
    (home / ".forward").symlink_to("/dev/zero")
    assert states(site) == {OK}


def test_homes_that_may_not_be_read_are_told_of(
    site: Installation, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(*_: object) -> str:
        raise PermissionError

    monkeypatch.setattr(check_forwards, "_small_text", denied)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    [found] = named(site)
    assert found.state is UNKNOWN
    assert "1 home directories" in found.found


def test_aliases_and_included_lists_count(site: Installation, tmp_path: Path) -> None:
    included, further = tmp_path / "bestyrelse", tmp_path / "suppleanter"
    included.write_text(
        f"# list, as :include:{tmp_path}/none\nbo@nordby.example\n:Include: {further}\ncarla@andre.example\n",
        "utf-8",
    )
    further.write_text(f"dorte@andre.example\n:include:{included}\n", "utf-8")  # round and round
    site.append(
        "aliases", f'root: anna\nvagt: "|/usr/bin/page x@andre.example"\nliste: :include:{included}\n'
    )
    aliases = site.front_directory / "aliases"
    command = ["postalias", "-c", str(site.front_directory), f"hash:{aliases}"]
    subprocess.run(command, check=True, capture_output=True, env={"PATH": "/usr/sbin:/usr/bin:/bin"})
    site.front("-e", f"alias_maps=hash:{aliases}")
    (found,) = named(site)
    assert found.state is WARN
    assert found.found.endswith("→ carla@andre.example, dorte@andre.example")


def test_tables_that_cannot_be_opened_cost_their_second_together(site: Installation) -> None:
    """Postfix's programs sleep for it before they end."""
    parameters = ("virtual_alias_maps", "recipient_canonical_maps", "canonical_maps", "recipient_bcc_maps")
    for parameter in parameters:
        (site.directory / f"{parameter}.db").write_bytes(b"no database")
        site.front("-e", f"{parameter}=hash:{site.directory}/{parameter}")
    setup, begun = site.setup, time.monotonic()
    unread = [check.found for check in forward_checks(setup) if check.state is UNKNOWN]
    assert [found.partition(":")[0] for found in unread] == list(parameters), "in their order"
    assert time.monotonic() - begun < len(parameters)


def test_what_a_forward_file_includes_is_not_read_for_root_but_told_of(
    site: Installation, home: Path
) -> None:
    (home / ".forward").write_text(f":include:{home}/venner", "utf-8")
    [found] = named(site)
    assert found.state is UNKNOWN
    assert f"includes {home}/venner" in found.found


def test_only_addresses_are_told_of_a_file(site: Installation, home: Path) -> None:
    (home / ".forward").write_text(f"geheim {PRIVATE}", "utf-8")
    [found] = named(site)
    assert "geheim" not in found.found
    assert check_forwards.addresses_in("geheim") == []


@pytest.mark.parametrize(
    ("named_ones", "state"),
    [
        (("post@nordby.example", "bo@nordby.example", "bo@mail.nordby.example"), OK),
        (
            ("post@nordby.example", "bo@nordby.example"),
            WARN,
        ),  # written to at the host's own name, bo's leaves unread
        (("bo@nordby.example", "bo@mail.nordby.example"), WARN),
    ],
)
def test_what_the_settings_name_is_read_first(
    site: Installation, home: Path, named_ones: tuple[str, ...], state: State
) -> None:
    (home / ".forward").write_text(PRIVATE, "utf-8")
    site.front("-e", "mydestination=$myhostname, nordby.example", "myhostname=mail.nordby.example")
    site.front("-e", f"virtual_alias_maps=inline:{{post@nordby.example={PRIVATE}}}")
    site.tables["organisation"] = {"forwarded": list(named_ones)}
    try:
        assert WARN in states(site) if state is WARN else states(site) == {OK}
    finally:
        del site.tables["organisation"]


@pytest.mark.parametrize(
    ("delimiter", "forwarded", "state"),
    [
        ("+", ["bo@nordby.example"], OK),
        ("", ["bo@nordby.example"], OK),
        ("+-", ["bo@nordby.example"], WARN),
        ("-", ["bo@nordby.example"], WARN),
        ("-", [], OK),
    ],
)
def test_extensions_behind_another_sign_than_the_settings_know(
    site: Installation, home: Path, delimiter: str, forwarded: list[str], state: State
) -> None:
    site.front("-e", f"recipient_delimiter={delimiter}")
    site.tables["organisation"] = {"forwarded": forwarded}
    try:
        assert states(site) == {state}
    finally:
        del site.tables["organisation"]
        site.front("-e", "recipient_delimiter=+")


def test_a_blind_copy_is_none_of_them(site: Installation) -> None:
    """Whose copy it is has been read by nobody."""
    site.front("-e", f"recipient_bcc_maps=inline:{{post@nordby.example={PRIVATE}}}")
    site.tables["organisation"] = {"forwarded": ["post@nordby.example"]}
    try:
        [found] = named(site)
        assert found.state is WARN
        assert "forwarded" not in found.fix
    finally:
        del site.tables["organisation"]


@pytest.mark.parametrize(
    ("table", "list_of", "told"),
    [
        ("virtual_alias_maps", "bestyrelse@nordby.example=formand@nordby.example eva@nordby.example", True),
        ("virtual_alias_maps", "bestyrelse@nordby.example=Formand+sag@NORDBY.example", True),
        ("alias_maps", "bestyrelse=formand, eva", True),
        ("alias_maps", "bestyrelse=\\formand, eva", False),  # his mailbox, whatever his alias says
        ("alias_maps", "bestyrelse=eva", False),
        ("recipient_bcc_maps", "eva@nordby.example=formand@nordby.example", True),
        ("virtual_alias_maps", "formand@nordby.example=formand@nordby.example", False),
    ],
)
def test_whoever_leads_to_an_address_that_leads_outside_leads_outside(
    site: Installation, home: Path, table: str, list_of: str, told: bool
) -> None:
    """What colleagues write to the board is not read, though what they write to its chair is."""
    site.front("-e", "mydestination=$myhostname, nordby.example", "myhostname=mail.nordby.example")
    site.front("-e", f"{table}=inline:{{{{{list_of}}}}}")
    named_ones = ["formand@nordby.example", "formand@mail.nordby.example"]
    site.tables["organisation"] = {"forwarded": named_ones}
    try:
        found = [check for check in named(site) if check.state is WARN]
        assert [check.found.startswith(table) for check in found] == [True] * told
    finally:
        del site.tables["organisation"]


@pytest.mark.parametrize(
    ("forward", "told"),
    [("formand", True), ("\\bo, formand", True), ("\\bo", False), ("bo@localhost", False)],
)
def test_so_does_a_forward_file(site: Installation, home: Path, forward: str, told: bool) -> None:
    site.front("-e", "mydestination=$myhostname, nordby.example", "myhostname=mail.nordby.example")
    (home / ".forward").write_text(forward, "utf-8")
    site.tables["organisation"] = {"forwarded": ["formand@nordby.example", "formand@mail.nordby.example"]}
    try:
        assert states(site) == {WARN if told else OK}
    finally:
        del site.tables["organisation"]
