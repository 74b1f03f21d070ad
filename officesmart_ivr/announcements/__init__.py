"""What callers hear: which sound files are accepted, and how they reach Asterisk."""
