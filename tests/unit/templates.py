"""The templates of messages, as they are written in the code."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import officesmart_ivr

_PACKAGE = Path(officesmart_ivr.__file__).parent
_MODULE = "officesmart_ivr.messages"
_MAKERS = {"say", "template"}


def templates() -> dict[str, str]:
    """Return each template with the first place where it is written. Raises ValueError for what is none."""
    found: dict[str, str] = {}
    for file in sorted(_PACKAGE.rglob("*.py")):
        tree = ast.parse(file.read_text("utf-8"))
        for call in _calls(tree, is_home=file == _PACKAGE / "messages.py"):
            place = f"{file.relative_to(_PACKAGE)}:{call.lineno}"
            text = call.args[0] if len(call.args) == 1 else None
            if not (isinstance(text, ast.Constant) and isinstance(text.value, str)):
                raise ValueError(f"{place}: the template is no literal, so no translation can be looked for")
            found.setdefault(text.value, place)
    return found


def _calls(tree: ast.Module, *, is_home: bool) -> Iterator[ast.Call]:
    """Yield the calls of what makes messages; another module may have a function of such a name."""
    imported = {
        name.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == _MODULE
        for name in node.names
    }
    makers = _MAKERS if is_home else _MAKERS & imported
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in makers:
            yield node
