"""From a clone to something that runs: makes the virtual environment and installs the project into it.

Run by the Makefile as ``python3 -m officesmart_ivr.bootstrap --venv .venv [--extra dev]``, from the checkout,
on a machine that may have nothing but Python. Does nothing, quickly, if nothing has changed since.

Debian and Ubuntu split Python up: a plain ``python3`` has neither pip nor what the ``venv`` module needs to
install it. Then pip comes from the machine's own package sources, without root (see ``asterisk.apt``).

Standard library only. This file must also be *read* by older Pythons, to tell them that they are too old.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

MINIMUM_PYTHON = (3, 11)
OTHER_PYTHONS = ("python3", "python3.14", "python3.13", "python3.12", "python3.11")
STAMP = "officesmart-setup.json"
PIP_PACKAGE = "python3-pip-whl"
_WHEELS = "usr/share/python-wheels"


def main() -> int:
    """Set the project up; the exit code for the shell."""
    parser = argparse.ArgumentParser(
        prog="python3 -m officesmart_ivr.bootstrap", description="Set up the project."
    )
    parser.add_argument("--venv", type=Path, default=Path(".venv"), help="folder of the virtual environment")
    parser.add_argument("--extra", action="append", default=[], help="also install this extra, such as dev")
    options = parser.parse_args()
    if sys.version_info < MINIMUM_PYTHON:
        return _hand_over()
    from officesmart_ivr.asterisk.tree import locked
    from officesmart_ivr.errors import OfficeSmartError

    checkout = Path(__file__).resolve().parents[1]
    try:
        (checkout / ".setup").mkdir(exist_ok=True)
        with locked(checkout / ".setup" / "lock", say):
            set_up(checkout, options.venv.absolute(), options.extra)
            compile_modules(checkout, options.venv.absolute())
    except OfficeSmartError as error:
        print(f"Setup failed: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def _hand_over() -> int:
    """Go on with a Python that is recent enough, if there is one."""
    for name in OTHER_PYTHONS:
        path = shutil.which(name)
        if path is None:
            continue
        asked = f"import sys; sys.exit(sys.version_info < {MINIMUM_PYTHON})"
        if subprocess.call([path, "-c", asked]) == 0:
            os.execv(path, [path, "-m", "officesmart_ivr.bootstrap", *sys.argv[1:]])
    print(
        "Setup failed: Python 3.11 or later is needed; this is {}.{}.\n"
        "Install one and run make with PYTHON=/path/to/it.".format(*sys.version_info),
        file=sys.stderr,
    )
    return 1


def say(text: str) -> None:
    """Tell the user what is going on, in one line."""
    print(text, file=sys.stderr, flush=True)


def set_up(checkout: Path, venv: Path, extras: list[str]) -> None:
    """Bring ``venv`` to what ``checkout`` asks for now. Raises ToolboxError."""
    wanted = {
        "pyproject": hashlib.sha256((checkout / "pyproject.toml").read_bytes()).hexdigest(),
        "checkout": str(checkout),
        "venv": str(venv),
        "python": _version_of(venv / "bin" / "python"),
    }
    stamp = _read(venv / STAMP)
    installed = set(stamp.pop("extras", []))
    if stamp == wanted and installed.issuperset(extras):
        return
    if not wanted["python"] or stamp.get("venv", str(venv)) != str(venv):
        say(f"Making the virtual environment {venv.name} …")
        _make(venv)
        wanted["python"] = _version_of(venv / "bin" / "python")
    if not _has_pip(venv):
        _give_pip(venv, checkout / ".setup")
    both = sorted(installed.union(extras))
    say("Installing what the project needs (about a minute the first time) …")
    target = f"{checkout}[{','.join(both)}]" if both else str(checkout)
    _run(
        [*_pip(venv), "install", "--quiet", "--editable", target],
        "The project's Python packages could not be installed",
        "Check the network and pip's configuration (pip config list).",
    )
    (venv / STAMP).write_text(json.dumps({**wanted, "extras": both}), encoding="utf-8")


def compile_modules(checkout: Path, venv: Path) -> None:
    """Compile the modules that have changed, as pip does for packages that it copies.

    Else each start takes half a second longer where Python may not write beside the modules (another user's
    folder, or PYTHONDONTWRITEBYTECODE). If that fails the program works all the same.
    """
    python, package = str(venv / "bin" / "python"), str(checkout / "officesmart_ivr")
    subprocess.run([python, "-m", "compileall", "-q", package], capture_output=True, check=False)


def _read(stamp: Path) -> dict[str, Any]:
    try:
        found = json.loads(stamp.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _version_of(python: Path) -> str:
    """The version of an interpreter, "" if it does not run or is too old for the project."""
    asked = f"import sys; print(sys.version) if sys.version_info >= {MINIMUM_PYTHON} else sys.exit(1)"
    try:
        done = subprocess.run([str(python), "-c", asked], capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def _make(venv: Path) -> None:
    command = [sys.executable, "-m", "venv", "--clear"]
    with_pip = subprocess.run([*command, str(venv)], capture_output=True, check=False)
    if with_pip.returncode != 0:
        _run(
            [*command, "--without-pip", str(venv)],
            "The virtual environment could not be made",
            "Install the whole of Python, such as the package python3-venv.",
        )


def _pip(venv: Path) -> list[str]:
    return [str(venv / "bin" / "python"), "-m", "pip", "--disable-pip-version-check"]


def _has_pip(venv: Path) -> bool:
    return subprocess.run([*_pip(venv), "--version"], capture_output=True, check=False).returncode == 0


def _give_pip(venv: Path, folder: Path) -> None:
    """Install pip into ``venv`` from a wheel, as ``ensurepip`` would do if it were there."""
    wheel = _pip_wheel(Path("/")) or _fetch_pip_wheel(folder)
    _run(
        [str(venv / "bin" / "python"), f"{wheel}/pip", "install", "--quiet", "--no-index", str(wheel)],
        "pip could not be installed",
        "Install pip for Python 3, such as the package python3-venv, and try again.",
    )


def _pip_wheel(root: Path) -> Path | None:
    return max(root.glob(f"{_WHEELS}/pip-*.whl"), default=None)


def _fetch_pip_wheel(folder: Path) -> Path:
    from officesmart_ivr.asterisk import apt, apt_sources
    from officesmart_ivr.errors import ToolboxError

    say(f"This Python has no pip: fetching it from the machine's own package sources ({PIP_PACKAGE}) …")
    remedy = "Install pip for Python 3, such as the package python3-venv, and try again."
    own = apt_sources.distribution_sources(apt_sources.machine_sources(), apt_sources.machine_codename())
    if not own:
        raise ToolboxError("This machine's package sources are neither Debian's nor Ubuntu's.", remedy=remedy)
    private = apt.Apt(folder / "apt", own, progress=lambda step, done, total: None, warn=say)
    private.update()
    for package in private.fetch_alone([PIP_PACKAGE]):
        apt.unpack(package, folder / "pip")
    shutil.rmtree(private.folder)
    wheel = _pip_wheel(folder / "pip")
    if wheel is None:
        raise ToolboxError(f"The package {PIP_PACKAGE} holds no pip.", remedy=remedy)
    return wheel


def _run(command: list[str], failed: str, remedy: str) -> None:
    from officesmart_ivr.errors import ToolboxError

    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", check=False
    )
    if done.returncode != 0:
        said = "\n".join(f"  {line}" for line in done.stdout.strip().splitlines()[-8:])
        raise ToolboxError(f"{failed}:\n{said}", remedy=remedy)


if __name__ == "__main__":
    sys.exit(main())
