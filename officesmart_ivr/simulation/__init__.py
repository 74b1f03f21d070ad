"""Calls under a virtual clock: what would happen, by the same rules as live calls, without Asterisk."""
