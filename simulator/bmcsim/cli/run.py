"""`bmcsim run`: a scenario on real sockets, until somebody ends it."""

import dataclasses
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from bmcsim.cli.failure import fail
from bmcsim.cli.running import Control, run_fleet
from bmcsim.events import FileLog, NoLog
from bmcsim.fleet import Fleet
from bmcsim.tally import Tally

_EXAMPLES = """
Examples:

  bmcsim run scenario.yaml

  bmcsim run scenario.yaml --seed 7 --duration 60 --log events.jsonl

  bmcsim run scenario.yaml --control 127.0.0.1:8700 --ready-file ready.json

Exits 0 when it was ended (SIGINT, SIGTERM, --duration), 2 where the scenario has mistakes or an address or file
cannot be had; mistakes are told as FILE:LINE: what is wrong, expected what.
"""


def run(
    scenario: Annotated[Path, typer.Argument(help="The scenario: a YAML file.", show_default=False)],
    seed: Annotated[int | None, typer.Option(help="Another seed than the scenario's.", show_default=False)] = None,
    duration: Annotated[
        float | None,
        typer.Option(help="End after so many seconds.", min=0, metavar="SECONDS", show_default=False),
    ] = None,
    log: Annotated[
        Path | None,
        typer.Option(help="Append events to this file instead.", dir_okay=False, show_default=False),
    ] = None,
    datagrams: Annotated[
        bool, typer.Option("--datagrams", help="Write datagrams into the log, too, decoded.")
    ] = False,
    control: Annotated[
        str | None,
        typer.Option(help="Have the control API here instead.", metavar="ADDRESS:PORT", show_default=False),
    ] = None,
    ready_file: Annotated[
        Path | None,
        typer.Option(
            help="Written once everything is bound: JSON with where each door is. Removed at the end.",
            dir_okay=False,
            show_default=False,
        ),
    ] = None,
    view: Annotated[
        bool, typer.Option("--view/--no-view", help="Show on standard error how things stand.")
    ] = True,
) -> None:
    # Pydantic and the models cost a third of a second, which other commands need not wait for.
    from bmcsim.scenario import plan, read_scenario  # noqa: PLC0415
    from bmcsim.scenario.schema import ControlModel  # noqa: PLC0415

    try:
        made = plan(read_scenario(scenario))
        if seed is not None:
            made = dataclasses.replace(made, seed=seed)
        where = made.control
        if control is not None:
            token = None if where is None else where.token
            where = ControlModel(listen=control, token=token)
        door = None if where is None else Control(where.host, where.port, made.token)
        path = log or made.log
        with closing(Tally(NoLog() if path is None else FileLog(path))) as tally:
            fleet = made.fleet(tally)
            run_fleet(
                fleet,
                tally,
                made.addresses,
                redfish=made.redfish,
                tls=made.tls,
                ready_file=ready_file,
                announce=_doors,
                duration=duration,
                datagrams=datagrams or made.datagrams,
                control=door,
                view=view,
            )
    except (ValueError, OSError) as error:
        fail(str(error))


run.__doc__ = "Run a scenario until SIGINT, SIGTERM, or for --duration seconds.\n\n" + _EXAMPLES


def _doors(fleet: Fleet, control: str | None) -> object:
    nodes = {
        name: {"ipmi": {"host": host, "port": port}, "redfish": fleet.urls.get(name)}
        for name, (host, port) in fleet.addresses.items()
    }
    return {"control": control, "nodes": nodes}
