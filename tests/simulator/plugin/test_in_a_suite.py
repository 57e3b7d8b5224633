"""The plugin in suites of people who know nothing but its documentation, each a pytest in a process of its own."""

import pytest

pytest_plugins = ["pytester"]

# Whether or not the installed metadata tells pytest of the plugin, it is registered once.
_PLUGIN = ("-p", "no:bmcsim", "-p", "bmcsim.pytest_plugin", "-p", "no:cacheprovider", "-p", "no:xdist", "-q")

_PING = """
import socket
PING = bytes.fromhex("0600ff06000011be80010000")

def ping(bmc):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(30)
        client.sendto(PING, (bmc.host, bmc.port))
        return client.recv(100)[8]
"""


def run(pytester: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    return pytester.runpytest_subprocess(*_PLUGIN, *arguments)


def test_plain_asyncio_and_trio_tests_use_it_alike(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        _PING
        + """
import asyncio
import pytest

def test_plain(bmc):
    assert ping(bmc) == 0x40
    bmc.press_power_button()
    assert bmc.power == "on"

@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
async def test_beside_a_loop(bmc, anyio_backend):
    assert ping(bmc) == 0x40
    bmc.press_power_button()
    await bmc.until_power("on")

@pytest.mark.trio
async def test_trio(bmc):
    bmc.press_power_button()
    assert (await bmc.until("power"))["to"] == "on"
"""
    )
    run(pytester).assert_outcomes(passed=4)


def test_marker_option_and_configuration_say_what_they_are_like(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\naddopts = --strict-markers\nbmcsim_seed = 5\n")
    pytester.makepyfile(
        """
import pytest
from bmcsim import Hardware, Power, Profile

ON = Profile(hardware=Hardware(power=Power.ON))
pytestmark = pytest.mark.bmcsim(nodes="r[1-3]", profile=ON)

def test_the_module_s(bmc, bmc_fleet):
    assert [b.name for b in bmc_fleet()] == ["r1", "r2", "r3"]
    assert bmc is bmc_fleet()["r1"]
    assert bmc.power == "on"
    assert bmc_fleet.wishes.seed == 5

@pytest.mark.bmcsim(nodes="x1", seed=9)
def test_the_nearer_one_counts(bmc, bmc_fleet):
    assert (bmc.name, bmc.power, bmc_fleet.wishes.seed) == ("x1", "on", 9)

def test_a_call_says_otherwise(bmc_fleet):
    assert bmc_fleet("n[1-2]", profile=Profile())["n1"].power == "off"
"""
    )
    run(pytester).assert_outcomes(passed=3)
    pytester.makepyfile(test_option="def test_seed(bmc_fleet):\n    assert bmc_fleet.wishes.seed == 77\n")
    run(pytester, "--bmcsim-seed", "77", "test_option.py").assert_outcomes(passed=1)


def test_a_failed_test_s_report_has_the_log_of_its_bmcs_and_a_passed_one_s_has_not(
    pytester: pytest.Pytester,
) -> None:
    pytester.makepyfile(
        """
import pytest

def test_fails(bmc):
    bmc.press_power_button()
    assert bmc.power == "off"

def test_passes(bmc_fleet):
    bmc_fleet("passed1")

@pytest.fixture
def broken(bmc_fleet):
    bmc_fleet("broken1")
    raise OSError("broken")

def test_whose_set_up_fails(broken):
    pass
"""
    )
    result = run(pytester)
    result.assert_outcomes(passed=1, failed=1, errors=1)
    result.stdout.fnmatch_lines(
        [
            "*bmcsim log, seed 0*",
            '{*"node":"broken1","event":"started",*',
            '{*"node":"bmc","event":"power","to":"on",*',
        ]
    )
    result.stdout.no_fnmatch_line("*passed1*")
    short = run(pytester, "-k", "test_fails", "-o", "bmcsim_log_lines=1")
    short.stdout.fnmatch_lines(["(1 earlier lines left out)", '{*"event":"power"*'])
    short.stdout.no_fnmatch_line('*"event":"started"*')


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--bmcsim-seed", "many"), "--bmcsim-seed is 'many'; it is a whole number from 0 on"),
        (("-o", "bmcsim_seed=-1"), "bmcsim_seed is '-1'; it is a whole number from 0 on"),
        (("-o", "bmcsim_log_lines=all"), "bmcsim_log_lines is 'all'; it is a whole number from 0 on"),
    ],
    ids=["seed option", "seed configured", "log lines"],
)
def test_a_number_that_is_none_is_told_before_any_test(
    pytester: pytest.Pytester, arguments: tuple[str, ...], told: str
) -> None:
    pytester.makepyfile("def test_it():\n    pass\n")
    result = run(pytester, *arguments)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert told in "\n".join(result.errlines)


def test_a_marker_with_a_mistake_is_told(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
import pytest

@pytest.mark.bmcsim("n1")
def test_without_a_name(bmc):
    pass

@pytest.mark.bmcsim(nodse="n1")
def test_misspelt(bmc):
    pass
"""
    )
    result = run(pytester)
    result.assert_outcomes(errors=2)
    text = result.stdout.str()
    assert "the marker bmcsim takes arguments by name alone" in text
    assert "'nodse'" in text


def test_who_does_not_use_it_pays_for_no_import(pytester: pytest.Pytester) -> None:
    # Other plugins of this installation import trio themselves, and so stay away.
    pytester.makepyfile(
        """
import sys

def test_nothing_is_imported(request):
    assert request.config.pluginmanager.has_plugin("bmcsim.pytest_plugin")
    heavy = {"trio", "ClusterShell", "cryptography", "powerfsm", "bmcsim.fleet", "asyncio"}
    assert heavy.isdisjoint(sys.modules), heavy & set(sys.modules)
"""
    )
    others = ("trio", "anyio", "hypothesispytest", "timeout", "schemathesis")
    run(pytester, *(word for name in others for word in ("-p", f"no:{name}"))).assert_outcomes(passed=1)
