"""What outlives a call: ports, and their implementations."""
