"""Randomness from a seed: the same seed, name and number of throws give the same numbers in any process.

Python's own generator holds 2.5 kB of state; ten thousand BMCs with three streams each would spend 75 MB on
it.  A keyed hash over a counter is a few bytes, and its streams are independent of each other: packet loss
switched on does not change how long a machine takes to boot.
"""

from dataclasses import dataclass
from hashlib import blake2b
from typing import Self

_WORD = 8
_SCALE = 2.0 ** -(8 * _WORD)


@dataclass(frozen=True, slots=True)
class Span:
    """A length of time in seconds that is drawn anew each time, from `low` to `high`."""

    low: float
    high: float

    def __post_init__(self) -> None:
        """Refuse what is no span of time."""
        if not 0 <= self.low <= self.high < float("inf"):
            raise ValueError(f"a span of {self.low} to {self.high} seconds: need 0 <= low <= high")

    def __str__(self) -> str:
        """Write it the way `parse` reads it."""
        return f"{self.low:g}" if self.low == self.high else f"{self.low:g}-{self.high:g}"

    @classmethod
    def of(cls, seconds: float) -> Self:
        """Return a span that is always `seconds` long."""
        return cls(seconds, seconds)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `3` or `2-5`.

        Raises:
            ValueError: It is neither.
        """
        low, dash, high = text.partition("-")
        try:
            return cls(float(low), float(high if dash else low))
        except ValueError as error:
            raise ValueError(f"{text!r} is no span of seconds such as 3 or 0.5-2 ({error})") from None


class Dice:
    """One stream of random numbers."""

    __slots__ = ("_key", "_thrown")

    def __init__(self, seed: int, *names: str) -> None:
        """Start the stream that belongs to `names` under `seed`."""
        self._key = blake2b(repr((seed, *names)).encode(), digest_size=16).digest()
        self._thrown = 0

    def bytes(self, count: int) -> bytes:
        """Throw `count` bytes, at most 64."""
        self._thrown += 1
        return blake2b(self._thrown.to_bytes(8, "little"), key=self._key, digest_size=count).digest()

    def chance(self, probability: float) -> bool:
        """Throw true with `probability`."""
        return probability > 0 and self._fraction() < probability

    def seconds(self, span: Span) -> float:
        """Throw a length of time, evenly within `span`."""
        if span.low == span.high:
            return span.low
        return span.low + (span.high - span.low) * self._fraction()

    def _fraction(self) -> float:
        return int.from_bytes(self.bytes(_WORD), "little") * _SCALE
