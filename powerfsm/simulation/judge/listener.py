"""Whoever hears a story told: one method for each kind of happening, called in the order of the story."""

from collections.abc import Callable, Iterable
from typing import Any, Final

from powerfsm.simulation.record import (
    Alarm,
    Answered,
    Asked,
    Began,
    Committed,
    Did,
    Died,
    Ended,
    Forgotten,
    Happening,
    Heard,
    Record,
    Seen,
    Sent,
    Serving,
    Turned,
    Unanswered,
)

HEARD_BY: Final[dict[type[Happening], str]] = {
    Seen: "seen",
    Sent: "sent",
    Heard: "heard",
    Asked: "asked",
    Answered: "answered",
    Unanswered: "unanswered",
    Ended: "ended",
    Forgotten: "forgotten",
    Began: "began",
    Serving: "serving",
    Died: "died",
    Committed: "committed",
    Alarm: "alarm",
    Did: "did",
    Turned: "turned",
}
"""The method of a listener that hears of each kind."""


class Listener:
    """Hears everything, and does nothing about it; who derives from it says what he does about what."""

    def seen(self, happening: Seen) -> None:
        """The simulator's log tells something."""

    def sent(self, happening: Sent) -> None:
        """A datagram has left the daemon."""

    def heard(self, happening: Heard) -> None:
        """An answer has come to it."""

    def asked(self, happening: Asked) -> None:
        """A request has left its requester."""

    def answered(self, happening: Answered) -> None:
        """It was answered."""

    def unanswered(self, happening: Unanswered) -> None:
        """It was refused, or not answered."""

    def ended(self, happening: Ended) -> None:
        """Whoever waits was told the end of an operation."""

    def forgotten(self, happening: Forgotten) -> None:
        """He was told that there is none."""

    def began(self, happening: Began) -> None:
        """A process has read what is on disk."""

    def serving(self, happening: Serving) -> None:
        """It accepts requests."""

    def died(self, happening: Died) -> None:
        """It has come to its end."""

    def committed(self, happening: Committed) -> None:
        """Something is durable."""

    def alarm(self, happening: Alarm) -> None:
        """The daemon says itself that it is wrong."""

    def did(self, happening: Did) -> None:
        """A deed of the plan was done."""

    def turned(self, happening: Turned) -> None:
        """A part of the simulation begins."""

    def end(self, record: Record) -> None:
        """The story is told; this is how everything stands."""


def tell(record: Record, listeners: Iterable[Listener]) -> None:
    """Tell a story: each happening to all of them, in their order, and then the end."""
    listeners = tuple(listeners)
    ears: dict[type[Happening], tuple[Callable[[Any], None], ...]] = {
        kind: tuple(
            getattr(listener, method)
            for listener in listeners
            if getattr(type(listener), method) is not getattr(Listener, method)
        )
        for kind, method in HEARD_BY.items()
    }
    for happening in record.story:
        for hear in ears[type(happening)]:
            hear(happening)
    for listener in listeners:
        listener.end(record)
