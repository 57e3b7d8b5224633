"""`python -m powerfsm`: the same as `powerfsm`."""

from powerfsm.cli import main

main()
