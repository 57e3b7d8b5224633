"""The promises, by number, in a few words: what a simulation is judged by."""

from collections.abc import Mapping
from types import MappingProxyType

PROMISES: Mapping[int, str] = MappingProxyType(
    {
        1: "one power command at a time for each node",
        2: "equal requests coalesce: one in play, at most one waiting",
        3: "what outranks supersedes, after the cancel is complete; others wait",
        4: "what was answered survives any crash",
        5: "a restart takes up what was outstanding, fences first, and converges",
        6: "no success that an earlier command can still undo",
        7: "every operation ends and says why; nothing is dropped",
        8: "sessions are closed, limits kept, no reset is repeated",
        9: "ready only after a reading of off",
        10: "drift is seen, and treated as the node's policy says",
    }
)
