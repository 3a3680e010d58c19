"""make/setup on machines that lack something: what it installs, and what it says where it may not.

The script runs in an empty folder with a PATH of stand-ins, so that nothing is really installed.
"""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.skipif(os.name != "posix", reason="make/setup is for Debian and Ubuntu")

TOOLS = ("bash", "cat", "dirname", "env", "grep", "mkdir", "rm", "touch")


@dataclass
class Machine:
    """A folder that looks like the project, and the few programs that this machine has."""

    home: Path

    def has(self, name: str, script: str) -> None:
        """Give the machine a program: a line of shell."""
        path = self.home / "bin" / name
        path.write_text(f"#!/bin/bash\n{script}\n", encoding="utf-8")
        path.chmod(0o755)

    def sets_up(self, part: str) -> tuple[int, str]:
        """Run make/setup; its exit code and what it said."""
        done = subprocess.run(
            ["bash", "make/setup", part], cwd=self.home, capture_output=True, text=True,
            check=False, env={"PATH": str(self.home / "bin")})
        return done.returncode, done.stdout + done.stderr

    @property
    def installed(self) -> str:
        log = self.home / "installed"
        return log.read_text(encoding="utf-8") if log.exists() else ""


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A machine with a virtual environment and neither zbar nor rights."""
    for folder in ("bin", "make", ".venv/bin"):
        (tmp_path / folder).mkdir(parents=True)
    shutil.copy(ROOT / "make" / "setup", tmp_path / "make")
    made = Machine(tmp_path)
    for tool in TOOLS:
        (tmp_path / "bin" / tool).symlink_to(shutil.which(tool) or tool)
    made.has("id", "echo 1000")
    made.has("fc-list", "echo font")
    made.has("chromium", "true")
    made.has("initdb", "true")
    made.has("strace", "true")
    made.has("apt-get", f'echo "$@" >> {tmp_path}/installed')
    python = tmp_path / ".venv/bin/python"
    python.write_text("#!/bin/bash\nexit 1\n", encoding="utf-8")  # asked for zbar, it has none
    python.chmod(0o755)
    return made


def test_without_rights_one_line_says_what_to_install(machine: Machine):
    code, said = machine.sets_up("demo")
    assert code != 0
    assert said.strip().splitlines() == [
        "make: 请先安装 Please install first: libzbar0"
        " (Debian/Ubuntu: sudo apt-get install libzbar0)"]
    assert machine.installed == ""
    assert not (machine.home / ".venv/demo.done").exists()


def test_root_installs_only_what_is_missing(machine: Machine):
    machine.has("id", "echo 0")
    code, said = machine.sets_up("test")
    assert code == 0, said
    assert "libzbar0" in machine.installed
    assert "postgresql" not in machine.installed
    assert (machine.home / ".venv/test.done").exists()


def test_the_recorder_of_the_disk_comes_where_there_is_none(machine: Machine):
    machine.has("id", "echo 0")
    (machine.home / "bin/strace").unlink()
    code, said = machine.sets_up("test")
    assert code == 0, said
    assert "strace" in machine.installed


def test_sudo_without_a_password_is_used(machine: Machine):
    machine.has("sudo", '[ "$1" = -n ] && shift; "$@"')
    code, said = machine.sets_up("demo")
    assert code == 0, said
    assert "install -y --no-install-recommends libzbar0" in machine.installed


def test_nothing_is_installed_where_nothing_is_missing(machine: Machine):
    (machine.home / ".venv/bin/python").write_text("#!/bin/bash\nexit 0\n", encoding="utf-8")
    code, said = machine.sets_up("demo")
    assert (code, said, machine.installed) == (0, "", "")


def test_an_installation_that_fails_is_told_and_leaves_no_stamp(machine: Machine):
    machine.has("id", "echo 0")
    machine.has("apt-get", "[[ $* != *install* ]]")
    code, said = machine.sets_up("demo")
    assert code != 0
    assert "apt-get could not install: libzbar0" in said
    assert not (machine.home / ".venv/demo.done").exists()


def test_an_old_python_is_refused_in_words(machine: Machine):
    shutil.rmtree(machine.home / ".venv")
    machine.has("python3", '[ "$1" = -V ] && echo "Python 3.9.2" || exit 1')
    code, said = machine.sets_up("packages")
    assert code != 0
    assert "需要 Python 3.11" in said
    assert "Python 3.9.2" in said
    assert said.count("\n") == 1


def test_another_reader_of_zpl_comes_by_npm_where_there_is_one(machine: Machine):
    (machine.home / ".venv/bin/python").write_text("#!/bin/bash\nexit 0\n", encoding="utf-8")
    (machine.home / "bin/cp").symlink_to(shutil.which("cp") or "cp")
    eyes = "tests/drivers/printer/eyes"
    shutil.copytree(ROOT / eyes, machine.home / eyes)
    machine.has("npm", f'echo "npm $@" >> {machine.home}/installed')
    assert machine.sets_up("eyes")[0] == 0
    assert "npm ci --prefix .venv/eyes --ignore-scripts" in machine.installed
    assert (machine.home / ".venv/eyes/package-lock.json").exists()


def test_without_a_network_the_tests_do_without_another_reader(machine: Machine):
    (machine.home / ".venv/bin/python").write_text("#!/bin/bash\nexit 0\n", encoding="utf-8")
    machine.has("npm", "exit 1")
    code, said = machine.sets_up("test")
    assert code == 0
    assert "make eyes tries again" in said
    assert machine.sets_up("eyes")[0] != 0


def test_a_part_that_is_not_there_is_refused(machine: Machine):
    code, said = machine.sets_up("cellar")
    assert code != 0
    assert "no such part: cellar" in said
