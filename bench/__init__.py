"""The benchmark: what callers wait for, against a native dialplan on the same Asterisk in the same run.

``python -m bench`` places the same calls to both, turn by turn. See docs/how-to/bench.md.
"""
