"""A Debian package with Segl's real maintainer scripts, units, users, folders and programs, made in seconds.

What ``make deb`` needs minutes for is fetching, building and packing the Python packages that Segl stands on. This one
is built by debhelper from the same ``packaging/debian``, by the same rules; its virtual environment holds Segl as the
wheel does (by pyproject.toml's own lists), and finds the rest in the environment that the tests run in. It is
installed by dpkg below a folder of the test's own; the maintainer scripts run outside a chroot and are told of the
folder (``--force-script-chrootless``, ``DPKG_ROOT``), as debhelper's snippets foresee. What they leave to a running
systemd (start, restart) does not happen there. The whole package in a root of its own: ``make deb-test``.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
from pathlib import Path

NAME = "segl"


def build(repository: Path, folder: Path, version: str, *, only: str = "") -> Path:
    """The package of *version*, in *folder*; of Segl's own Python packages *only* one, so that little is compiled where
    it is installed."""
    source = folder / f"{NAME}-{version}"
    debian = source / "debian"
    shutil.copytree(repository / "packaging" / "debian", debian)
    for unit in (repository / "systemd").glob("segl-*.*"):
        shutil.copy(unit, debian / f"{NAME}.{unit.name}")
    for kind in ("sysusers", "tmpfiles"):
        shutil.copy(repository / "systemd" / f"{NAME}.{kind}", debian / f"{NAME}.{kind}")
    (debian / "changelog").write_text(
        f"{NAME} ({version}) trixie; urgency=medium\n\n  * x\n\n"
        " -- The Segl developers <postmaster@localhost>  Fri, 27 Nov 2026 09:00:00 +0000\n",
        "utf-8",
    )
    for listing in (f"{NAME}.docs", f"{NAME}.examples"):
        (debian / listing).unlink()  # documents of the whole source tree
    _environment(repository, debian / NAME / "usr/lib/segl", version, only)
    overrides = [f"override_dh_installsys{what}" for what in ("users", "temd")]
    _run(source, "make", "-f", "debian/rules", *overrides, "override_dh_installtmpfiles")
    for step in ("dh_link", "dh_installdeb", "dh_gencontrol", "dh_md5sums"):
        _run(source, step)
    _run(source, "dh_builddeb", "--", "-Znone")
    return next(folder.glob(f"{NAME}_{version}_*.deb"))


def _environment(repository: Path, venv: Path, version: str, only: str) -> None:
    """The virtual environment, with Segl in it as the wheel would bring it."""
    project = tomllib.loads((repository / "pyproject.toml").read_text("utf-8"))
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    base = Path(sys.executable).resolve()
    site = venv / "lib" / f"python{sysconfig.get_python_version()}" / "site-packages"
    unwanted = shutil.ignore_patterns("__pycache__")
    for package in (one for one in wheel["packages"] if only in ("", Path(one).name)):
        shutil.copytree(repository / package, site / Path(package).name, ignore=unwanted)
    for folder, place in wheel["force-include"].items():
        shutil.copytree(repository / folder, site / place, ignore=unwanted)
    init = site / "segl" / "__init__.py"
    text = re.sub(r'(?m)^__version__ = ".*"$', f'__version__ = "{version}"', init.read_text("utf-8"))
    init.write_text(text, "utf-8")
    (site / "others.pth").write_text(sysconfig.get_path("purelib") + "\n", "utf-8")
    (venv / "bin").mkdir()
    (venv / "bin" / "python3").symlink_to(base)
    (venv / "pyvenv.cfg").write_text(f"home = {base.parent}\ninclude-system-site-packages = false\n", "utf-8")
    for name, entry in project["project"]["scripts"].items():
        module, _, function = entry.partition(":")
        script = venv / "bin" / name
        lines = (f"import sys\nfrom {module} import {function}\n", f"sys.exit({function}())\n")
        script.write_text("#!/usr/lib/segl/bin/python3\n" + "".join(lines), "utf-8")
        script.chmod(0o755)


def _run(folder: Path, *command: str) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"


class Root:
    """A machine's file system below a folder: users and groups of its own, and dpkg's memory."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("var/lib/dpkg/info", "var/lib/dpkg/updates", "etc", "tmp", "run", "var/spool"):
            (folder / name).mkdir(parents=True)
        (folder / "var/lib/dpkg/status").touch()
        python = Path(sys.executable).resolve()  # and Python, where the package looks for it
        there = folder / python.relative_to("/")
        there.parent.mkdir(parents=True, exist_ok=True)
        there.symlink_to(python)
        for file in ("passwd", "group"):  # Debian's postfix is there already
            shutil.copy(f"/etc/{file}", folder / "etc" / file)

    def __truediv__(self, path: str) -> Path:
        return self.folder / path

    def dpkg(self, *words: str) -> str:
        options = ("--force-script-chrootless", "--force-depends", "--force-confold", "--no-triggers")
        command = ["dpkg", f"--root={self.folder}", *options, *words]
        path = "/usr/sbin:/usr/bin:/sbin:/bin"
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, env={"PATH": path, "LC_ALL": "C"}
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    def segl(self, *words: str, program: str = "segl") -> str:
        """One of the installed programs with these words; its output. Its own first line names the place that it has
        on a machine."""
        bin_ = self.folder / "usr/lib/segl/bin"
        command = [str(bin_ / "python3"), str(bin_ / program), *words]
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, env={"PATH": "/usr/sbin:/usr/bin:/bin"}
        )
        assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
        return done.stdout

    def state(self, *paths: str) -> dict[str, tuple[int, int, int, bytes]]:
        """Mode, owner, group and content of all below *paths*."""
        found = {}
        for name in paths:
            top = self.folder / name
            for file in (top, *sorted(top.rglob("*"))):
                about = file.lstat()
                content = file.read_bytes() if file.is_file() else b""
                found[str(file.relative_to(self.folder))] = (
                    about.st_mode,
                    about.st_uid,
                    about.st_gid,
                    content,
                )
        return found

    def id_of(self, name: str, kind: str = "group") -> int:
        lines = (self.folder / "etc" / kind).read_text("utf-8").splitlines()
        return next(int(line.split(":")[2]) for line in lines if line.startswith(f"{name}:"))

    def put(self, path: str, content: bytes, *, mode: int, user: str = "", group: str = "") -> None:
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        file.chmod(mode)
        os.chown(file, self.id_of(user, "passwd") if user else 0, self.id_of(group) if group else 0)
