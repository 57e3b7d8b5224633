"""Which session sequence numbers a receiver takes (IPMI 2.0, 6.12.12 and 6.12.13).

A number is taken once, if it lies near enough to the highest taken so far: from 16 below to 15 above in
RMCP+, from 8 below to 8 above in IPMI 1.5.
"""

BELOW = 16
ABOVE = 15
BELOW_15 = 8
ABOVE_15 = 8

_SPAN = 1 << 32
_HALF = 1 << 31


class SequenceWindow:
    """What has been taken of one direction of one session.

    Attributes:
        below: How far below the highest a number may lie.
        above: How far above it.
    """

    __slots__ = ("_highest", "_seen", "above", "below")

    def __init__(self, *, before: int = 0, below: int = BELOW, above: int = ABOVE) -> None:
        """Begin right after the number `before`; RMCP+ sessions begin with 1."""
        self.below = below
        self.above = above
        self._highest = before
        # Bit n: `highest - n` was taken, or lies before the beginning.
        self._seen = self._mask

    @property
    def highest(self) -> int:
        """The highest number taken; before the first, what it is to follow."""
        return self._highest

    def accept(self, sequence: int) -> bool:
        """Whether the number is in the window and new; then it counts as taken.

        Only a packet whose authentication code was checked may be asked about: a forged number would
        move the window away from the true ones.
        """
        if sequence == 0:
            return False
        ahead = (sequence - self._highest) % _SPAN
        if ahead >= _HALF:
            behind = _SPAN - ahead
            if behind > self.below or self._seen >> behind & 1:
                return False
            self._seen |= 1 << behind
            return True
        if ahead == 0 or ahead > self.above:
            return False
        self._seen = (self._seen << ahead | 1) & self._mask
        self._highest = sequence
        return True

    @property
    def _mask(self) -> int:
        return (1 << (self.below + 1)) - 1


def is_after(sequence: int, other: int) -> bool:
    """Whether a number was given out after another one, of the same direction of the same session."""
    return 0 < (sequence - other) % _SPAN < _HALF


def following(sequence: int) -> int:
    """Return the number after `sequence`; 0 is never one, it marks packets outside of a session."""
    return sequence + 1 if sequence < _SPAN - 1 else 1
