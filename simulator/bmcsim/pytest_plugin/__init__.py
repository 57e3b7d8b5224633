"""Simulated BMCs in a test suite: pytest finds this plugin wherever bmcsim is installed.

    def test_my_script_turns_it_on(bmc):
        subprocess.run(["./power-on", bmc.host, str(bmc.port)], check=True)
        assert bmc.power == "on"

Fixtures, for plain, asyncio and trio tests alike:

- `bmc`: one BMC (`handles.SimulatedBmc`): where it is, who may log in, what its power really is, what happened.
- `bmc_fleet`: makes fleets (`factory.BmcFleets`): `bmc_fleet("n[1-100]", profile=Profile(...), faults=[...])`.

`@pytest.mark.bmcsim(profile=..., faults=..., ...)` says what they are; its arguments are the fields of
`factory.Wishes`, and of two markers the one nearer to the test counts.  The seed is that of the marker, of
`--bmcsim-seed`, or of `bmcsim_seed` in the configuration.  Where a test fails, its report has the log of its BMCs.

This module is imported by every pytest where bmcsim is installed.  It therefore imports nothing: trio and
cryptography come with the first test that asks for a BMC.
"""

from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from bmcsim.pytest_plugin.factory import BmcFleets
    from bmcsim.pytest_plugin.handles import SimulatedBmc

_LOG_LINES: Final = 200
_FLEETS: Final = pytest.StashKey["BmcFleets"]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    parser.addini("bmcsim_seed", "seed of simulated BMCs: the same seed, the same randomness", default="0")
    parser.addini(
        "bmcsim_log_lines",
        "how much of the log of simulated BMCs is in a failed test's report",
        default=str(_LOG_LINES),
    )
    group = parser.getgroup("bmcsim", "simulated BMCs")
    group.addoption("--bmcsim-seed", metavar="N", help="seed of simulated BMCs (default: bmcsim_seed, or 0)")


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known, and refuse numbers that are none before any test runs."""
    config.addinivalue_line(
        "markers",
        "bmcsim(nodes, profile, faults, hosts, port, tls, seed): what the simulated BMCs of a test are like",
    )
    _seed(config)
    _whole(config.getini("bmcsim_log_lines"), "bmcsim_log_lines")


@pytest.fixture
def bmc_fleet(request: pytest.FixtureRequest) -> Iterator["BmcFleets"]:
    """Make fleets of simulated BMCs on loopback: `bmc_fleet("n[1-100]", profile=..., faults=[...])`."""
    from bmcsim.pytest_plugin.factory import BmcFleets, Wishes  # noqa: PLC0415  paid by those who use it

    asked: dict[str, Any] = {"seed": _seed(request.config)}
    for mark in reversed(list(request.node.iter_markers("bmcsim"))):
        if mark.args:
            raise pytest.UsageError("the marker bmcsim takes arguments by name alone, such as nodes='n[1-4]'")
        asked.update(mark.kwargs)
    try:
        wishes = Wishes(**asked)
    except TypeError as error:
        raise pytest.UsageError(f"the marker bmcsim: {error}") from None
    fleets = request.node.stash[_FLEETS] = BmcFleets(wishes)
    try:
        yield fleets
    finally:
        fleets.close()


@pytest.fixture
def bmc(bmc_fleet: "BmcFleets") -> "SimulatedBmc":
    """One simulated BMC on loopback, the first of the marker's fleet."""
    return bmc_fleet.first


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Put the log of a failed test's BMCs into its report."""
    report = yield
    fleets = item.stash.get(_FLEETS, None)
    if report.failed and fleets is not None and (lines := fleets.lines):
        left_out = max(0, len(lines) - _whole(item.config.getini("bmcsim_log_lines"), "bmcsim_log_lines"))
        head = [f"({left_out} earlier lines left out)"] if left_out else []
        report.sections.append((f"bmcsim log, seed {fleets.wishes.seed}", "\n".join(head + lines[left_out:])))
    return report


def _seed(config: pytest.Config) -> int:
    option = config.getoption("--bmcsim-seed")
    if option is not None:
        return _whole(option, "--bmcsim-seed")
    return _whole(config.getini("bmcsim_seed"), "bmcsim_seed")


def _whole(text: str, name: str) -> int:
    """Read a number.

    Raises:
        pytest.UsageError: It is none.
    """
    try:
        number = int(text)
    except ValueError:
        number = -1
    if number < 0:
        raise pytest.UsageError(f"{name} is {text!r}; it is a whole number from 0 on")
    return number
