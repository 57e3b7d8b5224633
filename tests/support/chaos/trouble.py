"""What a trouble is, and what came of one."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from chaos.scene import Scene
from chaos.vitals import Vitals


def nothing() -> str | None:
    """It can be done everywhere."""
    return None


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that goes wrong around a daemon.

    Attributes:
        name: What `--only` calls it.
        about: What is done, in one line.
        inflict: Does it, in the middle of a storm; returns once the daemon has to be well again, and says what
            was done and seen.  Raises `Broken` where a promise was.
        missing: What this machine lacks for it, in words that end a sentence, or None.
    """

    name: str
    about: str
    inflict: Callable[[Scene], Awaitable[str]]
    missing: Callable[[], str | None] = nothing


@dataclass(frozen=True, slots=True)
class Round:
    """One trouble, and what it left behind.

    Attributes:
        trouble: Its name.
        said: What it did and saw.
        seconds: How long storm, trouble and calm took together.
        answered: Requests for one node that were answered.
        broken: What must not have happened, in words; empty where all is well.
        after: What the daemon held once everything had ended, or None where it was not there.
        peak: The most memory, and the most descriptors, that it was seen to hold.
    """

    trouble: str
    said: str
    seconds: float
    answered: int
    broken: tuple[str, ...]
    after: Vitals | None
    peak: tuple[int, int]
