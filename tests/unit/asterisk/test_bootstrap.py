import subprocess
import sys
from pathlib import Path

import pytest

from officesmart_ivr import bootstrap
from officesmart_ivr.errors import ToolboxError


class Setup:
    """A checkout whose commands are noted in place of being run."""

    def __init__(self, folder: Path) -> None:
        self.checkout = folder / "checkout"
        self.venv = self.checkout / ".venv"
        self.checkout.mkdir()
        self.project = self.checkout / "pyproject.toml"
        self.project.write_text("[project]\n")
        self.installed: list[str] = []
        self.made = 0
        self.fails = False

    def run(self, command: list[str], failed: str, remedy: str) -> None:
        if self.fails:
            raise ToolboxError(failed, remedy=remedy)
        self.installed.append(command[-1].removeprefix(str(self.checkout)))

    def make(self, venv: Path) -> None:
        self.made += 1
        (venv / "bin").mkdir(parents=True, exist_ok=True)
        (venv / "bin" / "python").touch()

    def up(self, *extras: str) -> None:
        bootstrap.set_up(self.checkout, self.venv, list(extras))


@pytest.fixture
def setup(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Setup:
    made = Setup(tmp_path)
    monkeypatch.setattr(bootstrap, "_run", made.run)
    monkeypatch.setattr(bootstrap, "_make", made.make)
    monkeypatch.setattr(bootstrap, "_has_pip", lambda venv: True)
    monkeypatch.setattr(bootstrap, "_version_of", lambda python: "3.11.2" if python.exists() else "")
    return made


def test_nothing_is_done_twice(setup: Setup) -> None:
    setup.up()
    setup.up()
    assert setup.installed == [""]
    assert setup.made == 1


def test_a_changed_project_is_installed_again_with_the_extras_it_had(setup: Setup) -> None:
    setup.up("dev")
    setup.up()
    setup.project.write_text("[project]\nname = 'x'\n")
    setup.up()
    assert setup.installed == ["[dev]", "[dev]"]


def test_a_new_extra_is_added(setup: Setup) -> None:
    setup.up()
    setup.up("dev")
    assert setup.installed == ["", "[dev]"]


def test_what_failed_is_done_again(setup: Setup) -> None:
    setup.fails = True
    with pytest.raises(ToolboxError):
        setup.up()
    setup.fails = False
    setup.up()
    assert setup.installed == [""]


def test_pip_is_given_from_a_wheel_where_python_has_none(
    setup: Setup, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bootstrap, "_has_pip", lambda venv: False)
    monkeypatch.setattr(bootstrap, "_pip_wheel", lambda root: Path("/wheels/pip-1.whl"))
    setup.up()
    assert setup.installed == ["/wheels/pip-1.whl", ""]


def test_modules_are_compiled_even_where_python_writes_nothing_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    package, venv = tmp_path / "officesmart_ivr", tmp_path / ".venv"
    (venv / "bin").mkdir(parents=True)
    (venv / "bin" / "python").symlink_to(sys.executable)
    package.mkdir()
    (package / "module.py").write_text("x = 1\n")
    bootstrap.compile_modules(tmp_path, venv)
    assert len(list((package / "__pycache__").glob("module.*.pyc"))) == 1


def test_it_can_be_read_without_anything_installed() -> None:
    command = [
        "python3",
        "-I",
        "-S",
        "-c",
        "import sys; sys.path.insert(0, sys.argv[1]); import officesmart_ivr.bootstrap",
    ]
    done = subprocess.run([*command, str(Path(bootstrap.__file__).parents[1])], check=False)
    assert done.returncode == 0
