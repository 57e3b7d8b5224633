"""The swarm: a scenario and a seed make a plan.

Each seed draws *which* things happen at all, and how strongly, rather than a little of everything: a fault that
is on hides the paths behind it, and one that is off leaves them open.  (A. Groce, C. Zhang, E. Eide, Y. Chen, J.
Regehr: Swarm Testing, ISSTA 2012.)
"""

from powerfsm.power import Ask
from powerfsm.simulation.draft import Draft
from powerfsm.simulation.lots import Lots
from powerfsm.simulation.machines import machine
from powerfsm.simulation.networks import NETWORKS
from powerfsm.simulation.plan import NodePlan, Plan
from powerfsm.simulation.plots import PLOTS
from powerfsm.simulation.scenario import Scenario
from powerfsm.simulation.storms import add_storms
from powerfsm.simulation.troubles import add_troubles

_OTHERS = (Ask.READY, Ask.SOFT_OFF, Ask.CYCLE, Ask.RESET)


def draw(scenario: Scenario, seed: int, *, nodes: int | None = None, hours: float | None = None) -> Plan:
    """Make the plan of a seed: the same one in any process.

    Args:
        scenario: What to draw from.
        seed: Which plan.
        nodes: How many nodes, instead of what the scenario says.
        hours: How long things go wrong, likewise.
    """
    lots = Lots(scenario.name, seed)
    count = scenario.nodes if nodes is None else nodes
    chaos = round((scenario.hours if hours is None else hours) * 3600, 6)
    settle = lots.one(scenario.fleet.settle)
    draft = Draft(
        lots,
        _fleet(lots, scenario, count, settle),
        NETWORKS[lots.weighed(scenario.networks)][1](lots),
        settle,
        chaos,
        {Ask.ON, Ask.OFF, *lots.kept(dict.fromkeys(_OTHERS, 1.0), scenario.keep)},
    )
    _add_strikes(draft, scenario)
    _add_faults(draft, scenario)
    add_storms(draft, [one for one in scenario.requesters if lots.happens(one.chance)])
    _add_plots(draft, scenario)
    add_troubles(draft, scenario)
    slowness = lots.seconds(*scenario.slowness)
    return Plan(
        scenario=scenario.name,
        seed=seed,
        chaos=chaos,
        patience=scenario.patience,
        nodes=draft.nodes,
        network=draft.network,
        faults=tuple(draft.faults),
        deeds=tuple(sorted(draft.deeds, key=lambda deed: deed.at)),
        timings={**scenario.timings, "settle": settle},
        slowness=slowness,
    )


def _fleet(lots: Lots, scenario: Scenario, count: int, settle: float) -> list[NodePlan]:
    says = scenario.fleet
    rankings, drifts, machines = (
        lots.kept(says.rankings, scenario.keep),
        lots.kept(says.drifts, scenario.keep),
        lots.kept(says.machines, scenario.keep),
    )
    width = len(str(count))
    racks = min(says.racks, count)
    return [
        machine(
            lots,
            f"n{number:0{width}}",
            lots.weighed(machines),
            settle,
            lots.weighed(rankings),
            lots.weighed(drifts),
            f"rack{(number - 1) * racks // count + 1}" if racks else None,
        )
        for number in range(1, count + 1)
    ]


def _add_strikes(draft: Draft, scenario: Scenario) -> None:
    lots = draft.lots
    for strike in scenario.strikes:
        match strike.whom:
            case "one":
                nodes = draft.favourites[:1]
            case "few":
                nodes = draft.favourites
            case "rack" if draft.racks:
                nodes = tuple(lots.one(list(draft.racks.values())))
            case _:
                nodes = draft.names
        begin = lots.seconds(*strike.begins)
        draft.draw_fault(
            strike.fault, nodes, begin, begin + lots.seconds(*strike.lasts), lots.seconds(*strike.strength)
        )


def _add_plots(draft: Draft, scenario: Scenario) -> None:
    lots = draft.lots
    plots = lots.kept(scenario.plots.weights, scenario.keep)
    draft.mortal = lots.happens(scenario.plots.deaths)
    at = lots.seconds(0, scenario.plots.every[0])
    while plots and at < draft.chaos:
        PLOTS[lots.weighed(plots)][1](draft, at)
        at += max(1.0, lots.seconds(*scenario.plots.every))


def _add_faults(draft: Draft, scenario: Scenario) -> None:
    """Draw which faults there are, and where, when and how strong each is."""
    lots = draft.lots
    weights = {name: weight for name, weight in scenario.faults.weights.items() if weight > 0}
    for _ in range(lots.count(*scenario.faults.at_once)):
        if not weights:
            return
        name = lots.weighed(weights)
        del weights[name]
        strength = lots.magnitude(0.1, 1)
        for _ in range(lots.count(1, 3)):
            nodes = (draft.favourite(),) if lots.happens(0.7) else draft.names
            begin = lots.seconds(0, draft.chaos * 0.9)
            draft.draw_fault(name, nodes, begin, begin + lots.magnitude(2, draft.chaos * strength), strength)
