"""What real BMCs and the networks in front of them do wrong, to be switched on.

    with fleet.faults.on(Busy(), nodes="n1", steps={"chassis-control"}, times=3):
        ...

`CATALOGUE` has all of them by name; `Rule` says when one strikes.  docs/faults.md lists them.
"""

from bmcsim.faults.catalogue import CATALOGUE, make
from bmcsim.faults.fault import Fault, FaultError
from bmcsim.faults.faults import Faults
from bmcsim.faults.point import STEPS, Point, Step
from bmcsim.faults.rule import Rule

__all__ = ["CATALOGUE", "STEPS", "Fault", "FaultError", "Faults", "Point", "Rule", "Step", "make"]
