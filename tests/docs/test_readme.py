"""Every command of the README is run, as it stands there, and does what stands there.

What differs from what a reader does: the forty BMCs are simulated ones on loopback addresses, which stand in the
command for those of 10.0.1.x (and, where this user may not bind port 623, a port behind them), and the daemon
listens on a port that is free.
"""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import trio
import yaml

from command_line import PATIENCE, Ran, run_here
from documents import README
from powerfsm.demo.processes import write_private
from real_site import Bmcs, Site, run, until
from strangers import stranger

SEARCH = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
"""Where the shell finds powerfsm: as it is installed beside this Python."""

ELSEWHERE = {
    "scripts/demo": "test_scripts.py",
    "scripts/demo --help": "test_scripts.py",
    "scripts/test": "test_scripts.py",
}
"""Commands of the README that are run by another file of this folder."""


@dataclass
class Step:
    """A command of the console block, and what is printed below it."""

    command: str
    printed: str


def console() -> list[Step]:
    """The steps of the console block."""
    (block,) = README.fenced("console")
    steps: list[Step] = []
    for line in block.splitlines(keepends=True):
        if line.startswith("$ "):
            steps.append(Step(line.removeprefix("$ ").strip(), ""))
        else:
            steps[-1].printed += line
    return steps


def test_there_is_no_command_that_no_test_runs() -> None:
    shown = {*README.commands, *(code for code in README.code if code.startswith(("scripts/", "powerfsm ")))}
    assert shown == ELSEWHERE.keys()
    for command, file in ELSEWHERE.items():
        assert f'"{command.split()[0]}"' in Path(__file__).with_name(file).read_text(encoding="utf-8")


@pytest.mark.slow
async def test_the_console_block_does_on_forty_bmcs_what_it_shows(site: Site) -> None:
    port = 623 if may_bind(f"{site.net}.1", 623) else 6230
    listen = write_files(site.directory)
    bmcs = site.bmcs("r1n[01-40]", f"--password-file={site.directory / 'rack1.password'}", port=port)
    await bmcs.start()

    serve, *steps = console()
    assert serve == Step("powerfsm serve --config powerfsm.yaml", "")
    async with serving(serve.command, site.directory, listen) as url:
        for step in steps:
            ran = await shell(on_loopback(step.command, bmcs), site.directory, POWERFSM_URL=url)
            assert (ran.code, ran.out) == (0, step.printed), ran
        async with httpx.AsyncClient(base_url=url, trust_env=False) as api:
            docs = await api.get("/docs")
    assert docs.status_code == 200
    assert "at `/docs`" in README.paragraph("documents itself").replace("\n", " ")
    for node in bmcs.names:
        assert bmcs.commands(node) == ["on"]
        assert bmcs.power(node) == "on"
    assert not bmcs.open_sessions()


POWER_ON = """\
#!/bin/bash
for attempt in 1 2 3; do
    ipmitool -I lanplus -C 17 -H "$1" -p "$2" -U "$3" -P "$4" power on </dev/null && exit
done
exit 1
"""


@stranger("ipmitool")
@pytest.mark.parametrize(("attempts", "outcome"), [("1 2 3", "1 passed"), ("1", "1 failed")])
async def test_the_test_that_it_shows_passes_for_a_script_that_tries_again(
    tmp_path: Path, attempts: str, outcome: str
) -> None:
    (shown,) = README.fenced("python")
    (tmp_path / "test_shown.py").write_text(f"import subprocess\n\n\n{shown}")
    script = tmp_path / "power-on"
    script.write_text(POWER_ON.replace("1 2 3", attempts))
    script.chmod(0o755)
    # Whether or not the installed metadata tells pytest of the plugin, it is registered once.
    once = ("-p", "no:bmcsim", "-p", "bmcsim.pytest_plugin", "-p", "no:xdist")
    ran = await run(sys.executable, "-m", "pytest", "-q", *once, cwd=tmp_path)
    assert outcome in ran.out, ran


def test_the_other_commands_are_used_alike() -> None:
    alike, *_ = README.paragraph("are used alike").partition(" are used alike")
    words = re.findall("`([a-z-]+)`", alike)
    assert len(words) > 5
    for word in words:
        helped = run_here(word, "--help")
        assert helped.code == 0, word
        assert "--json" in helped.out, word


def write_files(directory: Path) -> str:
    """Write the README's configuration, and credentials as its comment says; where it has the daemon listen."""
    (text,) = README.fenced("yaml")
    assert text.count("127.0.0.1:8623") == 1
    text = text.replace("127.0.0.1:8623", f"127.0.0.1:{free_tcp_port()}")
    (directory / "powerfsm.yaml").write_text(text)
    comment = re.search(r"^credentials: credentials.yaml +# (.*)$", text, re.MULTILINE)
    assert comment is not None
    write_private(directory / "credentials.yaml", f"{comment[1]}\n")
    (login,) = yaml.safe_load(comment[1]).values()
    assert login["username"] == Bmcs.USER
    write_private(directory / login["password-file"], "not a secret\n")
    return str(yaml.safe_load(text)["listen"])


def on_loopback(command: str, bmcs: Bmcs) -> str:
    """The command with the simulated BMCs' addresses for those of the README."""
    if "--bmc" not in command:
        return command
    assert command.count("'10.0.1.[1-40]'") == 1
    other_port = "" if bmcs.port == 623 else f" --port {bmcs.port}"
    return command.replace("'10.0.1.[1-40]'", f"'{bmcs.hosts}'{other_port}")


def free_tcp_port() -> int:
    """A port at which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def may_bind(host: str, port: int) -> bool:
    """Whether this user may have a UDP port."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe, suppress(OSError):
        probe.bind((host, port))
        return True
    return False


def listens(listen: str) -> bool:
    """Whether somebody listens at an address."""
    host, _, port = listen.rpartition(":")
    with suppress(OSError), socket.create_connection((host, int(port))):
        return True
    return False


async def shell(command: str, directory: Path, **env: str) -> Ran:
    """Give a command to a shell, as a reader does, who has installed powerfsm."""
    return await run("bash", "-c", command, cwd=directory, env={"PATH": SEARCH} | env)


@asynccontextmanager
async def serving(command: str, directory: Path, listen: str) -> AsyncGenerator[str]:
    """The daemon, given to a shell in another terminal; gives its URL, and ends it with Ctrl-C."""
    env = os.environ | {"PATH": SEARCH}
    process = await trio.lowlevel.open_process(
        ["bash", "-c", f"exec {command}"], cwd=directory, env=env, stdin=subprocess.DEVNULL, start_new_session=True
    )
    try:
        await until(lambda: process.poll() is not None or listens(listen), "daemon that listens")
        yield f"http://{listen}"
        process.send_signal(signal.SIGINT)
        with trio.fail_after(PATIENCE):
            assert await process.wait() == 0
    finally:
        if process.poll() is None:
            process.kill()
