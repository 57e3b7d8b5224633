"""`python -m powerfsm.spec.diagram DIRECTORY`: write the generated files of the spec there."""

import sys
from pathlib import Path

from powerfsm.spec.diagram import generated
from powerfsm.spec.machine import load
from powerfsm.spec.writing import write_changed


def main(arguments: list[str]) -> int:
    """Write every generated file whose text has changed, and say which."""
    if len(arguments) != 1:
        print("usage: python -m powerfsm.spec.diagram DIRECTORY", file=sys.stderr)
        return 2
    for path in write_changed(generated(load()), Path(arguments[0])):
        print(f"wrote {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
