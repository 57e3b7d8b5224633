"""`powerfsm simulate`: storms and crashes, in virtual time."""

# ruff: noqa: PLC0415  (see the preamble of this folder)

from pathlib import Path
from typing import Annotated

import typer

_HELP = """Simulate storms and crashes, and judge every promise.

The daemon's real code runs in virtual time over a simulated fleet, network, disk and clock.  A scenario says what
may go wrong; a seed draws from it who asks for what, which faults there are, and when the daemon is killed.
After the chaos everything must come to rest.  Then what happened is judged, promise by promise.  The same seed is
the same run, byte for byte.

SCENARIO is the name of one that ships (--list), a file of your own (.yaml), or a plan that was kept (.json).  What
breaks a promise is made smaller, and kept as a plan; how to play it again is said.
"""

_EPILOG = """\b
Examples:
  powerfsm simulate                                 one seed of the scenario swarm
  powerfsm simulate swarm --seed 17 --nodes 3
  powerfsm simulate swarm --seeds 1..1000 --jobs 2
  powerfsm simulate --list
  powerfsm simulate storm.yaml --seed 1 --hours 24 --log night.jsonl
  powerfsm simulate swarm-17.json                   a plan that was kept

\b
Exit codes:
    0  every promise is kept
    1  some are not, or a simulation did not come to its end
    2  asked wrongly: no such scenario, mistakes in it, not a plan, bad seeds, apsw is missing
  130  Ctrl-C
"""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("simulate", help=_HELP, epilog=_EPILOG)(_simulate)


def _scenarios(incomplete: str) -> list[str]:
    from powerfsm.simulation.scenario import shipped

    return [scenario.name for scenario in shipped() if scenario.name.startswith(incomplete)]


def _simulate(
    scenario: Annotated[
        str, typer.Argument(metavar="SCENARIO", help="A scenario or a plan.", autocompletion=_scenarios)
    ] = "swarm",
    *,
    seed: Annotated[
        int | None,
        typer.Option("--seed", metavar="S", min=0, help="Play this seed.  Without: 1.", show_default=False),
    ] = None,
    seeds: Annotated[
        str | None,
        typer.Option(
            "--seeds",
            metavar="SEEDS",
            help="Play many seeds, such as 1..1000, or 1..100,250.",
            show_default=False,
        ),
    ] = None,
    nodes: Annotated[
        int | None,
        typer.Option(
            "--nodes", metavar="N", min=1, help="So many nodes; else the scenario says.", show_default=False
        ),
    ] = None,
    hours: Annotated[
        float | None,
        typer.Option(
            "--hours",
            metavar="H",
            min=0.001,
            max=10_000,
            help="So many virtual hours of chaos; else the scenario says.",
            show_default=False,
        ),
    ] = None,
    jobs: Annotated[
        int | None,
        typer.Option(
            "--jobs",
            metavar="N",
            min=1,
            help="Processes that play at one time; else one a core.",
            show_default=False,
        ),
    ] = None,
    log: Annotated[
        Path | None,
        typer.Option(
            "--log", metavar="FILE", help="Leave all that happened here, as JSON Lines.", show_default=False
        ),
    ] = None,
    plan: Annotated[
        Path | None,
        typer.Option("--plan", metavar="FILE", help="Leave what the seed has drawn here.", show_default=False),
    ] = None,
    keep: Annotated[
        Path,
        typer.Option("--keep", metavar="DIRECTORY", help="Where plans that break a promise are left."),
    ] = Path(),
    shrink: Annotated[
        bool, typer.Option("--shrink/--no-shrink", help="Make what breaks a promise smaller, and keep it.")
    ] = True,
    shrink_for: Annotated[
        float,
        typer.Option("--shrink-for", metavar="SECONDS", min=1, help="For how long at most, for each promise."),
    ] = 120.0,
    limit: Annotated[
        float,
        typer.Option("--limit", metavar="SECONDS", min=1, help="Wall-clock time after which a seed has failed."),
    ] = 600.0,
    fail_fast: Annotated[
        bool, typer.Option("--fail-fast", help="With --seeds: stop at the first one that fails.")
    ] = False,
    list_: Annotated[bool, typer.Option("--list", help="Show the scenarios that ship, and end.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    if seed is not None and seeds is not None:
        raise typer.BadParameter("it is one seed or many; leave --seed or --seeds out", param_hint="--seeds")
    if seeds is not None:
        for option, file in (("--log", log), ("--plan", plan)):
            if file is not None:
                raise typer.BadParameter("it is for one seed; give that with --seed", param_hint=option)
    if scenario.endswith(".json"):
        given = {"--seed": seed, "--seeds": seeds, "--nodes": nodes, "--hours": hours}
        for option, value in given.items():
            if value is not None:
                raise typer.BadParameter("a plan says that itself", param_hint=option)

    from powerfsm.cli.simulating import Wish, simulate

    wish = Wish(
        scenario=scenario,
        seed=seed,
        seeds=seeds,
        nodes=nodes,
        hours=hours,
        jobs=jobs,
        log=log,
        plan=plan,
        keep=keep,
        shrink=shrink,
        shrink_for=shrink_for,
        limit=limit,
        fail_fast=fail_fast,
        list=list_,
        json=json,
    )
    raise typer.Exit(simulate(wish))
