"""Where the benchmarks leave their tables."""

from collections.abc import Sequence
from pathlib import Path

FOLDER = Path(__file__).parent / "results"


def write_table(name: str, lines: Sequence[str]) -> None:
    """Writes `lines` as ``results/NAME.md``."""
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / f"{name}.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
