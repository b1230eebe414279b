"""Tells when the voxels of the anatomy's segmentation were changed since they were last taken into the model."""

from collections.abc import Callable
from typing import Any

import slicer

from ..mrml.scene import node_or_none


class EditWatch:
    """Watches one segmentation node; `told` is called at its first change."""

    def __init__(self, told: Callable[[], None]) -> None:
        self._told = told
        self._node: Any = None
        self._tags: list[tuple[Any, int]] = []
        self._is_edited = False
        self._voxels: list[tuple[str, int]] = []

    @property
    def is_edited(self) -> bool:
        """True where the node is there still and was changed."""
        return self._is_edited and node_or_none(self._node) is not None

    def watch(self, node: Any) -> None:
        """What the node holds now is what counts; None watches nothing."""
        self.close()
        self._node = node
        if node is not None:
            self._voxels = _voxels(node)
            segmentation, kinds = node.GetSegmentation(), slicer.vtkSegmentation
            # An undo of the editor tells of a modified segment alone.
            for event in (
                kinds.SourceRepresentationModified,
                kinds.SegmentModified,
                kinds.SegmentRemoved,
                kinds.SegmentAdded,
            ):
                self._tags.append((segmentation, segmentation.AddObserver(event, self._changed)))

    def close(self) -> None:
        """Watch no more."""
        for watched, tag in self._tags:
            watched.RemoveObserver(tag)
        self._tags, self._node, self._is_edited = [], None, False

    def _changed(self, _caller: Any, _event: Any) -> None:
        if not self._is_edited and self._voxels != _voxels(self._node):
            self._is_edited = True
            self._told()


def _voxels(node: Any) -> list[tuple[str, int]]:
    """Every segment and when its voxels were changed last: a new name or colour is no edit."""
    segmentation = node.GetSegmentation()
    name = slicer.vtkSegmentationConverter.GetBinaryLabelmapRepresentationName()
    found = []
    for identifier in segmentation.GetSegmentIDs():
        image = segmentation.GetSegment(identifier).GetRepresentation(name)
        found.append((identifier, image.GetMTime() if image is not None else 0))
    return found
