"""Anatomy presets: which structure, by which method, with which settings; one JSON file each, users add their own."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from ..config import resources
from ..errors import UsageError
from ..messages import _, join
from ..rules import line_number_of_key
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
    content, text = resources.load_json_resource("anatomy", name_or_file)
    label = name_or_file if name_or_file.endswith(".json") else f"{name_or_file}.json"
    label = label.replace("\\", "/").rsplit("/", 1)[-1]
    try:
        return _typed(content, text)
    except _Misfit as misfit:
        line = line_number_of_key(text, misfit.key)
        raise UsageError(
            _(
                "{label}, line {line}: {misfit}; see schema.json beside the built-in presets.",
                label=label,
                line=line,
                misfit=misfit,
            )
        ) from None


class _Misfit(Exception):
    def __init__(self, key: str, words: str) -> None:
        super().__init__(words)
        self.key = key


def _typed(content: dict[str, Any], text: str) -> AnatomyPreset:
    content = {key: value for key, value in content.items() if not key.startswith("$")}
    looks = content.pop("segments", None)
    if not isinstance(looks, list) or not looks:
        raise _Misfit(_("segments"), _("'segments' must be a list of at least one structure"))
    values: dict[str, Any] = {"looks": tuple(_look(look) for look in looks), "text": text}
    for key, kind in _GROUPS.items():
        if key in content:
            values[key] = _group(key, kind, content.pop(key))
    known = {item.name: item for item in fields(AnatomyPreset)}
    for key, value in content.items():
        if key not in known:
            raise _Misfit(key, _("'{key}' is no setting of an anatomy preset", key=key))
        values[key] = _method(value) if key == "method" else _checked(key, value, known[key].type)
    for key in ("name", "version", "title", "help", "method"):
        if key not in values:
            raise _Misfit(key, _("'{key}' is missing", key=key))
    anatomy = AnatomyPreset(**values)
    if anatomy.method == "grey" and anatomy.boundary is None:
        raise _Misfit(_("method"), _("a preset of method 'grey' needs 'boundary'"))
    return anatomy


def _method(value: Any) -> str:
    """The name of a segmenter, built in or of an installed package."""
    if not isinstance(value, str) or value not in SEGMENTERS:
        known = (*SEGMENTERS.names, *SEGMENTERS.installed_names())
        raise _Misfit("method", _("'{name}' must be ", name="method") + join(_(" or "), known))
    return value


def _look(content: Any) -> SegmentStyle:
    try:
        red, green, blue = (float(v) for v in content["color"])
        return SegmentStyle(
            str(content["id"]), str(content["name"]), (red, green, blue), dict(content.get("terminology", {}))
        )
    except (TypeError, KeyError, ValueError):
        raise _Misfit(
            _("segments"), _("each structure needs 'id', 'name' and 'color' (three numbers from 0 to 1)")
        ) from None


def _group(key: str, kind: type, content: Any) -> Any:
    if not isinstance(content, dict):
        raise _Misfit(key, _("'{key}' must be an object", key=key))
    known = {item.name: item for item in fields(kind)}
    for name in content:
        if name not in known:
            raise _Misfit(name, _("'{name}' is no setting of '{key}'", name=name, key=key))
    try:
        return kind(**{name: _checked(name, value, known[name].type) for name, value in content.items()})
    except TypeError:
        raise _Misfit(key, _("'{key}' lacks a setting", key=key)) from None


_CHOICES = {
    "keep": ("all", "largest", "seed"),
    "fill": ("solid-core", "keep"),
    "method": ("none", "neck", "vertebra", "vessel"),  # of separation
}


def _checked(name: str, value: Any, kind: Any) -> Any:
    """`value` as the field's type; raises `_Misfit` where it does not fit. Types are few, so they are distinguished by
    name."""
    kind = getattr(kind, "__name__", str(kind))
    if kind.startswith("tuple"):
        if not (
            isinstance(value, list) and len(value) == 2 and all(_is_number(v) for v in value) and value[0] < value[1]
        ):
            raise _Misfit(name, _("'{name}' must be two rising numbers", name=name))
        return (float(value[0]), float(value[1]))
    if kind.startswith("float"):
        if value is None and "None" in kind:
            return None
        if not _is_number(value):
            raise _Misfit(name, _("'{name}' must be a number", name=name))
        return float(value)
    if kind == "bool":
        if not isinstance(value, bool):
            raise _Misfit(name, _("'{name}' must be true or false", name=name))
        return value
    if not isinstance(value, str) or (name in _CHOICES and value not in _CHOICES[name]):
        raise _Misfit(
            name,
            _("'{name}' must be ", name=name) + (join(_(" or "), _CHOICES[name]) if name in _CHOICES else _("a text")),
        )
    return value


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
