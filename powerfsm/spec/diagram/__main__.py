"""`python -m powerfsm.spec.diagram DIRECTORY`: write the generated files of the spec there."""

import sys
from pathlib import Path

from powerfsm.spec.diagram import generated
from powerfsm.spec.machine import load


def main(arguments: list[str]) -> int:
    """Write every generated file whose text has changed, and say which."""
    if len(arguments) != 1:
        print("usage: python -m powerfsm.spec.diagram DIRECTORY", file=sys.stderr)
        return 2
    directory = Path(arguments[0])
    directory.mkdir(parents=True, exist_ok=True)
    for name, text in generated(load()).items():
        path = directory / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            print(f"wrote {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
