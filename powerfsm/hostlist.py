"""Hostlists: many names in one short text, `r1n[01-40],login1`, as people who run clusters write them.

ClusterShell reads and folds the ranges inside the brackets (`RangeSet`).  What stands around the brackets is
read here, for four reasons:

* Groups and wildcards run commands and read files of whoever set them up; a text from the network must do
  neither.  Set operators are not read either: what they mean depends on the order of evaluation.
* The size is known before anything is expanded: `n[1-999999999]` is refused, not tried.
* Patterns keep the order in which they are written, because names and BMC addresses are paired by position.
* `NodeSet` draws a digit that stands before a bracket into the range, and takes `n1[9-11]` for n19 to n111.
  Here it is n19, n110, n111, as it reads: power must not go to a machine that nobody named.
"""

import re
from collections.abc import Iterable
from itertools import product
from math import prod

from ClusterShell.RangeSet import RangeSet, RangeSetException

MOST_NAMES = 1_000_000
"""How many names one hostlist may stand for."""

LONGEST_NAME = 253
"""Characters of a name."""

MOST_BRACKETS = 16
"""How many brackets one pattern may have."""

EXAMPLE = "r1n[01-40],login1"

_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._:-]*[A-Za-z0-9])?", re.ASCII)
_RANGE = re.compile(r"(\d{1,18})(?:-(\d{1,18})(?:/(\d{1,18}))?)?", re.ASCII)
_LAST_NUMBER = re.compile(r"(?P<before>(?:.*[^0-9])?)(?P<number>[0-9]{1,18})(?P<behind>[^0-9]*)", re.DOTALL)
_BRACKET = re.compile(r"\[([^\[\]]*)\]")
_REFUSED = {
    "@": "groups are not read here",
    "*": "wildcards are not read here",
    "?": "wildcards are not read here",
    "!": "set operators are not read here",
    "&": "set operators are not read here",
    "^": "set operators are not read here",
}


class HostlistError(ValueError):
    """A text is not a hostlist; the message says what is wrong with it and shows one that is right."""

    def __init__(self, text: str, wrong: str) -> None:
        super().__init__(f"hostlist {_shown(text)!r}: {wrong}; write it like {EXAMPLE!r}")


def expand(text: str, *, most: int = MOST_NAMES) -> list[str]:
    """Give the names that a hostlist stands for: as written, inside brackets ascending, each once.

    Args:
        text: Patterns between commas, each with any number of brackets of ranges (`[1-3,7]`, `[0-10/2]`).
        most: How many names are allowed.

    Raises:
        HostlistError: The text is empty or malformed, uses groups, wildcards or operators, or stands
            for more names, or has more brackets in a pattern, than allowed.
    """
    if text.count("[") > most:
        raise HostlistError(text, f"it has more than {most:,} brackets")
    patterns = _split(text)
    if sum(map(_size, patterns)) > most:
        raise HostlistError(text, f"it stands for more than {most:,} names")
    names: dict[str, None] = {}
    for pattern in patterns:
        if "[" in pattern:
            names.update(dict.fromkeys(_expand_pattern(pattern)))
        else:
            names[pattern] = None
    return list(names)


def fold(names: Iterable[str]) -> str:
    """Give a short hostlist that stands for these names; the empty text for no names.

    Numbers are folded from the last in a name to the first, so that `r1n01`, `r1n02`, `r2n01`, `r2n02` become
    `r[1-2]n[01-02]`.
    """
    pairs = [(name, "") for name in names]
    done: dict[str, None] = {}
    while pairs:
        numbers: dict[tuple[str, str], list[str]] = {}
        for head, tail in pairs:
            match = _LAST_NUMBER.fullmatch(head)
            if match:
                numbers.setdefault((match["before"], match["behind"] + tail), []).append(match["number"])
            else:
                done[head + tail] = None
        pairs = [(before, _fold_numbers(found) + behind) for (before, behind), found in numbers.items()]
    return ",".join(done)


def expand_numbers(text: str, *, most: int = MOST_NAMES) -> list[int]:
    """Give the numbers that ranges such as `6001-6040,7000` stand for, as written.

    Raises:
        HostlistError: The text is not a list of ranges, or stands for more numbers than allowed.
    """
    numbers: list[int] = []
    for part in text.split(","):
        first, last, step = _range(part.strip(), text)
        if len(numbers) + _length(first, last, step) > most:
            raise HostlistError(text, f"it stands for more than {most:,} numbers")
        numbers.extend(range(first, last + 1, step))
    return numbers


def check_name(name: str) -> str:
    """Give the name back, if a node may be called so: it must be writable in a hostlist and in a path.

    Raises:
        HostlistError: It may not.
    """
    if len(name) > LONGEST_NAME:
        raise HostlistError(name, f"a name has at most {LONGEST_NAME} characters, this has {len(name)}")
    if not _NAME.fullmatch(name):
        raise HostlistError(
            name, "a name has letters and digits (ASCII), and between them also '.', '_', ':' and '-'"
        )
    return name


def _shown(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57]}..."


def _split(text: str) -> list[str]:
    """Cut at the commas that are not inside brackets."""
    for character, why in _REFUSED.items():
        if character in text:
            raise HostlistError(text, f"{character!r} has no meaning: {why}")
    patterns: list[str] = []
    begin, depth = 0, 0
    for mark in re.finditer(r"[\[\],]", text):
        if mark.group() == "[":
            depth += 1
        elif mark.group() == "]":
            depth -= 1
        elif depth == 0:
            patterns.append(text[begin : mark.start()].strip())
            begin = mark.end()
        if depth not in (0, 1):
            raise HostlistError(text, f"the bracket at character {mark.start() + 1} has no partner")
    if depth:
        raise HostlistError(text, "a bracket is not closed")
    patterns.append(text[begin:].strip())
    for pattern in patterns:
        if not pattern:
            raise HostlistError(text, "a name is missing (nothing stands beside a comma, or nothing at all)")
        if not pattern.isprintable() or any(character.isspace() for character in pattern):
            raise HostlistError(text, f"there is white space or a control character inside {_shown(pattern)!r}")
    return patterns


def _size(pattern: str) -> int:
    brackets = _BRACKET.findall(pattern)
    if len(brackets) > MOST_BRACKETS:
        raise HostlistError(pattern, f"a pattern has {MOST_BRACKETS} brackets at most, this has {len(brackets)}")
    return prod(sum(_length(*_range(part, pattern)) for part in bracket.split(",")) for bracket in brackets)


def _range(part: str, text: str) -> tuple[int, int, int]:
    match = _RANGE.fullmatch(part)
    if not match:
        raise HostlistError(text, f"{_shown(part)!r} is not a range such as '01-40', '7' or '0-10/2'")
    first, last, step = match.groups()
    numbers = int(first), int(last or first), int(step or 1)
    if numbers[1] < numbers[0]:
        raise HostlistError(text, f"the range {part!r} runs backwards")
    if numbers[2] == 0:
        raise HostlistError(text, f"the range {part!r} has a step of 0")
    return numbers


def _length(first: int, last: int, step: int) -> int:
    return (last - first) // step + 1


def _expand_pattern(pattern: str) -> list[str]:
    pieces = _BRACKET.split(pattern)  # text, ranges, text, ranges, ..., text
    try:
        choices = [
            tuple(RangeSet(piece).striter()) if index % 2 else (piece,) for index, piece in enumerate(pieces)
        ]
    except RangeSetException as error:
        raise HostlistError(pattern, str(error)) from None
    return ["".join(choice) for choice in product(*choices)]


def _fold_numbers(numbers: list[str]) -> str:
    if len(numbers) == 1:
        return numbers[0]
    folded = str(RangeSet.fromlist(numbers))
    return f"[{folded}]" if not folded.isdecimal() else folded
