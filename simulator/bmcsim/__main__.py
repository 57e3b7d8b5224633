"""`python -m bmcsim`: the same as `bmcsim`."""

from bmcsim.cli import main

main()
