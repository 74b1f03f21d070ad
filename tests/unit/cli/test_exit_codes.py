"""What the exit code of a command tells a supervisor."""

from __future__ import annotations

import pytest

from officesmart_ivr.cli import main
from officesmart_ivr.errors import AriConflictError, OfficeSmartError, SettingsError


@pytest.mark.parametrize(("error", "code"), [(AriConflictError, 3), (SettingsError, 1)])
def test_who_was_replaced_must_not_be_started_again(
    monkeypatch: pytest.MonkeyPatch, error: type[OfficeSmartError], code: int
) -> None:
    def app() -> None:
        raise error("another one")

    monkeypatch.setattr(main, "app", app)
    with pytest.raises(SystemExit) as ended:
        main.main()
    assert ended.value.code == code
