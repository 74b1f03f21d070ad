"""The caller's channel over FastAGI: commands that block, on pyst2.

pyst2 is written for scripts that Asterisk starts, with standard input and output, SIGHUP for the end of a
call, and a trace of everything on standard error. Over a socket there is no signal: Asterisk writes a line
HANGUP between its answers. What differs is here and nowhere else.
"""

from __future__ import annotations

from typing import TextIO

from asterisk.agi import AGI, AGIAppError, AGIError

from officesmart_ivr.calls.outcomes import KEYS
from officesmart_ivr.errors import AgiError, CallerGoneError

_LONGEST_LINE = 65536
_NOT_TO_BE_QUOTED = str.maketrans("", "", '"\\\r\n\0')


class _Answers:
    """The lines that Asterisk sends. ``hung_up``: it has said that the caller is gone."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.hung_up = False

    def readline(self) -> str:
        """Return the next line that answers something. Raises CallerGoneError when there is none."""
        while True:
            try:
                line = self._stream.readline(_LONGEST_LINE)
            except (OSError, ValueError) as error:
                raise CallerGoneError(f"Asterisk is gone: {error}") from error
            if not line:
                raise CallerGoneError("Asterisk has closed the connection")
            if line.strip() != "HANGUP":
                return line
            self.hung_up = True


class _NoTrace:
    """Where pyst2's trace goes: it would have the callers' numbers in it."""

    def write(self, text: str) -> None:
        """Forget it."""


class Channel(AGI):  # type: ignore[misc]
    """A caller's channel. Every method blocks, and raises CallerGoneError when the caller is gone.

    What Asterisk says is read from ``answers``, and commands go to ``commands``: two streams over one
    connection, because one for both forgets at each write what it has read ahead. ``env`` has what is said
    first of the call.
    """

    def __init__(self, answers: TextIO, commands: TextIO) -> None:
        # Not that of AGI, which makes SIGHUP its own and cannot be called in a thread.
        self._answers = _Answers(answers)
        self.stdin, self.stdout, self.stderr = self._answers, commands, _NoTrace()
        self._got_sighup = False
        self.env: dict[str, str] = {}
        self._get_agi_env()

    @property
    def arguments(self) -> list[str]:
        """What the dialplan gives."""
        names = sorted(name for name in self.env if name.startswith("agi_arg_"))
        return [self.env[name] for name in names]

    def shown(self, name: str) -> str:
        """Return a number or name of the caller; empty where there is none."""
        value = self.env.get(name, "")
        return "" if value == "unknown" else value

    def stream(self, path: str) -> tuple[str, bool]:
        """Play a sound to its end or to a key; return the key or "", and whether anything was played."""
        said = self._ask("STREAM FILE", _quoted(path), _quoted("".join(KEYS)))
        key, end = _key(said["result"][0]), said.get("endpos", ("0", ""))[0]
        return key, bool(key) or end != "0"

    def wait_for_key(self, milliseconds: int) -> str:
        """Wait for a key for so long; return it, or ""."""
        return _key(self._ask("WAIT FOR DIGIT", milliseconds)["result"][0])

    def pick_up(self) -> None:
        """Answer the call."""
        self._ask("ANSWER")

    def run(self, application: str, arguments: str = "") -> None:
        """Run an application of the dialplan to its end."""
        said = self._ask("EXEC", application, _quoted(arguments))
        if said["result"][0] == "-2":
            raise AgiError(f"this Asterisk has no application {application}")

    def release(self, cause: int) -> None:
        """Hang up with a cause of Q.850."""
        try:
            self.run("Hangup", str(cause))
        except CallerGoneError:
            return

    def value(self, expression: str, *, of_the_dead: bool = False) -> str:
        """Return what a variable or function of the dialplan has.

        ``of_the_dead``: also of a call that is over.
        """
        said = self._ask("GET FULL VARIABLE", _quoted("${" + expression + "}"), of_the_dead=of_the_dead)
        return str(said["result"][1])

    def put(self, name: str, value: str) -> None:
        """Set a variable of the channel, or call a function of the dialplan that writes."""
        self._ask("SET VARIABLE", _quoted(name), _quoted(value))

    def _ask(self, command: str, *arguments: object, of_the_dead: bool = False) -> dict[str, tuple[str, str]]:
        try:
            said: dict[str, tuple[str, str]] = self.execute(command, *arguments)
        except (AGIAppError, OSError, ValueError) as error:
            # -1 is Asterisk's answer for a call that is over.
            raise CallerGoneError(f"{command}: {error}") from error
        except AGIError as error:
            if error.args[:1] == (511,):
                raise CallerGoneError(f"{command}: the channel is dead") from error
            raise AgiError(f"Asterisk refuses {command}: {error}") from error
        if self._answers.hung_up and not of_the_dead:
            raise CallerGoneError("the caller has hung up")
        return said


def _key(result: str) -> str:
    key = chr(int(result)) if int(result) > 0 else ""
    return key if key in KEYS else ""


def _quoted(text: str) -> str:
    return '"' + text.translate(_NOT_TO_BE_QUOTED) + '"'
