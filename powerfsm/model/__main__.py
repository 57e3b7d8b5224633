"""`python -m powerfsm.model DIRECTORY`: write the generated files of the formal model there."""

import sys
from pathlib import Path

from powerfsm.model import promela, tla
from powerfsm.spec import load
from powerfsm.spec.writing import write_changed


def main(arguments: list[str]) -> int:
    """Write every generated file whose text has changed, and say which."""
    if len(arguments) != 1:
        print("usage: python -m powerfsm.model DIRECTORY", file=sys.stderr)
        return 2
    spec = load()
    for path in write_changed(promela.generated(spec) | tla.generated(spec), Path(arguments[0])):
        print(f"wrote {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
