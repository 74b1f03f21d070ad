"""The rules of a call, pure: no clock, no network, no disk, no tasks.

:func:`officesmart_ivr.core.call.step` is the only entrance. Drivers (live calls, simulation) turn what
happens into :mod:`events`, call ``step``, and carry out the :mod:`effects` it returns.
"""
