"""What `docs/tla.md` tells to run is there, and runs as it stands."""

import shlex
import shutil
import subprocess
from pathlib import Path

import tlc
from documents import ROOT, Document

TLA = Document("docs/tla.md")


def test_every_configuration_that_is_checked_in_is_run_by_a_command_there() -> None:
    words = [shlex.split(command) for command in TLA.commands]
    told = {each[each.index("-config") + 1] if "-config" in each else f"{each[-1]}.cfg" for each in words}
    assert told == {path.name for path in (ROOT / "spec" / "generated").glob("*.cfg")}


@tlc.needed
def test_a_command_runs_in_the_directory_that_is_named(tmp_path: Path) -> None:
    found = tlc.jar()
    assert found
    shutil.copytree(ROOT / "spec", tmp_path / "spec")
    here = tmp_path / "spec" / "generated"
    shutil.copy(found, here)
    (command,) = (each for each in TLA.commands if "Drift" in each)
    # TLC unpacks its own modules into the directory for temporary files, where two at once would meet.
    program, *words = shlex.split(command)
    done = subprocess.run(
        [program, f"-Djava.io.tmpdir={tmp_path}", *words], cwd=here, capture_output=True, text=True, check=False
    )
    assert "No error has been found" in done.stdout, done.stdout
