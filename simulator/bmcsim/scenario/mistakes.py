"""What is wrong with a scenario: all of it at once, each with the file and the line to go to."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Mistake:
    """One mistake.

    Attributes:
        file: The file as it was named when it was read.
        line: 1 is the first line.
        text: What is wrong, and what was expected.
    """

    file: str
    line: int
    text: str

    def __str__(self) -> str:
        """Say it as compilers do, so that editors find the place."""
        return f"{self.file}:{self.line}: {self.text}"


class ScenarioError(ValueError):
    """A scenario that cannot be run.  As a string: one mistake a line, in the order of the file.

    Attributes:
        mistakes: At least one.
    """

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        """Tell of `mistakes`."""
        self.mistakes = tuple(sorted(set(mistakes)))
        super().__init__("\n".join(map(str, self.mistakes)))
