"""Random scenes over a hostile fleet: whatever is asked, fails, is pressed or dies, no promise is broken.

What holds at every instant the judge of the laboratory watches: one command at a time, behind a fence, in a
session on record, for what is durably wanted; nothing declared that our own command then contradicts; every
operation ends once; no event rejected.  What holds at the end is held in `scenes.Stage`: what was answered last is
desired, and reached.

The same scenes are played each time, as many as the CI has time for.  `POWERFSM_SCENES=20000` plays so many, and
`POWERFSM_FIRST_SCENE=7` begins with another seed than 0.  A scene that breaks a promise is made smaller, and told.
"""

import os
from functools import partial

import pytest
import structlog

from laboratory import laboratory, run_in_virtual_time
from scenes import Scene, Stage, scene, smallest

FIRST = int(os.environ.get("POWERFSM_FIRST_SCENE", "0"))
SCENES = int(os.environ.get("POWERFSM_SCENES", "100"))
AT_ONCE = 20


@pytest.mark.parametrize("first", range(FIRST, FIRST + SCENES, AT_ONCE))
def test_no_promise_is_broken(first: int) -> None:
    for seed in range(first, first + AT_ONCE):
        broken = _broken(scene(seed))
        if broken is not None:
            culprit = smallest(scene(seed), lambda smaller: _broken(smaller) is not None)
            pytest.fail(f"seed {seed}: {_broken(culprit)!r} in {culprit}")


def test_a_scene_is_the_same_each_time() -> None:
    assert scene(7) == scene(7)
    assert scene(7) != scene(8)


def _broken(scene: Scene) -> Exception | None:
    try:
        run_in_virtual_time(partial(_play, scene), seed=0)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is what the scene breaks
        return error
    return None


async def _play(scene: Scene) -> None:
    with structlog.testing.capture_logs():
        async with laboratory() as lab:
            await Stage(lab, scene).play()
