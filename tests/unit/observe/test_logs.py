from __future__ import annotations

import pytest

from officesmart_ivr.observe.logs import mask


@pytest.mark.parametrize(
    ("number", "shown"),
    [("", ""), ("201", "201"), ("2012", "2012"), ("20123", "20*23"), ("+390612345678", "+3*********78")],
)
def test_the_middle_of_a_number_is_hidden(number: str, shown: str) -> None:
    assert mask(number) == shown
