"""Strategies: in which order a group's members are offered a call. One file each, and the port they fulfil.

Further ones come from other packages; :mod:`officesmart_ivr.plugins` finds them, and they are passed in.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from officesmart_ivr.core.strategies.circular import Circular
from officesmart_ivr.core.strategies.fewest_calls import FewestCalls
from officesmart_ivr.core.strategies.linear import Linear
from officesmart_ivr.core.strategies.port import GroupView, Strategy, Wave
from officesmart_ivr.core.strategies.ring_all import RingAll
from officesmart_ivr.core.strategies.uniform_longest_idle import UniformLongestIdle
from officesmart_ivr.core.strategies.uniform_sequential import UniformSequential
from officesmart_ivr.core.strategies.weighted import Weighted

__all__ = ["SHIPPED", "GroupView", "Strategy", "Wave"]

SHIPPED: Mapping[str, Strategy] = MappingProxyType(
    {
        "linear": Linear(),
        "circular": Circular(),
        "uniform_sequential": UniformSequential(),
        "uniform_longest_idle": UniformLongestIdle(),
        "ring_all": RingAll(),
        "weighted": Weighted(),
        "fewest_calls": FewestCalls(),
    }
)
"""The strategies that come with the program, by the names that a plan uses."""
