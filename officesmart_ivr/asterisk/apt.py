"""A private APT: packages fetched without root, and without touching the machine's own package state.

``apt-get`` does the work with lists, cache and status of its own below one folder. Signatures are always
checked. The machine's own APT configuration stays in force where it says how to reach the network (proxies);
see apt.conf(5) for the order in which configuration is read: the file given with ``-c`` comes last.

Standard library only: ``officesmart_ivr.bootstrap`` needs it before anything is installed.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from officesmart_ivr.asterisk.apt_sources import Source
from officesmart_ivr.asterisk.leash import leashed
from officesmart_ivr.errors import ToolboxError

Progress = Callable[[str, int, int], None]
"""Called with the name of a step, how much of it is done, and how much there is to do."""
Warn = Callable[[str], None]
"""Called with something the user should know but that stops nothing."""

_CONFIGURATION = """\
Dir::State "{folder}/state";
Dir::State::status "{folder}/status";
Dir::Cache "{folder}/cache";
Dir::Log "{folder}/log";
Dir::Etc::SourceList "/dev/null";
Dir::Etc::SourceParts "{folder}/sources.d";
Dir::Etc::Preferences "/dev/null";
Dir::Etc::PreferencesParts "/dev/null";
APT::Architecture "{architecture}";
#clear APT::Architectures;
APT::Architectures {{ "{architecture}"; }};
APT::Install-Recommends "false";
APT::Get::AllowUnauthenticated "false";
APT::Update::Error-Mode "any";
// Root would drop to the user _apt, who cannot reach a folder in somebody's home.
APT::Sandbox::User "root";
Acquire::Languages "none";
Acquire::PDiffs "false";
Acquire::Retries "2";
Acquire::AllowInsecureRepositories "false";
// What the machine does after its own updates is none of our business.
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear DPkg::Pre-Invoke;
#clear DPkg::Post-Invoke;
#clear DPkg::Pre-Install-Pkgs;
#clear Acquire::IndexTargets::deb::DEP-11;
#clear Acquire::IndexTargets::deb::CNF;
#clear Acquire::IndexTargets::deb::Contents-deb;
"""

_EXPIRED = re.compile(r"Release file for \S+ is expired")
# What apt-get says (in the C locale), what we say, and what can be done.
_CAUSES = (
    (
        r"Could not resolve|Temporary failure resolving|Could not connect|Unable to connect|Connection failed"
        r"|Connection timed out|Network is unreachable|No route to host|Connection refused",
        "The package mirror cannot be reached",
        "Check the network, and the proxy in APT's configuration; --mirror URL names another Debian mirror.",
    ),
    (
        r"does not have a Release file|Failed to fetch \S+  4\d\d  ",
        "The mirror does not carry what is needed",
        "Name a full Debian mirror with --mirror URL.",
    ),
    (
        r"NO_PUBKEY|EXPKEYSIG|REVKEYSIG|BADSIG|is not signed|couldn't be verified|unauthenticated",
        "The packages' signatures could not be verified",
        "Update the package debian-archive-keyring, or install Asterisk 22.10.1 or later yourself.",
    ),
    (
        r"Release file for \S+ is not valid yet",
        "The mirror's files are dated in the future",
        "Set this machine's clock.",
    ),
    (
        r"No space left on device|don't have enough free space|Disk quota exceeded",
        "There is no space left for the packages",
        "Free some space, or put the cache on another disk with --cache.",
    ),
    (
        r"Unable to locate package|has no installation candidate|unmet dependencies"
        r"|Unable to correct problems",
        "The mirror does not offer a package that is needed",
        "Name a full and current Debian mirror with --mirror URL.",
    ),
)


class Apt:
    """APT with everything it keeps below ``folder``. Make it, ``update`` it, then fetch.

    ``present`` names packages that APT is told are installed, so that they and what only they need are not
    fetched.
    """

    def __init__(
        self,
        folder: Path,
        sources: Iterable[Source],
        *,
        present: Sequence[str] = (),
        progress: Progress,
        warn: Warn,
    ) -> None:
        require_programs()
        self.folder = folder.absolute()
        self.architecture = _output("dpkg", "--print-architecture")
        self._log = self.folder / "apt.log"
        self._options: list[str] = []
        self._progress = progress
        self._warn = warn
        self._prepare(list(sources), present)

    def _prepare(self, sources: Sequence[Source], present: Sequence[str]) -> None:
        for name in ("state/lists/partial", "cache/archives/partial", "log", "sources.d"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        for form in ("list", "sources"):
            text = "".join(source.text for source in sources if source.form == form)
            (self.folder / "sources.d" / f"private.{form}").write_text(text, encoding="utf-8")
        status = "".join(
            f"Package: {name}\nStatus: install ok installed\nArchitecture: {self.architecture}\n"
            "Multi-Arch: allowed\nMaintainer: nobody\nVersion: 9999:0\nDescription: provided by nobody\n\n"
            for name in present
        )
        (self.folder / "status").write_text(status, encoding="utf-8")
        (self.folder / "apt.conf").write_text(
            _CONFIGURATION.format(folder=self.folder, architecture=self.architecture), encoding="utf-8"
        )

    def update(self) -> None:
        """Fetch the lists of packages. A mirror past its Valid-Until date is used with a warning.

        Raises ToolboxError, by cause.
        """
        step = "package lists"
        complaints = self._run(step, "update")
        if complaints and all(_EXPIRED.search(line) for line in complaints):
            self._warn(
                "The package mirror's lists are past their Valid-Until date: the mirror is an old copy, or "
                "this machine's clock runs ahead. Signatures are checked all the same."
            )
            self._options += ["-o", "Acquire::Check-Valid-Until=false"]
            complaints = self._run(step, "update")
        self._raise_for(complaints)

    def candidate(self, package: str) -> str:
        """The version of ``package`` that would be fetched, or "" if there is none."""
        text = _output("apt-cache", *self._arguments(), "policy", package)
        match = re.search(r"^\s*Candidate: (\S+)$", text, re.MULTILINE)
        return match[1] if match and match[1] != "(none)" else ""

    def fetch(self, packages: Sequence[str]) -> list[Path]:
        """Fetch ``packages`` and all they depend on, going on where an interrupted run stopped.

        Raises ToolboxError, by cause.
        """
        complaints = self._run(
            "download", "--yes", "--no-remove", "--download-only", "install", "--", *packages
        )
        self._raise_for(complaints)
        return sorted((self.folder / "cache/archives").glob("*.deb"))

    def fetch_alone(self, packages: Sequence[str]) -> list[Path]:
        """Fetch ``packages`` without what they depend on. Raises ToolboxError."""
        folder = self.folder / "alone"
        folder.mkdir(exist_ok=True)
        self._raise_for(self._run("download", "download", "--", *packages, cwd=folder))
        return sorted(folder.glob("*.deb"))

    def _arguments(self) -> list[str]:
        return ["-c", str(self.folder / "apt.conf"), *self._options]

    def _run(self, step: str, *arguments: str, cwd: Path | None = None) -> list[str]:
        """Run apt-get; give back what it complained of, an empty list if it did its work."""
        shown = 0
        self._progress(step, shown, 100)
        read_end, write_end = os.pipe()
        command = ["apt-get", *self._arguments(), "-o", f"APT::Status-Fd={write_end}", *arguments]
        start = self._log.stat().st_size if self._log.exists() else 0
        with self._log.open("ab") as log, os.fdopen(read_end, encoding="utf-8", errors="replace") as status:
            process = subprocess.Popen(
                leashed(command),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=cwd,
                env=_environment(),
                pass_fds=(write_end,),
            )
            os.close(write_end)
            for line in status:
                # "dlstatus:ITEM:PERCENT:TEXT"; other kinds tell of installing, which never happens here.
                kind, _, rest = line.partition(":")
                percent = int(float(rest.split(":")[1])) if kind == "dlstatus" else 0
                if shown < percent <= 100:
                    shown = percent
                    self._progress(step, shown, 100)
            code = process.wait()
        if code == 0:
            self._progress(step, 100, 100)
            return []
        with self._log.open("rb") as log:
            log.seek(start)
            text = log.read().decode("utf-8", errors="replace")
        return re.findall(r"^E: .*$", text, re.MULTILINE) or [f"apt-get ended with code {code}"]

    def _raise_for(self, complaints: Sequence[str]) -> None:
        if not complaints:
            return
        said = "\n".join(f"  {line}" for line in complaints[:5])
        for pattern, message, remedy in _CAUSES:
            if any(re.search(pattern, line) for line in complaints):
                raise ToolboxError(f"{message}. apt-get says:\n{said}", remedy=remedy)
        raise ToolboxError(f"apt-get failed:\n{said}", remedy=f"Its whole output is in {self._log}.")


def require_programs() -> None:
    """Raise ToolboxError unless this machine has the programs that fetch and unpack Debian packages."""
    missing = [name for name in ("apt-get", "apt-cache", "dpkg", "dpkg-deb") if shutil.which(name) is None]
    if missing:
        raise ToolboxError(
            f"This machine has no {missing[0]}, so Debian's packages cannot be fetched.",
            remedy="Use Debian or Ubuntu, or install Asterisk 22.10.1 or later yourself.",
        )


def unpack(package: Path, folder: Path) -> None:
    """Unpack one .deb below ``folder``. Raises ToolboxError."""
    done = subprocess.run(
        ["dpkg-deb", "-x", str(package), str(folder)],
        capture_output=True, text=True, errors="replace", env=_environment(), check=False,
    )  # fmt: skip
    if done.returncode != 0:
        raise ToolboxError(
            f"{package.name} could not be unpacked into {folder}: {done.stderr.strip()}",
            remedy="Check the free space on that disk, and that nothing on it forbids writing.",
        )


def package_version(package: Path) -> tuple[str, str]:
    """Name and version of a .deb."""
    name, version = _output("dpkg-deb", "--show", "--showformat=${Package} ${Version}", str(package)).split(
        " "
    )
    return name, version


def _output(*command: str) -> str:
    done = subprocess.run(
        command, capture_output=True, text=True, errors="replace", env=_environment(), check=False
    )
    if done.returncode != 0:
        raise ToolboxError(
            f"{' '.join(command)} failed: {done.stderr.strip() or done.returncode}",
            remedy="Check that APT itself works on this machine: apt-get check.",
        )
    return done.stdout.strip()


def _environment() -> dict[str, str]:
    # The messages are read by this module, so they must not be translated.
    return {**os.environ, "LC_ALL": "C", "LANGUAGE": "C", "DEBIAN_FRONTEND": "noninteractive"}
