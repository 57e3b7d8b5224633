"""Drawing lots: everything that a seed decides, in one stream."""

import math
from collections.abc import Mapping, Sequence
from random import Random
from typing import TypeVar

T = TypeVar("T")

_AT_ONCE, _SETTLED = 0.5, 0.75
_PAUSES = (0.1, 0.3, 1.0, 2.0, 2.99, 5.0, 10.0, 25.0, 60.0, 101.0)


class Lots:
    """A stream of draws; the same for the same name and seed in any process."""

    def __init__(self, name: str, seed: int) -> None:
        """Begin at the beginning of the stream."""
        self._random = Random(f"{name}/{seed}")

    def happens(self, chance: float) -> bool:
        """Whether something of this probability happens."""
        return self._random.random() < chance

    def seconds(self, low: float, high: float) -> float:
        """Seconds, evenly between two."""
        return round(low + (high - low) * self._random.random(), 6)

    def magnitude(self, low: float, high: float) -> float:
        """Seconds, evenly between the magnitudes of two: as many below 0.1 as above for 0.01 to 1."""
        low = max(low, 1e-4)
        return round(math.exp(math.log(low) + math.log(max(high, low) / low) * self._random.random()), 6)

    def count(self, low: int, high: int) -> int:
        """A number, both ends included."""
        return self._random.randint(low, high)

    def one(self, of: Sequence[T]) -> T:
        """One of several."""
        return of[self._random.randrange(len(of))]

    def few(self, of: Sequence[T], count: int) -> list[T]:
        """Several different ones, in the order in which they stand there."""
        places = sorted(self._random.sample(range(len(of)), min(count, len(of))))
        return [of[place] for place in places]

    def weighed(self, weights: Mapping[T, float]) -> T:
        """One of several, by weight."""
        return self._random.choices(list(weights), list(weights.values()))[0]

    def kept(self, weights: Mapping[T, float], keep: float) -> dict[T, float]:
        """Those of several that this seed has: each with probability `keep`, and one at least where any can be."""
        possible = {one: weight for one, weight in weights.items() if weight > 0}
        chosen = {one: weight for one, weight in possible.items() if self.happens(keep)}
        if chosen or not possible:
            return chosen
        one = self.weighed(possible)
        return {one: possible[one]}

    def span(self, low: float, high: float) -> tuple[float, float]:
        """A range within a range."""
        first, second = self.seconds(low, high), self.seconds(low, high)
        return min(first, second), max(first, second)

    def moment(self) -> float:
        """Seconds after something has begun at which something else strikes.

        Half of all fall into the milliseconds in which an action logs in and sends, a quarter into those after it
        has settled, and the others anywhere.
        """
        instant, when = self.seconds(0, 0.03), self._random.random()
        if when < _AT_ONCE:
            return instant
        if when < _SETTLED:
            return round(3 + instant, 6)
        return self.one(_PAUSES)
