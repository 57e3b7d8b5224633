"""What `scripts/audit-dependencies` runs: pip-audit, and a verdict that says what it rests on."""

import json
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

PATIENCE = 15
"""Seconds until a question to the service is given up."""


def main() -> int:
    """Audit the environment that this runs in; gives the exit code."""
    fits = subprocess.run([sys.executable, "-m", "pip", "check"], capture_output=True, text=True, check=False)
    if fits.returncode:
        print(f"audit: packages do not fit together:\n{fits.stdout}")
    project = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))
    accepted = project["tool"].get("powerfsm", {}).get("accepted-vulnerabilities", {})
    told, well = judge(ask(), accepted)
    print("\n".join(f"audit: {line}" for line in told))
    return 0 if well and not fits.returncode else 1


def ask() -> dict[str, Any] | None:
    """What pip-audit reports of the environment, or None where it could not ask."""
    command = [sys.executable, "-m", "pip_audit", "--format=json", "--progress-spinner=off", "--skip-editable"]
    command.append(f"--timeout={PATIENCE}")
    asked = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  (all of it is ours)
    try:
        report: dict[str, Any] = json.loads(asked.stdout)
    except json.JSONDecodeError:
        return None
    return report


def judge(report: Mapping[str, Any] | None, accepted: Mapping[str, str]) -> tuple[list[str], bool]:
    """What is to be said of a report, and whether it is well.

    Args:
        report: pip-audit's, or None where it could not ask.
        accepted: Reasons by the ids of vulnerabilities.
    """
    packages = [] if report is None else report["dependencies"]
    audited = [package for package in packages if "skip_reason" not in package]
    if not audited:
        return ["NOT AUDITED for known vulnerabilities: the service that knows them could not be asked"], True
    told, well, used = [], True, set()
    for package in audited:
        for found in package["vulns"]:
            names = {found["id"], *found["aliases"]}
            what = f"{package['name']} {package['version']}: {found['id']}"
            reasons = [accepted[name] for name in names if name in accepted]
            used |= names & accepted.keys()
            if reasons:
                told.append(f"{what}, accepted: {reasons[0]}")
                continue
            well = False
            fixed = ", ".join(found["fix_versions"])
            told.append(f"{what}, " + (f"fixed in {fixed}" if fixed else "not fixed in any version"))
    told += [f"{name} is accepted and not found any more; take it out" for name in sorted(accepted.keys() - used)]
    skipped = len(packages) - len(audited)
    told.append(
        f"packages audited: {len(audited)}" + (f", not known to the service: {skipped}" if skipped else "")
    )
    return told, well


if __name__ == "__main__":
    raise SystemExit(main())
