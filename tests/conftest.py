"""Fixtures for every test."""

from collections.abc import AsyncGenerator, Iterator

import pytest
import structlog
from hypothesis import settings

import spec_coverage_report
from laboratory import Lab, NewLab, laboratory, run_in_virtual_time

# A busy machine is no failure.
settings.register_profile("no-deadline", deadline=None)
settings.load_profile("no-deadline")


@pytest.fixture
async def lab() -> AsyncGenerator[Lab]:
    """The real registry and actions, in virtual time, over BMCs and a disk that the test holds in its hand."""
    async with laboratory() as made:
        yield made


@pytest.fixture
def new_lab() -> NewLab:
    """Makes laboratories, for a test that needs more than one, or one with other timings."""
    return laboratory


# pytest-trio takes a test's clock from the arguments of the test itself; no test should have to name it.
@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if isinstance(item, pytest.Function) and {"lab", "new_lab"} & set(item.fixturenames):
            item.add_marker(pytest.mark.trio(run=run_in_virtual_time))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--spec-coverage",
        action="store_true",
        help="print how often each branch, ignored and rejected pair of spec/power.yaml was taken (Markdown)",
    )


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    reports = [each for each in terminalreporter.stats.get("passed", []) if isinstance(each, pytest.TestReport)]
    lines = spec_coverage_report.tell(reports, tables=config.getoption("--spec-coverage"))
    if lines:
        terminalreporter.section("coverage of spec/power.yaml")
        for line in lines:
            terminalreporter.write_line(line)


@pytest.fixture(autouse=True)
def log_of_its_own() -> Iterator[None]:
    """A daemon that a test starts in this process sets up the log; the next test has another standard error."""
    yield
    structlog.reset_defaults()
