"""The declared machine: `power.yaml` read, checked, run and drawn."""

from powerfsm.spec.machine import Machine, Ranking, Spec, Step, StepKind, UndeclaredPair, load
from powerfsm.spec.mistakes import SpecError, SpecMistake

__all__ = [
    "Machine",
    "Ranking",
    "Spec",
    "SpecError",
    "SpecMistake",
    "Step",
    "StepKind",
    "UndeclaredPair",
    "load",
]
