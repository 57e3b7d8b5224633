"""Scenarios: a file that names a fleet, what goes wrong with it, and what happens to it.

    nodes: n[1-10]
    faults:
      - {fault: busy, steps: [chassis-control], probability: 0.1}

`read_scenario` reads and checks one, `plan` makes it ready to run, `json_schema` describes it to editors.
"""

from bmcsim.scenario.mistakes import Mistake, ScenarioError
from bmcsim.scenario.plan import Plan, plan
from bmcsim.scenario.reading import ReadScenario, json_schema, parse_scenario, read_scenario

__all__ = [
    "Mistake",
    "Plan",
    "ReadScenario",
    "ScenarioError",
    "json_schema",
    "parse_scenario",
    "plan",
    "read_scenario",
]
