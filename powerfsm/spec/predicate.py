"""Predicates: what a property of the spec says of a node, in a language small enough for every reader of it.

One predicate is checked by Spin, written out in TLA+, asserted while the daemon runs and held against journals; so
it is parsed once, here, into a tree that each of them renders or evaluates in its own way.

    predicate   = alternatives [ "implies" alternatives ]
    alternatives = together { "or" together }
    together    = single { "and" single }
    single      = "not" single | "(" predicate ")" | FLAG
                | FACT "is" [ "not" ] ( WORD | NUMBER | FACT ) | FACT "at-most" NUMBER

`implies` binds least, `not` most.  A word that is also the name of a fact means the fact.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

Value: TypeAlias = str | int | bool | None
"""What a fact can be: a word, a number, a flag; None is the word `none`."""


@dataclass(frozen=True, slots=True)
class Flag:
    """A fact that holds or does not."""

    fact: str


@dataclass(frozen=True, slots=True)
class Is:
    """A fact is a word or a number."""

    fact: str
    value: str | int


@dataclass(frozen=True, slots=True)
class Same:
    """Two facts are the same."""

    fact: str
    other: str


@dataclass(frozen=True, slots=True)
class AtMost:
    """A number is no larger than another."""

    fact: str
    most: int


@dataclass(frozen=True, slots=True)
class Not:
    """The contrary."""

    part: "Predicate"


@dataclass(frozen=True, slots=True)
class And:
    """Both."""

    left: "Predicate"
    right: "Predicate"


@dataclass(frozen=True, slots=True)
class Or:
    """At least one."""

    left: "Predicate"
    right: "Predicate"


@dataclass(frozen=True, slots=True)
class Implies:
    """The right one, wherever the left one holds."""

    left: "Predicate"
    right: "Predicate"


Predicate: TypeAlias = Flag | Is | Same | AtMost | Not | And | Or | Implies


class UnreadablePredicate(ValueError):
    """A text that is no predicate; says what was found and what was expected there."""


def parse(text: str, facts: Collection[str]) -> Predicate:
    """Read a predicate.

    Args:
        text: What the spec says.
        facts: The names that stand for facts; every other word is a value.

    Raises:
        UnreadablePredicate: It cannot be read.
    """
    return _Reader(text, facts).whole()


def facts_of(predicate: Predicate) -> Iterator[str]:
    """The facts that a predicate speaks of, as often as it does."""
    for part in parts(predicate):
        match part:
            case Flag(fact) | Is(fact, _) | AtMost(fact, _):
                yield fact
            case Same(fact, other):
                yield fact
                yield other


def parts(predicate: Predicate) -> Iterator[Predicate]:
    """A predicate and everything that it is made of."""
    yield predicate
    match predicate:
        case Not(part):
            yield from parts(part)
        case And(left, right) | Or(left, right) | Implies(left, right):
            yield from parts(left)
            yield from parts(right)


def holds(predicate: Predicate, facts: Mapping[str, Value]) -> bool:
    """Whether a predicate holds of these facts.

    Raises:
        KeyError: It speaks of a fact that is not among them.
    """
    match predicate:
        case Flag(fact):
            return bool(facts[fact])
        case Is(fact, value):
            return _plain(facts[fact]) == value
        case Same(fact, other):
            return _plain(facts[fact]) == _plain(facts[other])
        case AtMost(fact, most):
            number = facts[fact]
            return isinstance(number, int) and number <= most
        case Not(part):
            return not holds(part, facts)
        case And(left, right):
            return holds(left, facts) and holds(right, facts)
        case Or(left, right):
            return holds(left, facts) or holds(right, facts)
        case Implies(left, right):
            return not holds(left, facts) or holds(right, facts)


def _plain(value: Value) -> Value:
    return "none" if value is None else value


_WORDS = frozenset({"implies", "or", "and", "not", "is", "at-most", "(", ")"})
_TOKEN = re.compile(r"\s*(\(|\)|[a-z0-9]+(?:-[a-z0-9]+)*)")


class _Reader:
    """One text, read from its beginning to its end."""

    def __init__(self, text: str, facts: Collection[str]) -> None:
        self._facts = facts
        self._tokens = list(_tokens(text))
        self._at = 0

    def whole(self) -> Predicate:
        """The whole text as one predicate."""
        made = self._implication()
        if self._next() is not None:
            raise UnreadablePredicate(f"{self._found()}, expected and, or, implies or the end")
        return made

    def _implication(self) -> Predicate:
        left = self._alternatives()
        return Implies(left, self._alternatives()) if self._take("implies") else left

    def _alternatives(self) -> Predicate:
        made = self._together()
        while self._take("or"):
            made = Or(made, self._together())
        return made

    def _together(self) -> Predicate:
        made = self._single()
        while self._take("and"):
            made = And(made, self._single())
        return made

    def _single(self) -> Predicate:
        if self._take("not"):
            return Not(self._single())
        if self._take("("):
            made = self._implication()
            if not self._take(")"):
                raise UnreadablePredicate(f"{self._found()}, expected )")
            return made
        fact = self._next()
        if fact is None or fact not in self._facts:
            raise UnreadablePredicate(f"{self._found()}, expected a fact, one of {', '.join(self._facts)}")
        self._at += 1
        if self._take("is"):
            negated = self._take("not")
            compared = self._compared(fact)
            return Not(compared) if negated else compared
        if self._take("at-most"):
            return AtMost(fact, self._number())
        return Flag(fact)

    def _compared(self, fact: str) -> Predicate:
        word = self._next()
        if word is None or word in _WORDS:
            raise UnreadablePredicate(f"{self._found()}, expected what {fact} is compared with")
        self._at += 1
        if word in self._facts:
            return Same(fact, word)
        return Is(fact, int(word) if word.isdigit() else word)

    def _number(self) -> int:
        word = self._next()
        if word is None or not word.isdigit():
            raise UnreadablePredicate(f"{self._found()}, expected a number")
        self._at += 1
        return int(word)

    def _next(self) -> str | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def _take(self, word: str) -> bool:
        if self._next() != word:
            return False
        self._at += 1
        return True

    def _found(self) -> str:
        word = self._next()
        return "it ends" if word is None else f'"{word}" stands'


def _tokens(text: str) -> Iterator[str]:
    at = 0
    text = text.rstrip()
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise UnreadablePredicate(f'"{text[at:].strip()}" stands, expected lower-case words or parentheses')
        yield found[1]
        at = found.end()
