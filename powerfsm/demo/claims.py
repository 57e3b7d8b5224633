"""What the requesters claim, for the judge: what they asked for, and what they were told had succeeded.

The judge holds these against what the BMCs really did.  For that to be fair, each claim says no more than a
requester can know:

* *asked* bears the time before the first attempt that may have arrived.  A request that was never answered may
  have been accepted all the same, so it is claimed, too: it can undo what was declared before it.
* *declared* bears the time at which success had been told, and names the request that it answers: where several
  requests share an operation, the last of them.
* Requests for one node are made one after the other, by one requester, or there would be no last one.
"""

import json
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from powerfsm.power import Ask, Power

_WAYS = frozenset({Ask.CYCLE, Ask.RESET})
"""What takes a node that is on through something else than on."""


def now() -> float:
    """Seconds on the clock of the simulator's log."""
    return time.monotonic()


class Claims:
    """A file of claims, one JSON object a line, as `bmcsim check --claims` reads it.

    Attributes:
        asked: How many requests for one node are claimed.
        declared: How many times success is.
    """

    def __init__(self, path: Path) -> None:
        self._file = path.open("w", encoding="utf-8")
        self._numbers: dict[str, int] = {}
        self.asked = 0
        self.declared = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._file.close()

    def ask(self, t: float, node: str, ask: Ask) -> str:
        """Claim that `node` was asked at `t`; gives the claim's id."""
        number = self._numbers[node] = self._numbers.get(node, 0) + 1
        claim = f"{node}/{number}"
        way = {"way": ask.value} if ask in _WAYS else {}
        self._write({"t": t, "node": node, "asked": ask.desired.power.value, "id": claim} | way)
        self.asked += 1
        return claim

    def newest(self, node: str) -> str:
        """The id of the last request that was claimed for `node`."""
        return f"{node}/{self._numbers.get(node, 0)}"

    def declare(self, node: str, power: Power, claim: str) -> None:
        """Claim that success was just told of the request that made `claim`."""
        self._write({"t": now(), "node": node, "declared": power.value, "id": claim})
        self.declared += 1

    def flush(self) -> None:
        """Let others read what was claimed so far."""
        self._file.flush()

    def _write(self, claim: dict[str, object]) -> None:
        self._file.write(json.dumps(claim) + "\n")
