"""``segl settings check``: all that is wrong in one go, and whether the processes would start."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from segl.cli.main import build
from segl.errors import MOST_TOLD, RulesError
from segl_classifier.rules import load_rules
from world.needs import ROOT

GOOD = """
[organisation]
name = "Nordby"
domains = ["nordby.example"]
[portal]
url = "https://sikker.nordby.example"
"""


def check(file: Path, content: str | None = None) -> Result:
    if content is not None:
        file.write_text(content, "utf-8")
    return CliRunner().invoke(build("settings"), ["settings", "check", str(file)])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "segl.toml"


def test_a_good_file_is_in_order(file: Path) -> None:
    good = check(file, GOOD)
    assert (good.exit_code, good.stdout.startswith("in order: ")) == (0, True)


def test_the_file_may_be_named_as_other_commands_have_it(file: Path) -> None:
    file.write_text(GOOD, "utf-8")
    words = ["settings", "check", "--settings", str(file)]
    assert CliRunner().invoke(build("settings"), words).exit_code == 0
    both = CliRunner().invoke(build("settings"), [*words, str(file)])
    assert (both.exit_code, "two settings files are named" in both.stderr) == (2, True)


def test_every_fault_is_named(file: Path, tmp_path: Path) -> None:
    bad = check(file, '[organisation]\nnam = "x"\ndomains = []\n[limits]\ndepth = 0\n')
    assert bad.exit_code == 2
    for told in ("organisation.nam: is not a known key", "did you mean name?", "limits.depth", "domains"):
        assert told in bad.stderr
    absent = check(tmp_path / "none.toml")
    assert (absent.exit_code, "there is no such file" in absent.stderr) == (2, True)
    assert "--settings" not in absent.stderr, "that is no option of this command"


def test_faults_of_values_of_tables_and_of_files_are_told_in_one_go(file: Path) -> None:
    bad = check(
        file,
        """
[organisation]
name = "Nordby"
domains = ["nordby.example"]
[detection]
mode = "shadw"
rules = ["rules.toml"]
[milter]
socket = "milter.sock"
[routing]
order = ["tls"]
tls_ca_file = "authorities.pem"
[certificates]
sources = ["folder"]
trust = ["roots.pem"]
[[domain]]
name = "a.example"
[[domain]]
name = "b.example"
way = "tsl"
[[group]]
name = "venner"
file = "venner.txt"
[portal]
reminder_days = "x"
[portal.web]
certificate = "web.pem"
""",
    )
    told = [line for line in bad.stderr.splitlines() if not line.startswith("hint: ")]
    keys = [line.partition("segl.toml: ")[2].partition(": ")[0] for line in told]
    assert keys == [
        "detection.mode",
        "domain.2.way",
        "portal.reminder_days",
        "routing.order",
        "domain",
        "milter.socket",
        "group.1.file",
        "detection.rules",
        "routing.tls_ca_file",
        "certificates.trust",
        "certificates.folder",
        "portal.url",
        "portal.web",
    ]
    assert bad.exit_code == 2
    assert "in order" not in bad.stdout


@pytest.mark.slow
@pytest.mark.parametrize("back", ['[postfix]\nreturn_port = "127.0.0.1:10127"\n', ""])
def test_two_settings_for_the_return_port_that_do_not_agree_are_not_in_order(file: Path, back: str) -> None:
    bad = check(file, GOOD + back + '[delivery]\nreinject = "127.0.0.1:10227"\n')
    assert bad.exit_code == 2
    assert "in order: " not in bad.stdout
    port = 10127 if back else 10027
    assert (
        f"error: delivery.reinject: 127.0.0.1:10227 is not postfix.return_port (127.0.0.1:{port})"
        in bad.stderr
    )
    assert "hint: take delivery.reinject out" in bad.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    "tables",
    [
        '[postfix]\nreturn_port = "127.0.0.1:10127"\n',
        '[postfix]\nreturn_port = "127.0.0.1:10127"\n[delivery]\nreinject = "127.0.0.1:10127"\n',
        '[delivery]\nreinject = "localhost:10027"\n',
    ],
)
def test_one_is_enough_and_twice_the_same_is_no_fault(file: Path, tables: str) -> None:
    good = check(file, GOOD + tables)
    assert (good.exit_code, good.stdout.startswith("in order: ")) == (0, True)
    assert "reinject" not in good.stderr


def test_what_depends_on_a_socket_that_is_none_does_not_break_the_check(file: Path) -> None:
    sockets = '[routing]\nsocket = "/"\n[delivery]\nreceipt_socket = "/"\n[canary]\nsocket = "/"\n'
    bad = check(file, GOOD + sockets)
    assert bad.exit_code == 2
    for key in ("routing.socket", "delivery.receipt_socket", "canary.socket"):
        assert f"{key}: '/' is a folder\nhint: name a socket in it" in bad.stderr


def test_nothing_is_made_up_of_a_fault(file: Path) -> None:
    """What depends on a value that is wrong is not known, and not told."""
    bad = check(
        file,
        """
[organisation]
name = "Nordby"
domains = ["nordby example"]
[delivery.sign_keys]
"nordby.example" = "/etc/segl/keys/nordby.pem"
[[receipt]]
domain = "nordby.example"
[routing]
least = "dnae"
[[demand]]
labels = ["health"]
least = "dane"
[portal]
url = 7
""",
    )
    told = [line for line in bad.stderr.splitlines() if not line.startswith("hint: ")]
    assert [line.partition("segl.toml: ")[2].partition(": ")[0] for line in told] == [
        "organisation.domains.1",
        "routing.least",
        "portal.url",
    ]


def test_rule_files_are_read_and_their_faults_named(file: Path, tmp_path: Path) -> None:
    absent = check(file, GOOD + '[detection]\nrules = ["/nowhere/rules.toml"]\n')
    assert absent.exit_code == 2
    assert "detection.rules: /nowhere/rules.toml: there is no such file or folder" in absent.stderr
    nowhere = "/" + "a" * 5_000
    assert (
        "cannot be read: file name too long"
        in check(file, GOOD + f'[detection]\nrules = ["{nowhere}"]\n').stderr
    )
    (tmp_path / "own.toml").write_text("[[rule]]\nid = 'own.x'\n", "utf-8")
    bad = check(file, GOOD + '[detection]\nrules = ["own.toml"]\n')
    assert bad.exit_code == 2
    assert "own.toml: rule own.x" in bad.stderr


def test_of_very_many_faults_of_a_file_that_is_named_it_is_told_how_many_more_there_are(
    file: Path, tmp_path: Path
) -> None:
    (tmp_path / "own.toml").write_text("".join(f"[[rule]]\nid = 'own.x{n}'\n" for n in range(60)), "utf-8")
    with pytest.raises(RulesError) as caught:
        load_rules([tmp_path / "own.toml"])
    bad = check(file, GOOD + '[detection]\nrules = ["own.toml"]\n')
    told = [line for line in bad.stderr.splitlines() if line.startswith("segl: ")]
    assert len(told) == MOST_TOLD + 1
    assert told[-1] == f"segl: and {caught.value.more} more faults"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (GOOD.replace("https", "http"), "portal.url: is not https"),
        (GOOD.partition("[portal]")[0], "portal.url: is not set"),
        (GOOD + "[routing]\ntrust_anchors = '/nowhere'\n", "routing.trust_anchors: /nowhere cannot be used"),
        (GOOD + "resend_key = '/nowhere'\n", "portal.resend_key: "),
        (GOOD + "[milter]\nsocket = 'milter.sock'\n", "milter.socket: 'milter.sock' is no whole path"),
        (
            GOOD + f"[delivery]\nportal_socket = '/run/{'x' * 100}'\n",
            "delivery.portal_socket: is too long for a socket",
        ),
    ],
)
def test_what_would_keep_a_process_from_starting_is_told(file: Path, content: str, told: str) -> None:
    bad = check(file, content)
    assert bad.exit_code == 2
    assert told in bad.stderr


def test_a_folder_of_sockets_that_is_not_there_yet_is_a_warning(file: Path, tmp_path: Path) -> None:
    done = check(file, GOOD + f"[milter]\nsocket = '{tmp_path}/new/milter.sock'\n")
    assert (done.exit_code, done.stdout[:8]) == (0, "in order")
    assert f"warning: milter.socket: there is no folder {tmp_path}/new" in done.stderr
    assert "hint: segl install makes it where it lies in Postfix's queue directory" in done.stderr
    (tmp_path / "new").mkdir()
    assert f"{tmp_path}/new" not in check(file).stderr


@pytest.mark.slow
def test_only_what_the_settings_name_is_loaded(file: Path) -> None:
    """All of it takes four times as long, and who mends a file checks it again and again."""
    file.write_text(GOOD, "utf-8")
    program = (
        "import sys; from segl.cli.main import main\n"
        "try: main()\n"
        "except SystemExit as end: assert not end.code, end.code\n"
        "print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    )
    command = [sys.executable, "-c", program, "settings", "check", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    loaded = set(done.stdout.splitlines()[-1].split())
    assert "pydantic" in loaded
    dear = {
        "sqlalchemy",
        "uvicorn",
        "starlette",
        "cryptography",
        "dns",
        "prometheus_client",
        "jinja2",
        "segl_classifier",
    }
    assert loaded & dear == set()


@ROOT
def test_a_folder_that_may_not_be_looked_into_is_no_fault_of_the_settings(file: Path, tmp_path: Path) -> None:
    """Run by somebody who is not root."""
    closed = tmp_path / "c"  # a socket's path is short
    (closed / "r").mkdir(parents=True)
    closed.chmod(0o700)
    for place in (*tmp_path.parents[:-2], tmp_path):
        place.chmod(place.stat().st_mode | 0o011)
    file.write_text(f'{GOOD}[milter]\nsocket = "{closed}/r/m.sock"\n', "utf-8")
    os.seteuid(65_534)
    try:
        good = check(file)
    finally:
        os.seteuid(0)
    assert (good.exit_code, good.exception) == (0, None)
    assert "milter.socket" not in good.stdout + good.stderr


@pytest.mark.parametrize(
    ("folder", "told"), [("/nowhere", "/nowhere is no directory"), ("/" + "a" * 5_000, "File name too long")]
)
def test_a_folder_of_certificates_that_cannot_be_had_is_a_fault(file: Path, folder: str, told: str) -> None:
    bad = check(file, f'{GOOD}[certificates]\nsources = ["folder"]\nfolder = "{folder}"\n')
    assert bad.exit_code == 2
    [line] = [line for line in bad.stderr.splitlines() if "certificates.folder" in line]
    assert line.endswith(told)
