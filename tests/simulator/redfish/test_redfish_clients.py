"""Redfish clients that nobody here wrote take the simulated BMCs for real ones: sushy, DMTF's library and tool."""

import json
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import pytest
import redfish
import sushy
import trio
from redfish.rest.v1 import HttpClient, RetriesExhaustedError, SessionCreationError
from sushy.taskmonitor import TaskMonitor

from bmcsim import Fleet, Hardware, MemoryLog, Power, Profile, Span, User, running
from bmcsim.boot import PARAMETER, BootFlags, Device
from bmcsim.faults import Fault
from bmcsim.faults.http import (
    HttpClosed,
    HttpHalfBody,
    HttpSlow,
    HttpStatus,
    HttpTimeout,
    HttpUnavailable,
    TaskFailed,
    TaskStuck,
)
from bmcsim.profile import RESET_TYPES, RedfishWays

pytestmark = pytest.mark.stranger

PASSWORD = "s3cret"
RESET = "/redfish/v1/Systems/1/Actions/ComputerSystem.Reset"
REDFISHTOOL = Path(sys.executable).with_name("redfishtool")
TASKS = RedfishWays(reset_is_task=True)

T = TypeVar("T")


@asynccontextmanager
async def served(
    hardware: Hardware | None = None, ways: RedfishWays | None = None, *, tls: bool = False
) -> AsyncIterator[Fleet]:
    """Serve one BMC, `n1`."""
    profile = Profile(
        hardware=hardware or Hardware(), users=(User("admin", PASSWORD),), redfish=ways or RedfishWays()
    )
    async with running(Fleet.of("n1", profile, log=MemoryLog()), redfish=True, tls=tls) as fleet:
        yield fleet


async def in_thread(call: Callable[[], T]) -> T:
    """Run what blocks beside the BMC that it talks to."""
    with trio.fail_after(60):
        return await trio.to_thread.run_sync(call, abandon_on_cancel=True)


def sushy_of(fleet: Fleet, *, basic: bool = False, timeout: float = 30) -> Any:
    """Connect sushy: with a session, as it does by itself, or without any."""
    kind = sushy.auth.BasicAuth if basic else sushy.auth.SessionOrBasicAuth
    return sushy.Sushy(
        fleet.urls["n1"],
        auth=kind("admin", PASSWORD),
        verify=False,
        server_side_retries=1,
        server_side_retries_delay=1,
        read_timeout=timeout,
    )


def power(fleet: Fleet) -> Power:
    """What the power really is."""
    return fleet["n1"].machine.power


@pytest.mark.parametrize("basic", [True, False], ids=["basic", "session"])
@pytest.mark.parametrize("tls", [True, False], ids=["https", "http"])
async def test_sushy_drives_power_and_boot_device(*, tls: bool, basic: bool) -> None:
    async with served(tls=tls) as fleet:

        def drive() -> None:
            root = sushy_of(fleet, basic=basic)
            (system,) = root.get_system_collection().get_members()
            assert system.power_state == sushy.PowerState.OFF
            assert system.get_allowed_reset_system_values() == {sushy.ResetType(reset) for reset in RESET_TYPES}
            assert sushy.BootSource.PXE in system.get_allowed_system_boot_source_values()
            system.set_system_boot_options(
                sushy.BootSource.PXE,
                enabled=sushy.BootSourceOverrideEnabled.ONCE,
                mode=sushy.BootSourceOverrideMode.UEFI,
            )
            system.refresh()
            assert system.boot.target == sushy.BootSource.PXE
            assert system.boot.mode == sushy.BootSourceOverrideMode.UEFI
            for reset, state in (
                (sushy.ResetType.ON, sushy.PowerState.ON),
                (sushy.ResetType.FORCE_RESTART, sushy.PowerState.ON),
                (sushy.ResetType.NMI, sushy.PowerState.ON),
                (sushy.ResetType.GRACEFUL_SHUTDOWN, sushy.PowerState.OFF),
                (sushy.ResetType.FORCE_ON, sushy.PowerState.ON),
                (sushy.ResetType.FORCE_OFF, sushy.PowerState.OFF),
            ):
                system.reset_system(reset)
                system.refresh()
                assert system.power_state == state
            assert system.boot.enabled == sushy.BootSourceOverrideEnabled.DISABLED
            (manager,) = root.get_manager_collection().get_members()
            assert manager.manager_type == sushy.ManagerType.BMC
            (chassis,) = root.get_chassis_collection().get_members()
            assert chassis.power_state == sushy.PowerState.OFF
            root._auth.close()

        await in_thread(drive)
        assert isinstance(fleet.log, MemoryLog)
        commands = [event["command"] for event in fleet.log.named("command")]
        assert commands == ["on", "reset", "diagnostic", "soft-off", "on", "off"]
        sessions = [event["event"] for event in fleet.log.named("session-opened", "session-closed")]
        assert sessions == ([] if basic else ["session-opened", "session-closed"])


async def test_sushy_sees_the_rails_move() -> None:
    async with served(Hardware(boot_delay=Span.of(3600))) as fleet:

        def drive() -> Any:
            system = sushy_of(fleet).get_system()
            system.reset_system(sushy.ResetType.ON)
            system.refresh()
            return system.power_state

        assert await in_thread(drive) == sushy.PowerState.POWERING_ON


async def test_sushy_logs_in_again_after_the_bmc_has_lost_its_sessions() -> None:
    async with served() as fleet:
        root = await in_thread(lambda: sushy_of(fleet))
        fleet["n1"].reboot(fleet.clock(), 0)
        system = await in_thread(root.get_system)
        assert system.power_state == sushy.PowerState.OFF


async def test_sushy_follows_a_task_to_its_end() -> None:
    async with served(Hardware(boot_delay=Span.of(0.3)), TASKS) as fleet:

        def drive() -> None:
            root = sushy_of(fleet)
            response = root._conn.post(RESET, data={"ResetType": "On"})
            assert response.status_code == 202
            monitor = TaskMonitor(root._conn, response.headers["Location"])
            assert monitor.is_processing
            assert monitor.task.task_state == sushy.TaskState.RUNNING
            monitor.wait(30)
            assert not monitor.is_processing

        await in_thread(drive)
        assert power(fleet) is Power.ON


async def test_sushy_is_told_what_it_may_not_do() -> None:
    async with served(Hardware(power=Power.ON), RedfishWays(without_change=409)) as fleet:

        def drive() -> None:
            system = sushy_of(fleet).get_system()
            with pytest.raises(sushy.exceptions.HTTPError, match="409") as caught:
                system.reset_system(sushy.ResetType.ON)
            assert caught.value.code.endswith("NoOperation")

        await in_thread(drive)


async def test_sushy_with_a_wrong_password_is_refused() -> None:
    async with served() as fleet:

        def drive() -> None:
            with pytest.raises(sushy.exceptions.AccessError):
                sushy.Sushy(fleet.urls["n1"], "admin", "wrong", server_side_retries=1).get_system()

        await in_thread(drive)


def dmtf(fleet: Fleet, *, retries: int = 0, trusting: Path | None = None) -> HttpClient:
    """Connect DMTF's library; it checks certificates against the file `trusting`."""
    file = None if trusting is None else str(trusting)
    return redfish.redfish_client(fleet.urls["n1"], "admin", PASSWORD, timeout=30, max_retry=retries, cafile=file)


@pytest.mark.parametrize("auth", ["session", "basic"])
async def test_dmtfs_library_logs_in_resets_and_follows_the_task(auth: str, tmp_path: Path) -> None:
    async with served(Hardware(boot_delay=Span.of(0.2)), TASKS, tls=True) as fleet:
        certificate = tmp_path / "bmcs.pem"
        certificate.write_bytes(fleet.certificate)

        def drive() -> list[int]:
            client = dmtf(fleet, trusting=certificate)
            client.login(auth=auth)
            accepted = client.post(RESET, body={"ResetType": "On"})
            seen = [accepted.status]
            while seen[-1] == 202:
                seen.append(accepted.monitor(client).status)
            assert client.get("/redfish/v1/Systems/1").dict["PowerState"] == "On"
            client.logout()
            return seen

        seen = await in_thread(drive)
        assert (seen[0], seen[-1]) == (202, 204)
        assert set(seen[:-1]) == {202}


async def redfishtool(fleet: Fleet, *arguments: str) -> tuple[int, str]:
    """Run the command."""
    there = fleet.urls["n1"].partition("//")[2]
    command = (str(REDFISHTOOL), "-r", there, "-u", "admin", "-p", PASSWORD, *arguments)
    with trio.fail_after(60):
        result = await trio.run_process(command, capture_stdout=True, capture_stderr=True, check=False)
    return result.returncode, result.stdout.decode() + result.stderr.decode()


# Its default speaks HTTP first and HTTPS once it logs in, on one port.
@pytest.mark.parametrize(
    "how", [(), ("-S", "Always"), ("-S", "Never", "-A", "Session")], ids=["both", "https", "http"]
)
async def test_redfishtool_turns_a_machine_on_and_reads_so(how: tuple[str, ...]) -> None:
    async with served() as fleet:
        code, output = await redfishtool(fleet, *how, "Systems", "-1", "reset", "On")
        assert code == 0, output
        assert power(fleet) is Power.ON
        code, output = await redfishtool(fleet, *how, "Systems", "-1")
        assert (code, json.loads(output)["PowerState"]) == (0, "On")


async def test_redfishtool_sets_the_boot_device() -> None:
    async with served() as fleet:
        code, output = await redfishtool(fleet, "Systems", "-1", "setBootOverride", "Once", "Pxe")
        assert code == 0, output
        assert BootFlags.decode(fleet["n1"].boot_options[PARAMETER]).device == Device.PXE


@pytest.mark.parametrize("what", [("root",), ("Managers", "-1"), ("Chassis", "-1"), ("SessionService",)])
async def test_redfishtool_reads_what_else_there_is(what: tuple[str, ...]) -> None:
    async with served() as fleet:
        code, output = await redfishtool(fleet, *what)
        assert (code, "@odata.type" in json.loads(output)) == (0, True)


async def test_redfishtool_is_told_that_there_is_no_such_reset() -> None:
    async with served() as fleet:
        code, output = await redfishtool(fleet, "Systems", "-1", "reset", "Explode")
        assert code != 0, output
        assert power(fleet) is Power.OFF


async def test_an_error_is_what_each_client_makes_of_it() -> None:
    async with served() as fleet:
        with fleet.faults.on(HttpStatus(code=500)):
            with pytest.raises(sushy.exceptions.ServerSideError):
                await in_thread(lambda: sushy_of(fleet))
            code, output = await redfishtool(fleet, "Systems", "-1")
            assert code != 0
            assert "500" in output


async def test_503_is_service_is_busy_to_dmtfs_library() -> None:
    async with served() as fleet:
        with (
            fleet.faults.on(HttpUnavailable(retry_after=1)),
            pytest.raises(redfish.rest.v1.ServerDownOrUnreachableError, match="Service is busy"),
        ):
            await in_thread(lambda: dmtf(fleet))


@pytest.mark.parametrize(
    "fault", [HttpTimeout(), HttpSlow(by=Span.of(30)), HttpClosed()], ids=lambda fault: fault.name
)
async def test_no_answer_a_late_one_and_a_cut_connection_are_connection_errors_to_sushy(fault: Fault) -> None:
    async with served() as fleet:
        with fleet.faults.on(fault), pytest.raises(sushy.exceptions.ConnectionError):
            await in_thread(lambda: sushy_of(fleet, timeout=0.5))


async def test_half_a_body_breaks_off_in_the_client() -> None:
    async with served() as fleet:
        with fleet.faults.on(HttpHalfBody(), steps={"get-system"}):

            def drive() -> None:
                root = sushy_of(fleet)
                with pytest.raises(sushy.exceptions.ConnectionError, match=r"IncompleteRead|ChunkedEncoding"):
                    root.get_system("/redfish/v1/Systems/1")

            await in_thread(drive)


async def test_dmtfs_library_gives_up_on_a_closed_connection() -> None:
    async with served() as fleet:
        with fleet.faults.on(HttpClosed(), steps={"login"}):

            def drive() -> None:
                client = dmtf(fleet, retries=1)
                with pytest.raises((RetriesExhaustedError, SessionCreationError)):
                    client.login(auth="session")

            await in_thread(drive)


async def test_sushy_waits_in_vain_for_a_task_that_is_stuck() -> None:
    async with served(None, TASKS) as fleet:
        with fleet.faults.on(TaskStuck()):

            def drive() -> None:
                root = sushy_of(fleet)
                response = root._conn.post(RESET, data={"ResetType": "On"})
                monitor = TaskMonitor(root._conn, response.headers["Location"])
                with pytest.raises(sushy.exceptions.ConnectionError, match="Timeout waiting for task monitor"):
                    monitor.wait(0.1)

            await in_thread(drive)
        assert power(fleet) is Power.ON


async def test_sushy_takes_a_reset_that_fails_as_a_task_for_a_success() -> None:
    async with served(None, TASKS) as fleet:
        with fleet.faults.on(TaskFailed()):

            def drive() -> Any:
                root = sushy_of(fleet)
                root.get_system().reset_system(sushy.ResetType.ON)
                return root._conn.get("/redfish/v1/TaskService/Tasks/1").json()["TaskState"]

            assert await in_thread(drive) == "Exception"
        assert power(fleet) is Power.OFF
