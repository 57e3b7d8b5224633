"""The command line: `powerfsm serve` runs the daemon, everything else talks to it."""

from powerfsm.cli.app import main

__all__ = ["main"]
