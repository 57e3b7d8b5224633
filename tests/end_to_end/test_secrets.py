"""Passwords and keys of BMCs, and tokens, are nowhere but in the files that they were given in.

What is sent to the API by mistake, and what a defect logs, is in `tests/security/api/test_secrets.py`.
"""

import base64
import resource
import secrets

import pytest
import trio

from powerfsm.demo.processes import write_private
from real_site import Json, Served, Site

OPEN_TO_ALL = (
    "/v1/nodes",
    "/v1/operations",
    "/v1/recovery",
    "/v1/version",
    "/metrics",
    "/openapi.json",
    "/readyz",
)


def shapes_of(secret: str) -> dict[str, bytes]:
    """How a secret may look where it does not belong: as it is, and in the codings that programs like."""
    raw = secret.encode()
    shapes = raw, raw.hex().encode(), raw.hex().upper().encode(), base64.b64encode(raw).rstrip(b"=")
    return {f"{secret} as {shape.decode()}": shape for shape in shapes}


async def test_no_secret_is_to_be_found_in_anything_that_the_daemon_writes_answers_or_shows(site: Site) -> None:
    password, kg, stale = (secrets.token_hex(9) for _ in range(3))
    given = site.directory / "given"
    given.mkdir()
    for name, secret in (("password", password), ("kg", kg)):
        write_private(given / name, f"{secret}\n")
    login = {"username": "admin", "password-file": "given/password"}
    credentials = {
        "default": login | {"kg-file": "given/kg"},
        "stale": {"username": "admin", "password": stale, "kg-file": "given/kg"},
        "keyless": login,
    }
    bmcs = site.bmcs("n[1-4]", f"--password-file={given / 'password'}", f"--kg-file={given / 'kg'}")
    daemon = site.daemon(credentials=credentials, settings={"log": {"format": "json", "level": "debug"}})
    async with trio.open_nursery() as nursery:
        nursery.start_soon(bmcs.start)
        nursery.start_soon(daemon.start)
    await site.add(daemon, bmcs, "n[1-4]")
    await daemon.does("nodes", "change", "n3", "--credentials", "stale")
    await daemon.does("nodes", "change", "n4", "--credentials", "keyless")

    seen: dict[str, bytes] = {}
    ran = await daemon.ask("on", "n[1-4]", "--wait", "--json")
    assert ran.code == 1
    assert ran.out.count('"succeeded"') == 2
    seen["the command line"] = (ran.out + ran.err).encode()
    for process in (bmcs.pid, daemon.pid):
        seen[f"the arguments of {process}"] = await trio.Path(f"/proc/{process}/cmdline").read_bytes()
    assert b"powerfsm" in seen[f"the arguments of {daemon.pid}"]
    await daemon.kill()
    # What a dead process leaves on the disk, and what the next one does about it.
    seen |= await files_of(site)
    await daemon.start()
    # A file that breaks while the daemon runs is told of, and what stands in it is not.
    write_private(site.directory / "credentials.yaml", f"default: {{password: {stale}, username: [\n")
    await daemon.ask("cycle", "n1", "--wait")
    seen |= await answers_of(daemon)
    assert daemon.logged("credentials.unreadable")
    await daemon.stop()
    seen |= await files_of(site)

    # Whoever looks for nothing finds nothing: the names of logins, which are no secret, are there.
    assert any(b"stale" in content for content in seen.values())
    found = [
        f"{shape} in {place}"
        for secret in (password, kg, stale)
        for shape, look in shapes_of(secret).items()
        for place, content in seen.items()
        if look in content
    ]
    assert not found


@pytest.mark.parametrize("wanted", [None, "none", "as-set"])
async def test_no_core_is_left_with_secrets_in_it_unless_it_is_wanted(wanted: str | None, site: Site) -> None:
    before = resource.getrlimit(resource.RLIMIT_CORE)
    most = before[1] if before[1] == resource.RLIM_INFINITY else max(before[1], 4096)
    try:
        resource.setrlimit(resource.RLIMIT_CORE, (most, most))
    except (OSError, ValueError):
        pytest.skip("nobody here may have core files, whatever the daemon does")
    try:
        daemon = await site.daemon(settings={"core-dumps": wanted} if wanted else {}).start()
    finally:
        resource.setrlimit(resource.RLIMIT_CORE, before)
    soft, hard = resource.prlimit(daemon.pid, resource.RLIMIT_CORE)
    assert soft == (most if wanted == "as-set" else 1)
    assert hard == most


async def files_of(site: Site) -> dict[str, bytes]:
    """All files of the site but those that secrets were given in."""
    return {
        f"{file.name} ({file.stat().st_mtime_ns})": file.read_bytes()
        for file in site.directory.iterdir()
        if file.is_file() and file.name != "credentials.yaml"
    }


async def answers_of(daemon: Served) -> dict[str, bytes]:
    """All that the API gives away, events included."""
    answers: dict[str, bytes] = {}
    async with daemon.api() as api:
        for path in OPEN_TO_ALL:
            answers[path] = (await api.get(path)).content
    journal: list[Json] = await daemon.journal()
    answers["the journal"] = repr(journal).encode()
    return answers
