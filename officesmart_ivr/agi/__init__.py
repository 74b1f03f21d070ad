"""The fallback: calls that the application is not there to take, served over FastAGI by the same rules."""
