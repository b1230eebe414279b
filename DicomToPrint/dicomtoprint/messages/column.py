"""A word in a column of the terminal."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Column:
    """A word that takes the room of the longest of `among`, the words that may stand in its column, in the language that is spoken."""

    word: str
    among: tuple[str, ...]

    def __format__(self, spec: str) -> str:
        return format(self.word.ljust(max(map(len, self.among), default=0)), spec)
