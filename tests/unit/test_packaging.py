"""The Debian package holds every program, unit and manual page. (``make deb`` builds it; lintian looks at it there.)"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import sysconfig
import tomllib
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def debian(repository: Path) -> Path:
    return repository / "packaging" / "debian"


def test_every_program_is_linked_into_the_path(repository: Path, debian: Path) -> None:
    project = tomllib.loads((repository / "pyproject.toml").read_text("utf-8"))["project"]
    links = (debian / "segl.links").read_text("utf-8").splitlines()
    assert sorted(links) == sorted(f"usr/lib/segl/bin/{name} usr/bin/{name}" for name in project["scripts"])


def test_every_unit_is_installed(repository: Path, debian: Path) -> None:
    installed = set(re.findall(r"dh_installsystemd --name=(\S+)", (debian / "rules").read_text("utf-8")))
    assert installed == {unit.stem for unit in (repository / "systemd").glob("*.service")}


def test_an_upgrade_starts_who_reads_a_mark_before_who_makes_it(debian: Path) -> None:
    """What a newer milter adds to a message an older segl-map or segl-deliver may not understand."""
    started = re.findall(r"dh_installsystemd --name=(\S+)", (debian / "rules").read_text("utf-8"))
    assert started.index("segl-milter") > max(
        started.index(f"segl-{one}") for one in ("deliver", "map", "portal")
    )


def test_units_wait_for_settings_and_start_what_is_installed(repository: Path, debian: Path) -> None:
    programs = {line.split()[1] for line in (debian / "segl.links").read_text("utf-8").splitlines()}
    units = list((repository / "systemd").glob("*.service"))
    assert len(units) >= 4, "a process each"
    for unit in units:
        text = unit.read_text("utf-8")
        assert "ConditionPathExists=/etc/segl/segl.toml" in text, unit.name
        assert re.search(r"^ExecStart=/(\S+)", text, re.MULTILINE)[1] in programs  # type: ignore[index]


def test_a_process_that_wants_too_much_memory_does_not_take_its_service_along(repository: Path) -> None:
    """The kernel ends one at `MemoryMax=`, mostly a child that another soon replaces. As systemd is shipped
    (`OOMPolicy=stop`) the service would be stopped then, with all the mail it has in hand."""
    units = [unit.read_text("utf-8") for unit in sorted((repository / "systemd").glob("*.service"))]
    daemons = [text for text in units if re.search(r"^Type=notify$", text, re.MULTILINE)]
    assert len(daemons) == 4
    for text in daemons:
        assert re.search(r"^MemoryMax=\d+%$", text, re.MULTILINE), text
        assert re.search(r"^OOMPolicy=continue$", text, re.MULTILINE), text
        assert re.search(r"^Restart=on-failure$", text, re.MULTILINE), "it may be the first process, too"


def test_what_units_call_comes_with_the_package_or_what_it_depends_on(repository: Path, debian: Path) -> None:
    """A minimal Debian has not even kill(1)."""
    others = {"bin/kill": "procps"}
    own = {line.split()[1] for line in (debian / "segl.links").read_text("utf-8").splitlines()}
    depends = re.search(r"^Depends: (.*)$", (debian / "control").read_text("utf-8"), re.MULTILINE)
    assert depends is not None
    names = {name.split()[0] for entry in depends[1].split(",") for name in entry.split("|")}
    for unit in (repository / "systemd").glob("*.service"):
        for program in re.findall(r"^Exec\w+=[-+!@]*/(\S+)", unit.read_text("utf-8"), re.MULTILINE):
            assert program in own or others[program] in names, (unit.name, program)


def test_what_the_package_names_is_there(repository: Path, debian: Path) -> None:
    for listing in ("segl.docs", "segl.examples"):
        for name in (debian / listing).read_text("utf-8").split():
            assert (repository / name).exists(), name


def test_links_lead_from_page_to_page_in_the_package_too(repository: Path, debian: Path) -> None:
    """A file that segl.docs names is put beside the others, a folder comes as it is."""
    pages: dict[Path, Path] = {}
    for name in (debian / "segl.docs").read_text("utf-8").split():
        named = repository / name
        found = named.rglob("*") if named.is_dir() else [named]
        pages |= {Path(os.path.relpath(file, named.parent)): file for file in found}
    assert not {"docs/README.md", "docs/daily.md", "docs/da/installation.md"} - {str(page) for page in pages}
    broken = []
    for page, file in pages.items():
        if page.suffix == ".md":
            targets = re.findall(r"\]\((?!https?:|#)([^)#]+)", file.read_text("utf-8"))
            lead = (Path(os.path.normpath(page.parent / target)) for target in targets)
            broken += [f"{page}: {target}" for target in lead if target not in pages]
    elsewhere = ("classifier/model/README.md", "CHANGELOG.md")  # with the model; as changelog.gz
    assert not [link for link in broken if not link.endswith(elsewhere)]
    assert "dh_compress -X.md" in (debian / "rules").read_text("utf-8"), "or they are called .md.gz"


@pytest.mark.slow
def test_manual_pages_of_every_program_and_command(repository: Path, tmp_path: Path) -> None:
    script = repository / "packaging" / "manual.py"
    subprocess.run([sys.executable, script, tmp_path], check=True)
    links = (repository / "packaging" / "debian" / "segl.links").read_text("utf-8")
    assert {page.stem for page in tmp_path.glob("*.1")} == set(re.findall(r"usr/bin/(\S+)", links))
    assert [page.name for page in tmp_path.glob("*.5")] == ["segl.toml.5"]
    for page in tmp_path.glob("*.[15]"):
        shown = subprocess.run(
            ["groff", "-K", "utf8", "-man", "-Tutf8", "-ww", str(page)],
            capture_output=True,
            check=True,
            text=True,
        )
        assert shown.stderr == "", page.name
    from segl.cli.main import COMMANDS

    segl = (tmp_path / "segl.1").read_text("utf-8")
    assert all(f'.SS "segl {name}"' in segl for name in COMMANDS)
    from segl.settings.reference import reference

    settings = (tmp_path / "segl.toml.5").read_text("utf-8")
    assert all(f'.SH "{table.header}"' in settings for table in reference())


@pytest.mark.slow
def test_what_pip_installs_is_whole(repository: Path, tmp_path: Path) -> None:
    """The wheel in an environment of its own: programs, rules, model, fragments. (What it needs of others is lent by
    the environment of the tests, without their own install of Segl.)"""
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    options = ["--quiet", "--no-deps", "--no-index"]
    build: list[str | Path] = ["wheel", *options, "--no-build-isolation", "--wheel-dir", tmp_path, repository]
    subprocess.run([*pip, *build], check=True)
    venv = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True)
    [wheel] = tmp_path.glob("segl-*.whl")
    # What starts here is compiled when it does.
    install: list[str | Path] = ["install", *options, "--no-compile", wheel]
    subprocess.run([*pip, "--python", venv / "bin" / "python", *install], check=True)
    [packages] = venv.glob("lib/python3*/site-packages")
    (packages / "lent.pth").write_text(sysconfig.get_path("purelib"), "utf-8")

    def said(program: str, *words: str | Path, code: int = 0) -> str:
        command, path = [venv / "bin" / program, *words], {"PATH": "/usr/sbin:/usr/bin:/bin"}
        done = subprocess.run(command, cwd=tmp_path, env=path, capture_output=True, text=True, check=False)
        assert done.returncode == code, done.stderr
        return done.stdout

    project = tomllib.loads((repository / "pyproject.toml").read_text("utf-8"))["project"]
    for program in project["scripts"]:
        assert said(program, "--help").strip(), program
    where = said(
        "python", "-c", "import segl, segl_classifier; print(segl.__file__, segl_classifier.__file__)"
    )
    assert where.count(str(packages)) == 2
    file, message = tmp_path / "segl.toml", tmp_path / "m.eml"
    file.write_text('[organisation]\nname = "X"\ndomains = ["x.example"]\n', "utf-8")
    message.write_text(
        "From: a@x.example\nTo: b@andre.example\nSubject: Sag\n\n"
        "Borgeren Anna Holm er sygemeldt med en svær depression og er henvist til psykiatrisk behandling.\n",
        "utf-8",
    )
    found = json.loads(said("segl", "check", "--json", message, "--settings", file, code=10))
    assert found["decision"] == "secure", "rules and model are those of the wheel"
    assert (packages / "segl" / "conf" / "front.main.cf").is_file()


JOINED = "myhostname = mx\ncontent_filter = segl-secure:[127.0.0.1]:10026\n"


@pytest.mark.parametrize(
    ("why", "main", "refused"),
    [
        ("remove", {"etc/postfix": JOINED}, True),
        ("remove", {"etc/postfix": "myhostname = mx\n", "etc/postfix-out": JOINED}, True),
        (
            "remove",
            {"etc/postfix": f"#{JOINED.splitlines()[1]}\ncontent_filter = amavis:[127.0.0.1]:10024\n"},
            False,
        ),
        ("remove", {}, False),  # Postfix is gone already
        ("upgrade", {"etc/postfix": JOINED}, False),
        ("failed-upgrade", {"etc/postfix": JOINED}, False),
    ],
)
def test_the_package_is_not_taken_from_a_postfix_that_needs_it(
    debian: Path, tmp_path: Path, why: str, main: dict[str, str], refused: bool
) -> None:
    """All mail would be answered 451, and `segl install --undo` would be gone."""
    (tmp_path / "etc" / "segl").mkdir(parents=True)
    (tmp_path / "etc" / "segl" / "segl.toml").write_text('[postfix]\nfront = "/etc/postfix-out"\n', "utf-8")
    for folder, text in main.items():
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "main.cf").write_text(text, "utf-8")
    done = subprocess.run(
        ["sh", debian / "segl.prerm", why],
        env={"DPKG_ROOT": str(tmp_path), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == (1 if refused else 0), done.stderr
    assert ("segl install --undo" in done.stderr) is refused
