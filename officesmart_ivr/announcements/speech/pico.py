"""SVOX Pico as a program: ``python -m …pico LANGUAGE SPEED OUTPUT``, the text on standard input.

Pico is C inside the process that uses it; here that process is one that nothing else depends on.
"""

from __future__ import annotations

import sys
import wave

import ttspico

_RATE = 16000
_USUAL_SPEED = {"it-IT": 115, "en-GB": 104}  # per cent of Pico's own, which drags in Italian
_VOLUME = 50  # at full volume, 100, the engine itself clips loud vowels


def main() -> None:
    """Speak standard input."""
    language, speed, output = sys.argv[1:]
    text = sys.stdin.buffer.read().decode().replace("<", " ").replace(">", " ")  # Pico's own marks
    engine = ttspico.TtsEngine(language)
    engine.volume = _VOLUME
    engine.rate = max(20, min(500, _USUAL_SPEED[language] * int(speed) // 100))
    samples = engine.speak(text) or b""
    with wave.open(output, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(_RATE)
        file.writeframes(samples)


if __name__ == "__main__":
    main()
