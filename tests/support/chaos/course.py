"""The course of a long run: troubles in random order, round after round, and the end."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from chaos.aftermath import Aftermath
from chaos.conditions import CHAOS
from chaos.play import play
from chaos.scene import a_scene
from chaos.trouble import Round, Trouble
from chaos.vitals import Vitals
from powerfsm.demo.claims import now
from powerfsm.demo.conditions import Conditions


@dataclass(slots=True)
class Record:
    """What a run came to.

    Attributes:
        rounds: Every round.
        broken: What must not have happened and belongs to no round: at the end of all.
        curve: What the daemon held, over all its lives.
        commands: Power commands that BMCs took.
        restarts: How often the daemon was ended or killed.
    """

    rounds: list[Round] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    curve: Sequence[Vitals] = ()
    commands: int = 0
    restarts: int = 0

    @property
    def holds(self) -> bool:
        """Whether nothing was broken."""
        return not self.broken and not any(each.broken for each in self.rounds)


def order(troubles: Sequence[Trouble], seed: int) -> Iterator[Trouble]:
    """The troubles without end: all of them in random order, then all of them in another one."""
    random = Random(f"{seed}/order")
    while True:
        yield from random.sample(list(troubles), len(troubles))


async def run(
    directory: Path,
    troubles: Sequence[Trouble],
    *,
    nodes: int,
    seed: int,
    seconds: float,
    say: Callable[[str], None] = print,
    rounds: float = math.inf,
    conditions: Conditions = CHAOS,
) -> Record:
    """Play troubles for so long, or so many rounds; a round that has begun is played to its end.

    It ends early where something was broken: what comes after that proves nothing.

    Args:
        directory: Where everything is kept; it must exist and be empty.
        troubles: Which ones.
        nodes: How many nodes.
        seed: What makes requests, losses and the order of troubles.
        seconds: How long.
        say: Told what happens, line by line.
        rounds: How many rounds at most.
        conditions: How hostile the BMCs are, and what the daemon is told of them.

    Raises:
        ProcessTrouble: A process does not start at all.
    """
    record = Record()
    small_disk = any(trouble.name == "full" for trouble in troubles)
    async with a_scene(directory, nodes, seed, say, small_disk=small_disk, conditions=conditions) as scene:
        aftermath = Aftermath(scene)
        until = now() + seconds
        record.curve = scene.curve
        for trouble in order(troubles, seed):
            played = await play(scene, trouble, aftermath)
            record.rounds.append(played)
            _tell(say, played)
            if played.broken or now() >= until or len(record.rounds) >= rounds:
                break
        if record.holds:
            record.broken = [told async for told in aftermath.end()]
        record.commands, record.restarts = scene.chronicle.commands, scene.restarts
        for told in record.broken:
            say(f"  BROKEN {told}")
    return record


def _tell(say: Callable[[str], None], played: Round) -> None:
    held = (
        ""
        if played.after is None
        else f"; {played.after.mebibytes:.0f} MiB, {played.after.descriptors} descriptors"
    )
    say(f"  {played.said or 'broken off'} ({played.seconds:.0f} s, {played.answered} requests answered{held})")
    for told in played.broken:
        say(f"  BROKEN {told}")


def tally(record: Record) -> Mapping[str, Sequence[Round]]:
    """The rounds by trouble, in the order in which each came first."""
    found: dict[str, list[Round]] = {}
    for played in record.rounds:
        found.setdefault(played.trouble, []).append(played)
    return found
