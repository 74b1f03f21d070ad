"""How every command tells an error: on standard error, what is wrong and what to do about it."""

from __future__ import annotations

from officesmart_ivr.cli import language as languages
from officesmart_ivr.errors import OfficeSmartError, PlanError
from officesmart_ivr.messages import Language
from officesmart_ivr.translations import in_language


def complain(error: OfficeSmartError, language: Language | None = None) -> None:
    """Print an error to standard error as ``error: …`` and ``remedy: …``, after the findings of a plan.

    ``language``: None for the user's.
    """
    from rich.console import Console
    from rich.markup import escape

    shown_in = languages.chosen(language)
    console = Console(stderr=True, highlight=False)
    if isinstance(error, PlanError):
        for finding in languages.in_words(error.findings, shown_in):
            console.print(escape(str(finding)), soft_wrap=True)
    console.print("[bold red]error:[/]", escape(in_language(error.said, shown_in)), soft_wrap=True)
    if error.remedy:
        console.print("[bold]remedy:[/]", escape(in_language(error.said_remedy, shown_in)), soft_wrap=True)
