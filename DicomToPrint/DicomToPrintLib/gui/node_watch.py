"""Choosers of nodes whose node leaves the scene: each is set to none, so that nothing is chosen that nobody chose."""

from collections.abc import Callable
from typing import Any

from ..mrml.scene import observe_leaving


class NodeWatch:
    """Watches one scene for choosers. `qMRMLNodeComboBox` and `qSlicerSimpleMarkupsWidget` move on to a neighbour where
    their node is deleted; they are notified here before they notice: they listen with a lower priority.
    """

    def __init__(self, scene: Any) -> None:
        self._scene = scene
        self._choosers: list[tuple[Any, Callable[[], None] | None]] = []
        self._tag: int | None = observe_leaving(scene, self._leaving)

    def add(self, chooser: Any, lost: Callable[[], None] | None = None) -> None:
        """Keep this chooser from moving on; `lost` is called after it was set to none."""
        self._choosers.append((chooser, lost))

    def choose_none(self) -> None:
        """Every chooser to none: another scene is on its way."""
        for chooser, _lost in self._choosers:
            chooser.setCurrentNode(None)

    def close(self) -> None:
        """Watch no more."""
        if self._tag is not None:
            self._scene.RemoveObserver(self._tag)
        self._tag = None
        self._choosers = []

    def _leaving(self, node: Any) -> None:
        for chooser, lost in list(self._choosers):
            if node is not None and chooser.currentNode() is node:
                chooser.setCurrentNode(None)
                if lost is not None:
                    lost()
