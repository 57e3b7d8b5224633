"""Where apsw is not installed, one is told what to install."""

import subprocess
import sys


def test_whoever_lacks_apsw_is_told_what_to_install() -> None:
    script = "import sys; sys.modules['apsw'] = None; import powerfsm.simulation.disk"
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert ended.returncode != 0
    assert "pip install 'powerfsm[simulation]'" in ended.stderr
