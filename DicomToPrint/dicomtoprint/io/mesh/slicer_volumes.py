"""What a slicing program's settings in a 3MF say of its volumes: which are printed, and which only change how others are.

PrusaSlicer (and SuperSlicer) number the triangles of an object's one mesh, `Metadata/Slic3r_PE_model.config`; Bambu Studio and OrcaSlicer
name the components of an object, `Metadata/model_settings.config`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from xml.etree import ElementTree

from ...messages import _

PRINTED = "part"
# What the programs call a volume, in words for the report.
ROLES: Mapping[str, str] = {
    "modelpart": PRINTED,
    "normal_part": PRINTED,
    "negativevolume": _("negative volume"),
    "negative_part": _("negative volume"),
    "parametermodifier": _("modifier"),
    "modifier_part": _("modifier"),
    "supportenforcer": _("support enforcer"),
    "support_enforcer": _("support enforcer"),
    "supportblocker": _("support blocker"),
    "support_blocker": _("support blocker"),
}


@dataclass(frozen=True)
class SlicerVolume:
    """One volume of an object: its `role` (``part`` where it is printed), its `name`, and which it is: triangles `first` to `last` of the
    object's mesh (PrusaSlicer), or the `component` with that id (Bambu Studio)."""

    role: str
    name: str = ""
    first: int = 0
    last: int = -1
    component: int | None = None


def slicer_volumes(settings: Mapping[str, bytes]) -> dict[int, tuple[SlicerVolume, ...]]:
    """The volumes of each object, by the object's id in the model part; empty where no slicing program said anything that can be read."""
    found: dict[int, tuple[SlicerVolume, ...]] = {}
    for content in settings.values():
        try:
            root = ElementTree.fromstring(content)
        except ElementTree.ParseError:
            continue
        for entry in root.iter("object"):
            volumes = [_prusa(item) for item in entry.iter("volume")] + [_bambu(item) for item in entry.iter("part")]
            known = tuple(volume for volume in volumes if volume is not None)
            if known:
                found[_number(entry.get("id"), -1)] = known
    return found


def _prusa(item: ElementTree.Element) -> SlicerVolume | None:
    said = _metadata(item)
    modifier = "ParameterModifier" if said.get("modifier") == "1" else "ModelPart"  # before version 2.2
    first, last = _number(item.get("firstid"), 0), _number(item.get("lastid"), -1)
    return SlicerVolume(_role(said.get("volume_type", modifier)), said.get("name", ""), first, last)


def _bambu(item: ElementTree.Element) -> SlicerVolume | None:
    number = _number(item.get("id"), -1)
    role = _role(item.get("subtype", "normal_part"))
    return SlicerVolume(role, _metadata(item).get("name", ""), component=number) if number >= 0 else None


def _role(word: str) -> str:
    """Words for a role; a role that is not known is none that is printed, and is told by its own name."""
    return ROLES.get(word.strip().lower(), word.strip()[:40] or PRINTED)


def _metadata(item: ElementTree.Element) -> dict[str, str]:
    return {entry.get("key", ""): entry.get("value", "") for entry in item.findall("metadata")}


def _number(text: str | None, otherwise: int) -> int:
    return int(text) if text is not None and text.isdecimal() and len(text) < 10 else otherwise
