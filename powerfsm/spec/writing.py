"""Generated files, written where their text has changed."""

from collections.abc import Iterator, Mapping
from pathlib import Path


def write_changed(texts: Mapping[str, str], directory: Path) -> Iterator[Path]:
    """Write each text into a file of its name, and give those that were not so before.

    Raises:
        OSError: The directory cannot be made, or a file cannot be read or written.
    """
    directory.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        path = directory / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            yield path
