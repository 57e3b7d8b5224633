"""A daemon that may open very few files serves fewer clients at once, and says so; nobody is shut out."""

import resource
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from real_site import Site, a_site, forget_settings


@pytest.fixture
async def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Site]:
    """Makes BMCs and daemons; whatever is left of them ends with the test."""
    forget_settings(monkeypatch)
    async with a_site(tmp_path) as made:
        yield made


async def test_with_a_hundred_descriptors_requests_are_answered_and_power_is_driven(site: Site) -> None:
    usual = resource.getrlimit(resource.RLIMIT_NOFILE)
    bmcs = site.bmcs("n[1-4]")
    await bmcs.start()
    daemon = site.daemon()
    # What a process may open is handed on to those that it starts.
    resource.setrlimit(resource.RLIMIT_NOFILE, (100, usual[1]))
    try:
        await daemon.start()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, usual)
    (told,) = daemon.logged("api.fewer-connections")
    assert 0 < told["limit"] < 100
    await site.add(daemon, bmcs, "n[1-4]")
    assert await daemon.does("on", "n[1-4]", "--wait") == "succeeded: n[1-4]\n"
    await daemon.stop()
    assert not bmcs.open_sessions()
