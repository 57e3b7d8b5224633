"""Rehearsals: a trace of the model, played by the real code before simulated BMCs in virtual time.

What the model says can happen is made to happen to the real registry, actions and IPMI driver; `rehearse` tells
how far they follow, and whether what came of it breaks a promise.  Either the counterexample is real, or the
model or the code is wrong, and the departure says where.
"""

from powerfsm.rehearsal.rehearsal import rehearse
from powerfsm.rehearsal.verdict import Departure, Verdict

__all__ = ["Departure", "Verdict", "rehearse"]
