"""How a plan goes live: one door for the start, edits, rollbacks and publications."""
