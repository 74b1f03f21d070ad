"""An office attendant on Asterisk: one call plan decides who hears what and who rings."""

__version__ = "0.1.0"
