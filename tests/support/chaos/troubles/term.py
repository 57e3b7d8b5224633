"""SIGTERM under load."""

from chaos.scene import Scene
from chaos.trouble import Trouble

TIMES = 2


async def inflict(scene: Scene) -> str:
    """Tell the daemon to end while all ask for more, and start it again."""
    closed = 0
    for _ in range(TIMES):
        await scene.session_opened()
        open_ = scene.storm.open
        await scene.end()
        closed += open_
        await scene.sessions_closed()
        await scene.begin()
        await scene.goes_on()
    return f"ended {TIMES} times with exit code 0 and no session open, with {closed} operations under way"


TROUBLE = Trouble(
    "term", "SIGTERM under load: exit code 0, sessions closed, the next start takes the work up", inflict
)
