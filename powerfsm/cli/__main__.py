"""`python -m powerfsm.cli`: the same as `powerfsm`."""

from powerfsm.cli import main

main()
