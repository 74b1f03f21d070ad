"""Speak the texts of ``texts.yaml`` into the WAV files that the project ships.

The WAV files are in the repository: run this only after a change of the texts. It needs a C compiler, and::

    python3 -m venv /some/folder
    /some/folder/bin/pip install ttspico==0.3.2 pyloudnorm==0.2.0 PyYAML
    /some/folder/bin/python sounds/make.py

The voices are those of SVOX Pico (Apache-2.0). The same texts give the same bytes. Each file is 16-bit PCM,
mono, 16 kHz; there are at most 0.15 s of silence at both ends and 0.3 s between words; the loudness (ITU-R
BS.1770-4, integrated) is brought to -20 LUFS, or as near to it as a peak of -2 dBFS allows. A table tells
what came out.
"""

from __future__ import annotations

import argparse
import wave
from pathlib import Path

import numpy as np
import pyloudnorm
import ttspico
import yaml

HERE = Path(__file__).resolve().parent
VOICES = {"it": ("it-IT", 115), "en": ("en-GB", 104)}  # name, and speed in per cent
RATE = 16000
LOUDNESS_LUFS = -20.0
PEAK_DBFS = -2.0
PAUSE_SECONDS = 0.15

# At full volume, 100, the engine itself clips loud vowels.
ENGINE_VOLUME = 50
FRAME = RATE // 100
# High enough to leave out the click with which the Italian voice ends, half a second after the last word.
SPEECH_ABOVE_PEAK_DB = -32.0


def main() -> None:
    """Make all sounds, and print a table of them."""
    arguments = argparse.ArgumentParser(description="Make the shipped sounds from texts.yaml.")
    arguments.add_argument("--out", type=Path, default=HERE, help="folder to write to (default: beside me)")
    out = arguments.parse_args().out
    texts = yaml.safe_load((HERE / "texts.yaml").read_text(encoding="utf-8"))
    print(f"{'file':30} {'seconds':>8} {'LUFS':>7} {'peak dBFS':>10}")
    for language, named in texts.items():
        (out / language).mkdir(parents=True, exist_ok=True)
        for name, text in named.items():
            # What is no text is a tone: its frequency, and how long it lasts.
            said = spoken(text, *VOICES[language]) if isinstance(text, str) else tone(**text)
            samples = levelled(trimmed(said))
            write(out / language / f"{name}.wav", samples)
            print(
                f"{f'{language}/{name}.wav':30} {len(samples) / RATE:8.2f} {loudness(samples):7.1f} "
                f"{decibels(peak(samples)):10.1f}"
            )


def spoken(text: str, voice: str, speed: int) -> np.ndarray:
    """Speak ``text``: samples between -1 and 1 at RATE."""
    # A new engine for each text: one that has spoken before speaks the same text differently.
    engine = ttspico.TtsEngine(voice)
    engine.volume = ENGINE_VOLUME
    engine.rate = speed
    samples = np.frombuffer(engine.speak(text), dtype="<i2") / 32768
    if not len(samples) or peak(samples) > 0.99:
        raise SystemExit(f"the engine said nothing, or clipped: {text}")
    return samples


def tone(hertz: float, seconds: float) -> np.ndarray:
    """Return a tone whose ends swell and fade, so that they do not click."""
    times = np.arange(round(seconds * RATE)) / RATE
    swell = np.clip(np.minimum(times, times[-1] - times) / 0.01, 0, 1)
    return 0.5 * swell * np.sin(2 * np.pi * hertz * times)


def trimmed(samples: np.ndarray) -> np.ndarray:
    """Cut all silence that is further than PAUSE_SECONDS from speech."""
    frames = samples[: len(samples) // FRAME * FRAME].reshape(-1, FRAME)
    levels = np.sqrt((frames**2).mean(axis=1))
    speech = levels > levels.max() * 10 ** (SPEECH_ABOVE_PEAK_DB / 20)
    reach = round(PAUSE_SECONDS * RATE / FRAME)
    kept = np.convolve(np.pad(speech, reach), np.ones(2 * reach + 1), mode="same") > 0
    return np.pad(frames, ((reach, reach), (0, 0)))[kept].ravel()


def levelled(samples: np.ndarray) -> np.ndarray:
    """Bring the loudness to LOUDNESS_LUFS, as far as PEAK_DBFS allows."""
    gain = 10 ** ((LOUDNESS_LUFS - loudness(samples)) / 20)
    return samples * min(gain, 10 ** (PEAK_DBFS / 20) / peak(samples))


def loudness(samples: np.ndarray) -> float:
    """Return the integrated loudness in LUFS."""
    return float(pyloudnorm.Meter(RATE).integrated_loudness(samples))


def peak(samples: np.ndarray) -> float:
    """Return the largest sample, between 0 and 1."""
    return float(np.abs(samples).max())


def decibels(value: float) -> float:
    """Return a level between 0 and 1 in dBFS."""
    return float(20 * np.log10(value))


def write(path: Path, samples: np.ndarray) -> None:
    """Write samples between -1 and 1 as 16-bit PCM."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(np.round(samples * 32767).astype("<i2").tobytes())


if __name__ == "__main__":
    main()
