"""``scripts/setup`` where packages are missing, and where it was interrupted. Others play Debian's programs and Python:
nothing is installed, and the file that keeps services from being started lies in a temporary folder."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
from pathlib import Path

import pytest

from world.package_groups import package_groups

_PROGRAMS = {
    "id": 'cat "$PLAYED/user"',
    "debconf-set-selections": "cat >/dev/null",
    "dpkg": 'echo "dpkg $*" >>"$PLAYED/installs"',
    "dpkg-query": """printf '%s\\n' "$@" | grep -xFf "$PLAYED/installed" | sed 's/^/installed /'""",
    # $PLAYED/ends says what becomes of each call: Ctrl-C, or an exit code. Where nothing is left, it ends well.
    "apt-get": """guarded=$([ -x "$PLAYED/policy-rc.d" ] && echo guarded)
echo "apt-get $* $guarded" >>"$PLAYED/installs"
next=$(head -n 1 "$PLAYED/ends" 2>/dev/null) && sed -i 1d "$PLAYED/ends"
case $next in ctrl-c) kill -INT 0 ;; ?*) echo "E: it ended with $next"; exit "$next" ;; esac
for word; do case $word in -*|install|update) ;; *) echo "$word" >>"$PLAYED/installed" ;; esac; done""",
    "python": """case "$*" in
*version_info*) ;;
*sys.version*) echo 3 ;;
"-m venv"*) mkdir -p "$3/bin" && cp "$0" "$3/bin/python"
    ! rm "$PLAYED/no-venv" 2>/dev/null || exit 1
    echo "command = $0 -m venv $(pwd -P)/$3" >"$3/pyvenv.cfg"; echo made >>"$PLAYED/venvs" ;;
"-m pip"*) echo "$*" >>"$PLAYED/pip"
    ! [ -p "$PLAYED/slow" ] || { echo begun >"$PLAYED/slow"; read -r _ <"$PLAYED/slow"; } ;;
esac""",
}


class Machine:
    """A checkout on a machine of *packages* alone, whose user is not root before :meth:`become_root`."""

    def __init__(self, folder: Path, repository: Path) -> None:
        self._played, self.checkout = folder / "played", folder / "checkout"
        self._played.mkdir()
        for name, body in _PROGRAMS.items():
            file = self._played / name
            file.write_text(f"#!/bin/sh\n{body}\n")
            file.chmod(0o755)
        self.guard = self._played / "policy-rc.d"
        script = (repository / "scripts" / "setup").read_text()
        assert script.count("/usr/sbin/policy-rc.d") == 1
        self.script = self.checkout / "scripts" / "setup"
        self.script.parent.mkdir(parents=True)
        self.machine_lock = self._played / "segl-setup.lock"
        assert script.count("/run/segl-setup.lock") == 1
        script = script.replace("/run/segl-setup.lock", str(self.machine_lock))
        self.script.write_text(script.replace("/usr/sbin/policy-rc.d", str(self.guard)))
        self.script.chmod(0o755)
        (self.checkout / "pyproject.toml").touch()
        self.groups = package_groups(self.script)
        self._user = 1000
        (self._played / "user").write_text("1000")
        self.install()

    def become_root(self) -> None:
        self._user = 0
        (self._played / "user").write_text("0")

    def install(self, *groups: str, but: str = "") -> None:
        packages = set[str]().union(*(self.groups[name] for name in groups)) - {but}
        (self._played / "installed").write_text("".join(f"{name}\n" for name in sorted(packages)))

    def let_apt(self, *ends: str) -> None:
        """What becomes of the next calls of apt-get, one word each: ``ctrl-c``, or an exit code that is a failure's."""
        (self._played / "ends").write_text("".join(f"{end}\n" for end in ends))

    def interrupt_next_venv(self) -> None:
        (self._played / "no-venv").touch()

    def setup(self, *words: str) -> tuple[int, str]:
        """Its exit code, and what it says."""
        with self.begin(*words) as process:
            out, said = process.communicate()
        assert out == ""
        assert self._user == 0 or not self.installs, "that takes root"
        return process.returncode, said

    def begin(self, *words: str) -> subprocess.Popen[str]:
        environment = {
            "PATH": f"{self._played}:{os.defpath}",
            "PLAYED": str(self._played),
            "PYTHON": str(self._played / "python"),
        }
        return subprocess.Popen(
            ["env", "--default-signal=INT", self.script, *words],  # what runs in the background ignores it
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def slow_pip(self) -> Path:
        """From now on pip writes a line into this pipe when it begins, and ends when it reads one from there."""
        os.mkfifo(self._played / "slow")
        return self._played / "slow"

    @property
    def installs(self) -> list[str]:
        """The calls of apt-get and dpkg: what they were to do, and ``guarded`` when no service could be started."""
        file = self._played / "installs"
        calls = file.read_text().splitlines() if file.exists() else []
        told = ("dpkg", "apt-get", "install", "update", "--configure", "guarded")
        return [" ".join(word for word in call.split() if word in told) for call in calls]

    @property
    def is_ready(self) -> bool:
        return (self._played / "pip").exists()

    @property
    def extras(self) -> list[str]:
        """Of each call of pip, what it installed Segl with."""
        file = self._played / "pip"
        return (
            [line.rpartition("[")[2].rstrip("]") for line in file.read_text().splitlines()]
            if file.exists()
            else []
        )

    @property
    def venvs(self) -> int:
        """How many environments were made to their end."""
        file = self._played / "venvs"
        return len(file.read_text().splitlines()) if file.exists() else 0


@pytest.fixture
def machine(tmp_path: Path, repository: Path) -> Machine:
    return Machine(tmp_path, repository)


def test_tests_without_postfix_run_where_only_packages_of_the_others_are_missing(machine: Machine) -> None:
    machine.install("base")
    code, said = machine.setup("fast")
    assert (code, machine.is_ready) == (0, True)
    [told] = [line for line in said.splitlines() if "without root these are not installed" in line]
    assert set(told.rpartition(": ")[2].split()) == machine.groups["demo"] | machine.groups["tests"]

    assert machine.setup("fast") == (0, ""), "once is enough"
    machine.install("base", "demo", "tests", but="chromium-headless-shell")
    assert "skipped: chromium-headless-shell" in machine.setup("fast")[1], (
        "other packages are missing than before"
    )
    machine.install("base", "demo", "tests")
    assert machine.setup("fast") == (0, "")


def test_the_demo_wants_nothing_that_tests_alone_need(machine: Machine) -> None:
    machine.install("base", "demo")
    code, said = machine.setup("demo")
    assert (code, machine.is_ready) == (0, True)
    assert "missing" not in said


@pytest.mark.parametrize(
    ("words", "there", "missing"),
    [
        (["fast"], ["base", "demo", "tests"], "gcc"),
        (["base"], ["base"], "gcc"),
    ],
)
def test_what_cannot_be_done_without_ends_it_with_the_command_to_type(
    machine: Machine, words: list[str], there: list[str], missing: str
) -> None:
    machine.install(*there, but=missing)
    code, said = machine.setup(*words)
    assert code == 1
    assert [line.strip() for line in said.splitlines()] == [
        f"setup: these Debian packages are missing: {missing}",
        f"run: sudo apt-get update; sudo apt-get install --no-install-recommends {missing}",
    ]
    assert not machine.is_ready


@pytest.mark.parametrize(("words", "there"), [(["demo"], ["base"]), ([], ["base", "demo"])])
def test_packages_of_servers_are_left_to_root_who_is_kept_from_starting_them(
    machine: Machine, words: list[str], there: list[str]
) -> None:
    machine.install(*there)
    code, said = machine.setup(*words)
    assert code == 1
    assert "run the same as root: it installs them, and none is started as a service" in said
    assert "apt-get" not in said


def test_root_gets_the_packages_and_no_service_is_started_by_that(machine: Machine) -> None:
    machine.become_root()
    assert (machine.setup("demo")[0], machine.is_ready) == (0, True)
    assert machine.installs == ["apt-get install guarded"]
    assert not machine.guard.exists()
    assert machine.setup("demo") == (0, "")


@pytest.mark.parametrize("left_behind", [False, True], ids=["new", "a killed run left the guard"])
def test_ctrl_c_leaves_no_guard_that_would_keep_services_from_starting_for_good(
    machine: Machine, left_behind: bool
) -> None:
    machine.become_root()
    if left_behind:
        machine.guard.write_text(
            "#!/bin/sh\n# Segl's scripts/setup: no service is started while it installs packages\n"
        )
    machine.let_apt("ctrl-c")
    assert machine.setup("demo")[0] in (130, -signal.SIGINT)
    assert machine.installs == ["apt-get install guarded"], (
        "what is not asked for any more is not tried again"
    )
    assert not machine.guard.exists()
    assert machine.setup("demo")[0] == 0
    assert not machine.guard.exists()


def test_somebody_elses_guard_stays_as_it_is(machine: Machine) -> None:
    machine.become_root()
    machine.guard.write_text("#!/bin/sh\nexit 0\n")
    assert machine.setup("demo")[0] == 0
    assert machine.guard.read_text() == "#!/bin/sh\nexit 0\n"


def test_old_lists_and_a_dpkg_that_was_killed_are_put_right(machine: Machine) -> None:
    machine.become_root()
    machine.let_apt("100")
    assert machine.setup("demo")[0] == 0
    assert machine.installs == [
        "apt-get install guarded",
        "dpkg --configure",
        "apt-get update guarded",
        "apt-get install guarded",
    ]


def test_what_apt_says_of_its_failure_is_shown(machine: Machine) -> None:
    machine.become_root()
    machine.let_apt("100", "101", "102")
    code, said = machine.setup("demo")
    assert code == 1
    assert [line for line in said.splitlines() if "installing" not in line] == [
        "E: it ended with 101",
        "E: it ended with 102",
        "setup: apt-get failed (whole output in .setup.log)",
    ]
    assert not machine.guard.exists()
    assert not machine.is_ready


def test_an_environment_that_was_not_finished_is_made_anew(machine: Machine) -> None:
    machine.install("base")
    machine.interrupt_next_venv()
    assert machine.setup("base")[0] == 1
    assert (machine.setup("base")[0], machine.venvs, machine.is_ready) == (0, 1, True)
    assert machine.setup("base") == (0, "")


def test_an_environment_of_a_checkout_that_was_moved_is_made_anew(machine: Machine) -> None:
    machine.install("base")
    assert (machine.setup("base")[0], machine.venvs) == (0, 1)
    machine.checkout = machine.checkout.rename(machine.checkout.with_name("moved here"))
    machine.script = machine.checkout / "scripts" / "setup"
    assert (machine.setup("base")[0], machine.venvs) == (0, 2)
    assert machine.setup("base") == (0, "")


def test_an_environment_that_was_finished_is_kept_when_more_is_wanted_in_it(machine: Machine) -> None:
    machine.install("base")
    assert machine.setup("base")[0] == 0
    (machine.checkout / "pyproject.toml").write_text("more = true\n")
    assert (machine.setup("base")[0], machine.venvs) == (0, 1)


def test_the_demo_gets_what_it_needs_and_the_tests_the_rest_by_themselves(machine: Machine) -> None:
    machine.install("base", "demo", "tests")
    assert machine.setup("demo")[0] == machine.setup("demo")[0] == machine.setup()[0] == 0
    assert machine.extras == ["demo,postgresql", "dev,ldap,postgresql,s3"]
    assert machine.setup("demo") == machine.setup() == (0, ""), "nothing is taken away"
    (machine.checkout / "pyproject.toml").write_text("more = true\n")
    assert machine.setup("demo")[0] == 0
    assert machine.extras[2:] == ["dev,ldap,postgresql,s3"]
    assert machine.venvs == 1


def test_of_two_at_once_one_waits_and_says_for_whom(machine: Machine) -> None:
    machine.install("base", "demo", "tests")
    slow = machine.slow_pip()
    with machine.begin("demo") as first:
        assert slow.read_text() == "begun\n"
        with machine.begin("fast") as second:
            assert second.stderr
            at_work = f"scripts/setup demo in {machine.checkout} (process {first.pid})"
            assert (
                second.stderr.readline() == f"setup: {at_work} is at work here; waiting until it has ended\n"
            )
            assert machine.extras == ["demo,postgresql"]
            slow.write_text("go on\n")
            assert first.wait(60) == 0
            assert slow.read_text() == "begun\n"
            slow.write_text("go on\n")
            assert second.wait(60) == 0
    assert machine.extras == ["demo,postgresql", "dev,ldap,postgresql,s3"]
    assert machine.venvs == 1


def test_packages_are_installed_by_one_checkout_at_a_time(machine: Machine) -> None:
    machine.become_root()
    with machine.machine_lock.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.write("scripts/setup fast in /elsewhere (process 7)\n")
        lock.flush()
        with machine.begin("demo") as process:
            assert process.stderr
            said = [process.stderr.readline() for _ in range(2)]
            assert "installing" in said[0]
            assert said[1].startswith(
                "setup: scripts/setup fast in /elsewhere (process 7) is at work on this machine's"
            )
            assert not machine.installs
            fcntl.flock(lock, fcntl.LOCK_UN)
            assert process.wait(60) == 0
    assert machine.installs == ["apt-get install guarded"]


def test_a_lock_that_only_root_may_write_is_one_all_the_same(machine: Machine) -> None:
    """As left by `make demo`, which root typed."""
    machine.install("base")
    lock = machine.checkout / ".setup.lock"
    lock.touch()
    lock.chmod(0o444)
    assert machine.setup("base")[0] == 0
    assert machine.setup("base") == (0, "")


def test_another_word_is_no_order(machine: Machine) -> None:
    code, said = machine.setup("everything")
    assert (code, "no such word: everything" in said) == (1, True)


@pytest.mark.parametrize(
    ("target", "word"),
    [("demo", " demo"), ("portal-demo", " demo"), ("test-fast", " fast"), ("check", " base"), ("setup", "")],
)
def test_each_target_sets_up_what_it_needs(repository: Path, target: str, word: str) -> None:
    command = ["make", "--dry-run", "--no-print-directory", target]
    shown = subprocess.run(command, cwd=repository, capture_output=True, text=True, check=True)
    assert shown.stdout.splitlines()[0] == f"scripts/setup{word}"
