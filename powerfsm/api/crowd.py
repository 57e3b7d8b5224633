"""How many may be served at once, of those who stay long: listeners to events, and those who wait for an end."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass

from powerfsm.api.problems import Problem


@dataclass(frozen=True, slots=True)
class Room:
    """For how many there is room.

    Attributes:
        connections: Open at once, idle ones too.
        streams: Event streams at once; each is sent every entry of the journal that it wants.
        waits: Requests at once that wait for an operation to end; each looks at what it waits for as others end.
    """

    connections: int = 800
    streams: int = 100
    waits: int = 500


class Crowd:
    """Those who are served at the moment, and for how many there is room.

    Args:
        most: For how many.
        what: What each of them is, in the plural.
    """

    def __init__(self, most: int, what: str) -> None:
        self.most = most
        self.present = 0
        self._what = what

    @contextmanager
    def one_more(self) -> Generator[None]:
        """Be one of them for as long as the block lasts.

        Raises:
            Problem: There is no room.
        """
        if self.present >= self.most:
            raise Problem(
                "too-many-waiting",
                f"there are {self.present} {self._what} already, and no room for more; ask again later, or let"
                " one request do the work of several",
                limit=self.most,
            )
        self.present += 1
        try:
            yield
        finally:
            self.present -= 1
