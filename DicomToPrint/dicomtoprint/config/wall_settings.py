"""How thin walls are found, fitted and judged: `data/walls/walls.json` in typed form; its schema says what each value is."""

from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Any, TypeVar

from .resources import load_json_resource


@dataclass(frozen=True)
class DensitySettings:
    """How bone and blur of a scan are read."""

    step_mm: float
    coarse: float
    aside: float
    samples: int
    looked_at: int
    depths_mm: tuple[float, float]
    thick_widths: tuple[float, float, float, float]
    enough: int
    like_bone: float
    cell_mm: float
    near_mm: float
    stray: float
    uneven: float
    unsure: float
    slice: float
    solid_mm: float
    solid: float
    guessed_mm: float


@dataclass(frozen=True)
class ProfileSettings:
    """How a wall is fitted across its profile."""

    outward_mm: float
    inward_mm: float
    near_mm: tuple[float, float]
    rise: float
    rise_noises: float
    rounds: int
    thinnest_mm: float
    hopeless: tuple[int, float]
    settled_mm: float
    correlated: float
    misfit: float
    air: float
    narrower_mm: tuple[float, float]


@dataclass(frozen=True)
class SearchSettings:
    """Which points are sought a face, and how neighbours share."""

    depths_widths: tuple[float, float, float]
    fall: float
    raised: float
    farthest_mm: float
    thickest_mm: float
    normal_rounds: tuple[int, int]
    turned: float
    moved_mm: float
    always_fitted: int
    fitted_part: tuple[int, int]
    between: float
    agreeing: float
    fill_rounds: int
    rim_rounds: int
    smoothing_rounds: int
    sharing: float
    grid: float
    rings: int
    curved_rounds: int
    taubin: tuple[float, float]


@dataclass(frozen=True)
class FaceSettings:
    """How other surfaces are measured against the faces."""

    places: int
    reach_mm: float
    facing: float


@dataclass(frozen=True)
class BoundSettings:
    """What is left open by edges sharper than the blur."""

    per_turn: float
    smooth: float
    sharpest: float
    turns_over: float
    widened: float
    of_thickness: float
    between_slices: float


@dataclass(frozen=True)
class DriftSettings:
    """How the drift of grey values over a field is read."""

    looked_at: int
    beside_mm: tuple[float, float, float]
    tissue: float
    enough: int
    rounds: int
    stray: float


@dataclass(frozen=True)
class WallDensitySettings:
    """How walls alone tell bone and blur."""

    looked_at: int
    profiles: int
    enough: int
    first: float
    first_sd: float
    near_mm: float
    shares: tuple[float, ...]
    widths: tuple[float, ...]
    width_sd: float
    cortex_hu: tuple[float, float]
    strays: float
    left: float
    most_sd: float


@dataclass(frozen=True)
class SheetSettings:
    """Which voxels are raised as thin bone."""

    side_mm: float
    far_slices_mm: float
    sheet: float
    rod: float
    sheet_in_air: float
    weak_in_air: float
    noises: float
    weak: float
    weak_noises: float
    flank: float
    foot: tuple[float, float]
    seen: tuple[float, float]
    higher: float


@dataclass(frozen=True)
class ThickBoneSettings:
    """What bone looks like where it is thick, and which voxels are too coarse to tell."""

    high: float
    least_mm: float
    least_voxels: float
    further: float
    coarsest_mm: float
    finest_mm: float
    enough: int
    soft_half_hu: float
    more: float


@dataclass(frozen=True)
class WallSettings:
    """All of them."""

    sheets: SheetSettings
    thick_bone: ThickBoneSettings
    density: DensitySettings
    profile: ProfileSettings
    search: SearchSettings
    faces: FaceSettings
    bound: BoundSettings
    drift: DriftSettings
    wall_density: WallDensitySettings


_Section = TypeVar("_Section")


@lru_cache(maxsize=1)
def wall_settings() -> WallSettings:
    """The built-in settings."""
    content, _ = load_json_resource("walls", "walls")
    return WallSettings(
        sheets=_section(SheetSettings, content["sheets"]),
        thick_bone=_section(ThickBoneSettings, content["thick_bone"]),
        density=_section(DensitySettings, content["density"]),
        profile=_section(ProfileSettings, content["profile"]),
        search=_section(SearchSettings, content["search"]),
        faces=_section(FaceSettings, content["faces"]),
        bound=_section(BoundSettings, content["bound"]),
        drift=_section(DriftSettings, content["drift"]),
        wall_density=_section(WallDensitySettings, content["wall_density"]),
    )


def _section(kind: type[_Section], content: dict[str, Any]) -> _Section:
    values = {field.name: content[field.name]["value"] for field in fields(kind)}  # type: ignore[arg-type]
    return kind(**{name: tuple(value) if isinstance(value, list) else value for name, value in values.items()})
