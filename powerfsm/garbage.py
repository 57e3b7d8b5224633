"""What the garbage collector is to look through, and how often.

A fleet in memory is hundreds of thousands of small records that live for long and form no cycles.  CPython's
defaults walk through all of them again and again while requests come in: a third of a storm's CPU time, measured,
for nothing found.  Reference counting frees almost all that the daemon lets go of at once; the collector is only
needed for the cycles that tracebacks and tasks leave behind, which can wait.
"""

import gc

YOUNG = 50_000
"""Allocations, less deallocations, before the youngest objects are looked through; CPython's default is 700."""


def expect_long_lives() -> None:
    """Take what is in memory now as there for good, and look through what is new more rarely."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, *gc.get_threshold()[1:])
