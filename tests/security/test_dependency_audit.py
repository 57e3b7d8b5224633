"""What the audit of dependencies makes of what it is told."""

import importlib.util
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from documents import ROOT

Judge = Callable[[Mapping[str, Any] | None, Mapping[str, str]], tuple[list[str], bool]]

FOUND = {"id": "PYSEC-1", "aliases": ["CVE-1"], "fix_versions": ["2.0"], "description": "bad"}


@pytest.fixture
def judge() -> Judge:
    """The script's verdict."""
    spec = importlib.util.spec_from_file_location("audit_dependencies", ROOT / "scripts/audit_dependencies.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found: Judge = module.judge
    return found


def report(*vulnerabilities: Mapping[str, Any], skipped: int = 0) -> dict[str, Any]:
    packages: list[dict[str, Any]] = [{"name": "x", "version": "1.0", "vulns": list(vulnerabilities)}]
    packages += [{"name": f"s{number}", "skip_reason": "not found"} for number in range(skipped)]
    return {"dependencies": packages, "fixes": []}


def test_nothing_known_is_well(judge: Judge) -> None:
    assert judge(report(), {}) == (["packages audited: 1"], True)
    assert judge(report(skipped=2), {}) == (["packages audited: 1, not known to the service: 2"], True)


def test_a_known_vulnerability_fails_and_says_what_helps(judge: Judge) -> None:
    told, well = judge(report(FOUND), {})
    assert not well
    assert told[0] == "x 1.0: PYSEC-1, fixed in 2.0"


@pytest.mark.parametrize("name", ["PYSEC-1", "CVE-1"])
def test_one_that_is_accepted_is_told_with_its_reason(name: str, judge: Judge) -> None:
    told, well = judge(report(FOUND), {name: "it is not reached"})
    assert well
    assert told[0] == "x 1.0: PYSEC-1, accepted: it is not reached"


def test_what_is_accepted_and_not_there_any_more_is_told(judge: Judge) -> None:
    assert judge(report(), {"CVE-9": "why"})[0][0] == "CVE-9 is accepted and not found any more; take it out"


@pytest.mark.parametrize("answer", [None, {"dependencies": [{"name": "s", "skip_reason": "not found"}]}])
def test_where_nobody_could_be_asked_that_is_said_and_not_that_all_is_well(
    answer: Mapping[str, Any] | None, judge: Judge
) -> None:
    (line,), well = judge(answer, {})
    assert line.startswith("NOT AUDITED")
    assert well
