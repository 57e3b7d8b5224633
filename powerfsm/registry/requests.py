"""What is asked of the registry."""

from dataclasses import dataclass

from powerfsm.power import Ask


@dataclass(frozen=True, slots=True)
class PowerRequest:
    """One node asked for one thing.

    Attributes:
        node: Name of the node.
        ask: What is asked.
        generation: Only if the node still has this generation (the `If-Match` of the API), or None.
    """

    node: str
    ask: Ask
    generation: int | None = None
