"""Anatomy presets: which structure, by which method, with which settings; one JSON file each, users add their own."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..config import resources
from ..messages import _, join
from .methods import SEGMENTERS


@dataclass(frozen=True)
class SegmentStyle:
    """Name, colour (RGB in 0..1) and SNOMED codes of a structure."""

    id: str
    name: str
    color: tuple[float, float, float]
    terminology: Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class ThresholdSettings:
    """How the grey value of the surface is found; grey values in HU.

    `start` is the first guess, `range` the limits within which the half-maximum value of the scan may lie, `range_in_air`
    those where
    the structure lies bare in air (a specimen, a phantom). `bright` False: the structure is darker than its
    surroundings.
    `ceiling` is the upper end of the structure's grey values, None for none. Parts must hold voxels that reach `start`.
    `like_seed`: only edges of what is about as bright as the voxels at the seed count, so that brighter bone beside a
    vessel does not pull the boundary up. `calibrate`: where the scan's air and soft tissue do not stand at their HU
    (CBCT), the values are carried over to its scale.
    """

    start: float
    range: tuple[float, float]
    range_in_air: tuple[float, float] | None = None
    bright: bool = True
    ceiling: float | None = None
    like_seed: bool = False
    calibrate: bool = True


@dataclass(frozen=True)
class ComponentSettings:
    """Which connected parts stay: `keep` is ``all``, ``largest`` or ``seed``; parts below `smallest_mm3` are dropped.

    `seed_is_optional`: without a seed the largest part stays, or with `tube` the airway, told by its shape. `apart`: each part
    becomes a segment of its own.
    """

    keep: str = "all"
    smallest_mm3: float = 0.0
    seed_is_optional: bool = False
    apart: bool = False
    tube: bool = False


@dataclass(frozen=True)
class HoleFillSettings:
    """What becomes of enclosed hollows: `fill` is ``solid-core`` or ``keep`` (marrow kept).

    Only hollows whose innermost point is at most `deepest_mm` from the structure are filled (a cranial cavity is not
    marrow);
    `air` False leaves hollows filled with air (sinuses).
    """

    fill: str = "keep"
    deepest_mm: float = 0.0
    air: bool = False


@dataclass(frozen=True)
class ThinBoneSettings:
    """Thin bone: ridges that reach `share` of the contrast of the boundary and hang on to the rest are kept, marked
    bridged."""

    share: float = 1.0


@dataclass(frozen=True)
class MetalSettings:
    """Grey value from which a voxel is metal, in HU, and how far from it (mm) streaks are looked for; `apart` makes a
    segment."""

    above: float | None = None
    streaks_mm: float = 0.0
    apart: bool = False


@dataclass(frozen=True)
class ContrastMediumSettings:
    """Blood with contrast medium that is taken out of bone: its `range` in HU, how much its grey values may vary as a share of
    their height over soft tissue, and the smallest pool that counts."""

    range: tuple[float, float]
    spread: float
    smallest_mm3: float


@dataclass(frozen=True)
class SeparationSettings:
    """Separation of touching bones.

    Parts of at least `smallest_mm3` that hang together by a neck thinner than `neck_mm`, or over voxels darker than
    both, are cut apart; pieces from `crumb_mm3` on, where only such dark voxels join them to anything. `reach_mm`
    bounds the search around the seeds (0: everywhere). `method` is ``neck``, ``vertebra`` or ``vessel`` (grown from its
    seeds, bone left out).
    """

    method: str = "none"
    neck_mm: float = 0.0
    smallest_mm3: float = 0.0
    crumb_mm3: float = 0.0
    reach_mm: float = 0.0


@dataclass(frozen=True)
class AnatomyPreset:
    """A preset. `method` is one of `SEGMENTERS`: ``grey``, ``labels`` (a given segmentation names the structures), or of a package."""

    name: str
    version: str
    title: str
    help: str
    method: str
    looks: tuple[SegmentStyle, ...]
    boundary: ThresholdSettings | None = None
    parts: ComponentSettings = field(default_factory=ComponentSettings)
    interior: HoleFillSettings = field(default_factory=HoleFillSettings)
    thin: ThinBoneSettings = field(default_factory=ThinBoneSettings)
    metal: MetalSettings = field(default_factory=MetalSettings)
    contrast_medium: ContrastMediumSettings | None = None
    separation: SeparationSettings = field(default_factory=SeparationSettings)
    closing_mm: float = 0.0
    surroundings: bool = False
    finest_ratio: float = 0.0
    text: str = ""


_GROUPS: Mapping[str, type] = {
    "boundary": ThresholdSettings,
    "parts": ComponentSettings,
    "interior": HoleFillSettings,
    "thin": ThinBoneSettings,
    "metal": MetalSettings,
    "contrast_medium": ContrastMediumSettings,
    "separation": SeparationSettings,
}


def load_anatomy(name_or_file: str) -> AnatomyPreset:
    """A built-in preset by name or a user's by file.

    Raises `UsageError` in one sentence (file, line, way out) for an unknown name or a file that does not fit
    `data/anatomy/schema.json`.
    """
    file = resources.load_data_file("anatomy", name_or_file)
    values = dict(file.content)
    if values["method"] not in SEGMENTERS:
        known = join(", ", (*SEGMENTERS.names, *SEGMENTERS.installed_names()))
        problem = _("'method' must be one of {choices}, not {given}", choices=known, given=values["method"])
        raise file.fault(("method",), problem)
    looks = tuple(_look(entry) for entry in values.pop("segments"))
    groups = {key: _group(file, key, kind, values.pop(key)) for key, kind in _GROUPS.items() if key in values}
    return AnatomyPreset(looks=looks, text=file.text, **groups, **{key: _setting(one) for key, one in values.items()})


def _look(entry: Mapping[str, Any]) -> SegmentStyle:
    red, green, blue = map(float, entry["color"])
    return SegmentStyle(entry["id"], entry["name"], (red, green, blue), dict(entry.get("terminology", {})))


def _group(file: resources.DataFile, key: str, kind: type, content: Mapping[str, Any]) -> Any:
    """The settings of a group: numbers as floats, ranges as pairs. Raises `UsageError` for a range that does not rise."""
    values: dict[str, Any] = {}
    for name, value in content.items():
        if isinstance(value, list):
            if not value[0] < value[1]:
                problem = _("'{field}' must be two rising numbers", field=f"{key}.{name}")
                raise file.fault((key, name), problem)
            value = (float(value[0]), float(value[1]))
        values[name] = _setting(value)
    return kind(**values)


def _setting(value: Any) -> Any:
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value
