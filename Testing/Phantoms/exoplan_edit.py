"""Cases that change a conformant series in place."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from .case import Case, cases
from .files import (
    File,
)
from .series import (
    CLASSIC,
    ENHANCED,
    KINDS,
    series,
)

BOTH = (CLASSIC, ENHANCED)


def edit(
    name: str, clauses: dict[str, str], change: Callable[[list[File]], object], kinds=KINDS, **options
) -> Iterator[Case]:
    """Cases that change a conformant series in place."""

    def build(kind: str) -> list[File]:
        files = series(kind)
        change(files)
        return files

    return cases(name, clauses, build, kinds, **options)
