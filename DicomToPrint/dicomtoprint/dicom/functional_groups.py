"""Frames of the Enhanced objects: shared and per-frame functional groups, of which the per-frame one wins."""

from dataclasses import dataclass
from typing import Any

from pydicom.datadict import tag_for_keyword
from pydicom.dataelem import DataElement, convert_raw_data_element
from pydicom.dataset import Dataset

from ..messages import _
from .attributes import GROUP_KEYWORDS
from .header_layout import Header

_GROUPS = {int(tag_for_keyword(name) or 0): name for name in GROUP_KEYWORDS}
_MEMBERS = {
    name: {keyword: int(tag_for_keyword(keyword) or 0) for keyword in keywords}
    for name, keywords in GROUP_KEYWORDS.items()
}
# What the file's own type states stands beside the frame's: both must be right.
_FRAME_NAMES = {
    "VolumetricProperties": "FrameVolumetricProperties",
    "VolumeBasedCalculationTechnique": "FrameVolumeBasedCalculationTechnique",
}
_MEASURES = int(tag_for_keyword("PixelMeasuresSequence") or 0)
_TILT = int(tag_for_keyword("GantryDetectorTilt") or 0)


@dataclass(frozen=True)
class FrameTable:
    """Values of each frame, and what is wrong with the groups: ``no shared``, ``no per-frame``, ``several shared``,
    ``both``, ``measures per frame``.
    """

    rows: tuple[dict[str, Any], ...]
    problems: tuple[str, ...]
    items: int


def read_functional_groups(header: Header) -> FrameTable:
    """Frames of a header with functional groups; the file's own values are not repeated in them."""
    shared = _items(header, "SharedFunctionalGroupsSequence")
    per_frame = _items(header, "PerFrameFunctionalGroupsSequence")
    problems = []
    if not shared:
        problems.append(_("no shared"))
    elif len(shared) > 1:
        problems.append(_("several shared"))
    if not per_frame:
        problems.append(_("no per-frame"))
    common, shared_groups, repeated = _group_values(shared[0]) if shared else ({}, set(), False)
    doubled = repeated
    rows = []
    for item in per_frame:
        own, own_groups, repeated = _group_values(item)
        doubled = doubled or repeated or bool(own_groups & shared_groups)
        rows.append({**common, **own})
    if doubled:
        problems.append("both")
    if per_frame and "PixelMeasuresSequence" not in shared_groups and all(_MEASURES in item for item in per_frame):
        problems.append(_("measures per frame"))
    tilts = other_tilts(header)
    if tilts:
        for row in rows or [common]:
            row["GantryDetectorTilt"] = "\\".join(filter(None, (row.get("GantryDetectorTilt", ""), *tilts)))
    return FrameTable(tuple(rows) or ((common,) if common else ()), tuple(problems), len(per_frame))


def _items(header: Header, name: str) -> list[Dataset]:
    element = header.sequences.get(name)
    if element is None:
        return []
    if not isinstance(element, DataElement):
        element = DataElement(element.tag, "SQ", convert_raw_data_element(element._replace(VR="SQ")).value)
    return list(element.value or [])


def _group_values(item: Dataset) -> tuple[dict[str, Any], set[str], bool]:
    """Values, names of the groups met, and whether one of them has several items."""
    values: dict[str, Any] = {}
    groups: set[str] = set()
    repeated = False
    for tag in sorted(item.keys()):
        name = _GROUPS.get(int(tag))
        if name is None:
            continue
        members = item[tag].value or []
        groups.add(name)
        repeated = repeated or len(members) > 1
        for member in list(members)[:1]:
            for keyword, member_tag in _MEMBERS[name].items():
                if member_tag in member:
                    text = element_text(member, member_tag)
                    values[_FRAME_NAMES.get(keyword, keyword)] = text
    return values, groups, repeated


def element_text(dataset: Dataset, tag: int) -> str | None:
    """Text of an attribute as it would stand in a header, values separated by backslashes."""
    raw = dataset.get_item(tag)
    value = getattr(raw, "value", None)
    if isinstance(value, bytes) and getattr(raw, "VR", None) not in ("FD", "FL", "US", "UL", "SS", "SL", "UN", None):
        return value.decode("latin-1")
    value = dataset[tag].value
    if value is None:
        return None
    if isinstance(value, (list, tuple)) or type(value).__name__ == "MultiValue":
        return "\\".join(str(part) for part in value)
    return str(value)


def other_tilts(header: Header) -> list[str]:
    """Tilts outside the frame's group: the acquisition details at top level, and those of a multi-energy
    acquisition.
    """
    found = []
    for name in ("CTAcquisitionDetailsSequence", "MultienergyCTAcquisitionSequence"):
        for item in _items(header, name):
            found += [
                str(element.value) for element in item.iterall() if element.tag == _TILT and element.value is not None
            ]
    for name in ("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence"):
        for item in _items(header, name):
            if 0x00189362 in item:  # Multi-energy CT Acquisition Sequence inside the groups
                found += [
                    str(element.value)
                    for nested in item[0x00189362].value
                    for element in nested.iterall()
                    if element.tag == _TILT and element.value is not None
                ]
    if header.values.get("GantryDetectorTilt"):
        found.append(str(header.values["GantryDetectorTilt"]).strip(" \0"))
    return [tilt for tilt in found if tilt]
