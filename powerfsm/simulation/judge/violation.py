"""What a judge finds."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Violation:
    """A promise that was broken.

    Attributes:
        promise: Its number.
        at: When it was found broken, in virtual seconds.
        node: Whose, or None: the daemon's.
        what: What happened, in one sentence for people.
    """

    promise: int
    at: float
    node: str | None
    what: str
