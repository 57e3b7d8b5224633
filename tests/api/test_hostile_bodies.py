"""Whatever is sent: the answer is a success, or a problem of the sender's making."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
import trio
from hypothesis import given, settings
from hypothesis import strategies as st

from api_house import house
from powerfsm.power import Ask

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from(["n1", "n[1-3]", "n[1-", "@x", "\ud800", "n1\x00", *Ask]),
)
anything = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
)
names = st.one_of(
    st.sampled_from(["n1", "n[1-3]", "n[1-2],n1", "n9", "n[", ""]),
    st.lists(st.sampled_from(["n1", "n2", "n9", ""]), max_size=4),
    anything,
)
asks = st.one_of(st.sampled_from(list(Ask)), scalars)
one = st.fixed_dictionaries({}, optional={"nodes": names, "ask": asks, "generation": scalars, "x": scalars})
bodies = st.one_of(one, st.fixed_dictionaries({"requests": st.lists(one, max_size=4)}), anything)
headers = st.fixed_dictionaries(
    {},
    optional={
        "If-Match": st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=10),
        "Idempotency-Key": st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=10),
    },
)
nodes = st.fixed_dictionaries(
    {},
    optional={
        "names": names,
        "bmc": st.fixed_dictionaries(
            {}, optional={"host": names, "port": anything, "cipher_suite": scalars, "credentials": scalars}
        ),
        "policy": st.fixed_dictionaries(
            {}, optional={"timings": anything, "drift": scalars, "ranking": scalars, "group": scalars}
        ),
    },
)
waits = st.fixed_dictionaries({}, optional={"ids": anything, "timeout": st.just(0) | scalars, "until": scalars})


def answered(directory: Path, asked: list[tuple[str, str, Any, dict[str, str]]]) -> list[httpx.Response]:
    """What a fresh daemon answers to these requests."""
    answers: list[httpx.Response] = []

    async def run() -> None:
        async with house(directory) as daemon, daemon.client() as client:
            await daemon.add("n1", "n2", "n3")
            for method, path, body, extra in asked:
                content = json_of(body)
                with trio.fail_after(60):
                    answers.append(
                        await client.request(
                            method, path, content=content, headers={"Content-Type": "application/json"} | extra
                        )
                    )

    trio.run(run)
    return answers


def json_of(body: object) -> bytes:

    return json.dumps(body).encode()


@pytest.mark.slow
@given(
    asked=st.lists(
        st.one_of(
            st.tuples(st.just("POST"), st.just("/v1/power"), bodies, headers),
            st.tuples(st.just("POST"), st.just("/v1/nodes/n1/power"), bodies, headers),
            st.tuples(st.just("POST"), st.just("/v1/nodes"), nodes | anything, headers),
            st.tuples(st.just("PATCH"), st.just("/v1/nodes/n2"), nodes | anything, headers),
            st.tuples(st.just("POST"), st.just("/v1/operations/wait"), waits | anything, headers),
        ),
        min_size=1,
        max_size=20,
    )
)
@settings(max_examples=12, deadline=None)
def test_no_body_is_the_daemons_fault(
    tmp_path_factory: pytest.TempPathFactory, asked: list[tuple[str, str, Any, dict[str, str]]]
) -> None:
    for answer in answered(tmp_path_factory.mktemp("fuzz"), asked):
        assert answer.status_code < 500, answer.text
        if answer.status_code >= 400:
            assert answer.headers["content-type"] == "application/problem+json"
            problem = answer.json()
            assert problem["status"] == answer.status_code
            assert problem["detail"]
