"""Cues: where an action stands before each thing that it does to the world, until the trace has it go on."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import trio

Deed = Literal["start", "open", "record", "send", "close", "sample", "tell"]

_WORDS: dict[Deed, str] = {
    "start": "to start the action of",
    "open": "to open a session",
    "record": "to put on record session",
    "send": "to send",
    "close": "to close session",
    "sample": "to read the power in session",
    "tell": "to tell the registry",
}


@dataclass(frozen=True, slots=True, eq=False)
class Standing:
    """An action that waits for its cue.

    Attributes:
        node: Whose action.
        deed: What it is about to do.
        word: The ask, command or event that it is about, or nothing.
        session: The BMC's id of the session that it is about, or None.
        cue: Set when it may go on.
    """

    node: str
    deed: Deed
    word: str = ""
    session: int | None = None
    cue: trio.Event = field(default_factory=trio.Event)


class Cues:
    """The cues of one process.

    Attributes:
        free: Nobody waits any more.
        standing: Who waits, by node.
        unwritten: What takes closed sessions off the record, by node and session: nobody waits for that to be on
            disk, so it comes with the node's next commit.
    """

    def __init__(self, stir: Callable[[], None], *, free: bool) -> None:
        """Call `stir` whenever somebody begins to wait."""
        self.free = free
        self.standing: dict[str, Standing] = {}
        self.unwritten: dict[str, dict[int, Callable[[], None]]] = {}
        self._stir = stir

    async def wait(self, node: str, deed: Deed, word: str = "", session: int | None = None) -> None:
        """Wait for the cue."""
        await trio.lowlevel.checkpoint()
        if self.free:
            return
        standing = self.standing[node] = Standing(node, deed, word, session)
        self._stir()
        try:
            await standing.cue.wait()
        finally:
            if self.standing.get(node) is standing:
                del self.standing[node]

    def give(self, standing: Standing) -> None:
        """Let an action go on."""
        self.standing.pop(standing.node, None)
        standing.cue.set()

    def free_all(self) -> None:
        """Let everybody go on, from now on without cues."""
        self.free = True
        for standing in tuple(self.standing.values()):
            self.give(standing)


def told(standing: Standing, number: Callable[[int], str]) -> str:
    """Say what an action is about to do; `number` gives the trace's number of a session."""
    words = [_WORDS[standing.deed], standing.word]
    if standing.session is not None:
        words += ["in session"] if standing.deed == "send" else []
        words.append(number(standing.session))
    return " ".join(word for word in words if word)
