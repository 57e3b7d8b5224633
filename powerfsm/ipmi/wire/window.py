"""Which session sequence numbers a receiver takes (IPMI 2.0, 6.12.13).

A number is taken once, if it lies from 16 below to 15 above the highest taken so far.
"""

_BELOW = 16
_ABOVE = 15
_SPAN = 1 << 32
_HALF = 1 << 31
_MASK = (1 << (_BELOW + 1)) - 1


class SequenceWindow:
    """What has been taken of one direction of one session."""

    __slots__ = ("_highest", "_seen")

    def __init__(self) -> None:
        """Begin before number 1, the first of a session."""
        self._highest = 0
        # Bit n: `highest - n` was taken, or lies before the beginning.
        self._seen = _MASK

    @property
    def highest(self) -> int:
        """The highest number taken; 0 before the first."""
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
            if behind > _BELOW or self._seen >> behind & 1:
                return False
            self._seen |= 1 << behind
            return True
        if ahead == 0 or ahead > _ABOVE:
            return False
        self._seen = (self._seen << ahead | 1) & _MASK
        self._highest = sequence
        return True


def following(sequence: int) -> int:
    """Return the number after `sequence`; 0 is never one, it marks packets outside of a session."""
    return sequence + 1 if sequence < _SPAN - 1 else 1
