"""What became of a candidate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from officesmart_ivr.callplan.findings import Finding
from officesmart_ivr.errors import OfficeSmartError, PlanError
from officesmart_ivr.state.revisions import Revision


@dataclass(frozen=True, slots=True)
class Published:
    """Calls are served with it. ``is_new`` is false for one that is no other than the plan before.

    ``revision`` is None where it could not be kept. ``findings`` are warnings; ``notes`` say in words what an
    admin has to know, such as what only a restart can change.
    """

    revision: Revision | None
    is_new: bool
    seconds: float
    findings: Sequence[Finding] = ()
    notes: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Refused:
    """The plan before goes on. ``error`` says why."""

    error: OfficeSmartError
    seconds: float

    @property
    def findings(self) -> Sequence[Finding]:
        """What the check has found, warnings too; empty where it did not come to that."""
        return self.error.findings if isinstance(self.error, PlanError) else ()


Outcome = Published | Refused


def bare(error: OfficeSmartError) -> OfficeSmartError:
    """Return an error to be kept: without what led to it, which would keep the whole candidate in memory."""
    error.__traceback__ = error.__context__ = error.__cause__ = None
    return error
