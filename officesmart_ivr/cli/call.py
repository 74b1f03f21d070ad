"""``officesmart-ivr call``: a test call."""
