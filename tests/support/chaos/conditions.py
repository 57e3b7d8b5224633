"""BMCs and timings for chaos: quick, so that seconds outlast them all, with slack for a busy machine."""

from dataclasses import replace

from powerfsm.demo.conditions import QUICK

CHAOS = replace(QUICK, slack=0.5, deadline=8.0)
"""As in the test of two hundred kills, where nothing else keeps the processes from their turn; the slack is what a
machine under load may add to every time that the daemon relies on."""


def longest() -> float:
    """Seconds of the longest time that the daemon goes by."""
    return max(*CHAOS.timings().values(), CHAOS.quarantine)
