"""Text to speech: an engine is any program that reads a text and writes a WAV file."""
