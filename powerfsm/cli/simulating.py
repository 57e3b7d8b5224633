"""What `powerfsm simulate` does: find what is to be played, play it, and say what cannot be."""

import os
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from powerfsm.cli.exits import Exit
from powerfsm.cli.screen import complain, remark, say_json, say_table


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is to be played, and how it is to be told.

    Attributes:
        scenario: A scenario's name or file, or a plan's file.
        seed: One seed, or None.
        seeds: Many, in words; or None.
        nodes: How many nodes, or None: the scenario says.
        hours: How much chaos, in virtual hours, or None: the scenario says.
        jobs: Processes that play at one time, or None: one a core.
        log: Where to leave the record, or None.
        plan: Where to leave the plan, or None.
        keep: Where to leave plans that break a promise.
        shrink: Make such plans smaller.
        shrink_for: For how many wall-clock seconds each.
        limit: Wall-clock seconds after which a simulation has failed.
        fail_fast: Stop at the first seed that fails.
        list: Only show the scenarios that ship.
        json: Tell it as JSON.
    """

    scenario: str
    seed: int | None
    seeds: str | None
    nodes: int | None
    hours: float | None
    jobs: int | None
    log: Path | None
    plan: Path | None
    keep: Path
    shrink: bool
    shrink_for: float
    limit: float
    fail_fast: bool
    list: bool
    json: bool

    @property
    def size(self) -> int:
        """How many processes play at one time."""
        return self.jobs or len(os.sched_getaffinity(0))


def simulate(wish: Wish) -> Exit:
    """Play what is wished; gives the exit code."""
    if find_spec("apsw") is None:
        complain("to simulate a disk takes the package apsw, which is not installed")
        remark("Install what simulations need:", command="pip install 'powerfsm[simulation]'")
        return Exit.USAGE
    if wish.keep.exists() and not (wish.keep.is_dir() and os.access(wish.keep, os.W_OK)):
        complain(f"{wish.keep} is no directory that can be written to; name another one with --keep")
        return Exit.USAGE
    # Only now, as all of it needs that package.
    from powerfsm.cli.simulating_many import play_seeds  # noqa: PLC0415
    from powerfsm.cli.simulating_one import play_plan, play_seed  # noqa: PLC0415
    from powerfsm.simulation.kept import PlanUnreadable, read_plan  # noqa: PLC0415
    from powerfsm.simulation.scenario import load  # noqa: PLC0415
    from powerfsm.simulation.scenario_mistakes import ScenarioError  # noqa: PLC0415
    from powerfsm.simulation.seeds import Drawing, SeedsError, read_seeds  # noqa: PLC0415

    try:
        if wish.list:
            return _list(json=wish.json)
        if wish.scenario.endswith(".json"):
            return play_plan(wish, read_plan(Path(wish.scenario)))
        load(wish.scenario)
        drawing = Drawing(wish.scenario, wish.nodes, wish.hours)
        if wish.seeds is not None:
            return play_seeds(wish, drawing, read_seeds(wish.seeds))
        return play_seed(wish, drawing, 1 if wish.seed is None else wish.seed)
    except (PlanUnreadable, ScenarioError, SeedsError, OSError) as error:
        for line in str(error).splitlines():
            complain(line)
        return Exit.USAGE
    except KeyboardInterrupt:
        complain("interrupted")
        return Exit.INTERRUPTED


def _list(*, json: bool) -> Exit:
    from powerfsm.simulation.scenario import shipped  # noqa: PLC0415

    if json:
        say_json({"scenarios": [{"name": each.name, "about": each.about} for each in shipped()]})
    else:
        say_table(("SCENARIO", "ABOUT"), ([each.name, each.about] for each in shipped()))
    return Exit.OK
