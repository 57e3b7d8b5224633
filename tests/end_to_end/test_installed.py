"""A wheel, installed far from any checkout, has all of it: daemon, migrations, spec, documentation, simulator."""

import re
import sys
from pathlib import Path

import httpx
import pytest

from command_line import PATIENCE, ROOT, Ran
from powerfsm.demo.processes import Child
from real_site import run


async def build_and_install(here: Path) -> Path:
    """Build the wheel and install it alone; what it depends on is that of the interpreter that runs the tests."""
    dist, target = here / "dist", here / "installed"
    steps = (
        (sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", dist, ROOT),
        (sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--target", target),
    )
    built = await run(*steps[0], cwd=here)
    assert built.code == 0, built
    (wheel,) = dist.glob("powerfsm-*.whl")
    installed = await run(*steps[1], wheel, cwd=here)
    assert installed.code == 0, installed
    return target


@pytest.mark.slow
async def test_an_installed_wheel_serves_outside_of_the_checkout(tmp_path: Path) -> None:
    target = await build_and_install(tmp_path)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    # Before the path of the checkout, if that is installed in this interpreter.
    env = {"PYTHONPATH": str(target)}

    async def program(name: str, *words: str) -> Ran:
        return await run(target / "bin" / name, *words, cwd=elsewhere, env=env)

    whose = "import powerfsm, bmcsim; print(powerfsm.__file__, bmcsim.__file__)"
    where = await run(sys.executable, "-P", "-c", whose, cwd=elsewhere, env=env)
    assert all(Path(file).is_relative_to(target) for file in where.out.split()), where
    assert re.fullmatch(r"powerfsm \d+\.\d+\.\d+\n", (await program("powerfsm", "--version")).out)
    assert "Usage: bmcsim" in (await program("bmcsim", "--help")).out
    assert (await program("powerfsm", "diagram", "--format", "svg")).out.startswith("<svg")

    daemon = Child("the daemon", elsewhere / "daemon.out")
    ready, database = elsewhere / "ready", elsewhere / "fleet.db"
    options = ("--listen=127.0.0.1:0", f"--database={database}", f"--ready-file={ready}")
    await daemon.run([str(target / "bin" / "powerfsm"), "serve", *options], env)
    try:
        url = (await daemon.ready(ready))["url"]
        async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=PATIENCE) as api:
            docs = await api.get("/docs")
            assert docs.status_code == 200
            # Everything that the page is made of comes from the daemon, and is there.
            parts = re.findall(r'(?:src|href)="([^"]+)"', docs.text)
            assert parts
            for part in parts:
                assert part.startswith("/"), part
                assert (await api.get(part)).status_code == 200, part
            added = await api.post("/v1/nodes", json={"names": "n1", "bmc": {"host": "127.0.0.1"}})
            assert added.status_code == 201
        assert "n1" in (await program("powerfsm", "nodes", "list", "--url", url)).out
        await daemon.stop()
    finally:
        if daemon.running:
            await daemon.kill()
    assert database.exists()

    tests = elsewhere / "test_theirs.py"
    tests.write_text("def test_it_is_off(bmc):\n    assert bmc.power == 'off'\n", "utf-8")
    # What pytest finds by itself is what is installed there; no `-p` names it.
    theirs = await run(sys.executable, "-P", "-m", "pytest", "-q", tests, cwd=elsewhere, env=env)
    assert theirs.code == 0, theirs
    assert "1 passed" in theirs.out

    (elsewhere / "s.yaml").write_text("nodes: n[1-3]\n", "utf-8")
    ran = await program("bmcsim", "run", "s.yaml", "--duration", "0.1", "--log", "events.jsonl")
    assert ran.code == 0, ran
    judged = await program("bmcsim", "check", "events.jsonl")
    assert judged.code == 0, judged
