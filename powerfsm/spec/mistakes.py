"""What is wrong with a spec: all of it at once, each with the file and the line to go to."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class SpecMistake:
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
        return f"{self.file}:{self.line}: {self.text}"


class SpecError(ValueError):
    """A spec that cannot be run.  As a string: one mistake a line, in the order of the file.

    Attributes:
        mistakes: At least one.
    """

    def __init__(self, mistakes: Iterable[SpecMistake]) -> None:
        self.mistakes = tuple(sorted(set(mistakes)))
        super().__init__("\n".join(map(str, self.mistakes)))


def one_of(names: Iterable[str]) -> str:
    """The names that would have been right, for the end of a mistake's text."""
    listed = ", ".join(names)
    return f"one of {listed}" if listed else "none (none are declared)"
