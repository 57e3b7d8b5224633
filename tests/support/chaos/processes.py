"""The two processes of a run: a daemon with variables of its own, and BMCs whose network can be made worse."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import yaml

from powerfsm.demo.conditions import Conditions
from powerfsm.demo.processes import Daemon, Process, Simulator, program


class OpenSimulator(Simulator):
    """Simulated BMCs with a control API: what `bmcsim run` serves.

    Attributes:
        control: The URL of the control API; after `start`.
    """

    def __init__(
        self, directory: Path, nodes: str, conditions: Conditions, seed: int, password_file: Path
    ) -> None:
        super().__init__(directory, nodes, conditions, seed, password_file)
        self.control = ""
        scenario = directory / "scenario.yaml"
        scenario.write_text(yaml.safe_dump(_scenario(nodes, conditions, seed, password_file)), encoding="utf-8")
        files = [f"--log={self.log}", f"--ready-file={self._ready_file}"]
        self._command = [program("bmcsim"), "run", str(scenario), *files, "--no-view"]

    async def start(self) -> None:
        """Start it, and wait until all BMCs are there.

        Raises:
            ProcessTrouble: It does not start.
        """
        await self.run(self._command)
        ready = await self.ready(self._ready_file)
        self.control = ready["control"]
        self.addresses = {
            node: (doors["ipmi"]["host"], doors["ipmi"]["port"]) for node, doors in ready["nodes"].items()
        }

    @asynccontextmanager
    async def suffering(self, faults: Sequence[Mapping[str, object]]) -> AsyncGenerator[None]:
        """Have all BMCs suffer these faults, written as in a scenario, for as long as the block lasts."""
        async with httpx.AsyncClient(base_url=self.control, trust_env=False) as api:
            numbers = []
            for fault in faults:
                answer = await api.post("/faults", json=fault)
                answer.raise_for_status()
                numbers.append(answer.json()["id"])
            yield
            for number in numbers:
                (await api.delete(f"/faults/{number}")).raise_for_status()


class HardyDaemon(Daemon):
    """The daemon, with variables of its own.

    Attributes:
        variables: What its next life has in its environment on top of ours.
    """

    def __init__(
        self,
        directory: Path,
        conditions: Conditions,
        password_file: Path,
        port: int,
        *,
        database: Path | None = None,
    ) -> None:
        """`database`: where it keeps its data, if not in the directory."""
        super().__init__(directory, conditions, password_file, port)
        self.variables: dict[str, str] = {}
        self.port = port
        if database is not None:
            self.database = database

    async def spawn(self, command: Sequence[str], environment: dict[str, str] | None) -> Process:
        """Begin a life."""
        return await super().spawn(command, self.variables | (environment or {}))


def _scenario(nodes: str, conditions: Conditions, seed: int, password_file: Path) -> dict[str, object]:
    """The scenario of these conditions: as those of `Conditions.options`."""
    return {
        "seed": seed,
        "control": "127.0.0.1:0",
        "nodes": [
            {
                "names": nodes,
                "bmc": {
                    "slots": conditions.slots,
                    "idle-timeout": conditions.idle,
                    "sequence-check": "none",
                },
                "machine": {
                    "boot-delay": _text(conditions.boot),
                    "off-delay": _text(conditions.off),
                    "latch": _text(conditions.latch),
                    "soft-off-delay": _text(conditions.soft_off),
                },
                "users": [
                    {
                        "name": Simulator.USER,
                        "password": {"file": str(password_file)},
                        "privilege": "administrator",
                    }
                ],
            }
        ],
        "network": {
            "loss": conditions.loss,
            "duplicate": conditions.duplicate,
            "duplicate-lag": _text(conditions.duplicate_lag),
            "delay": _text(conditions.delay),
        },
    }


def _text(span: tuple[float, float]) -> str:
    return f"{span[0]}-{span[1]}"
