"""What a name stands for: objects of the engine, and of packages that are installed beside it and say so by an entry point."""

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from ..errors import UsageError
from ..messages import _, join

T = TypeVar("T")
ENGINE = __name__.partition(".")[0]


@dataclass(frozen=True)
class Registry(Generic[T]):
    """Objects by name. A name that is built in is never looked for elsewhere; what it stands for is imported when it is asked for.

    Parameters
    ----------
    what
        What one of them is, in words: ``preparation step``.
    group
        The group of entry points by which installed packages add to it.
    builtin
        ``module:object`` within the engine by name, in the order in which they are listed and done.
    """

    what: str
    group: str
    builtin: Mapping[str, str]

    @property
    def names(self) -> tuple[str, ...]:
        """The built-in names, in their order."""
        return tuple(self.builtin)

    def installed_names(self) -> tuple[str, ...]:
        """The names that installed packages add, in the order of the alphabet. None of the packages is imported."""
        return tuple(sorted(set(self._entry_points()) - set(self.builtin)))

    def __contains__(self, name: object) -> bool:
        return name in self.builtin or name in self.installed_names()

    def get(self, name: str) -> T:
        """What `name` stands for.

        Raises `UsageError` where nothing has that name, or where the package that brings it cannot be loaded.
        """
        if name in self.builtin:
            module, _unused, attribute = self.builtin[name].partition(":")
            found: T = getattr(importlib.import_module(f"{ENGINE}.{module}"), attribute)
            return found
        entry = self._entry_points().get(name)
        if entry is None:
            known = join(", ", (*self.names, *self.installed_names()))
            raise UsageError(
                _("'{name}' is no {what} here: choose of {known}.", name=name, what=self.what, known=known)
            )
        try:
            loaded: T = entry.load()
        except (
            Exception
        ) as error:  # a package of somebody else: whatever it raises, the sentence says whose fault it is
            raise UsageError(
                _(
                    "The {what} '{name}' of the package '{entry}' cannot be loaded ({kind}): update that "
                    "package, or leave it out.",
                    what=self.what,
                    name=name,
                    entry=entry.value,
                    kind=type(error).__name__,
                )
            ) from error
        return loaded

    def _entry_points(self) -> dict[str, Any]:
        from importlib.metadata import entry_points

        return {entry.name: entry for entry in entry_points(group=self.group)}
