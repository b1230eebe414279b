"""What a repair is asked, and what it hands on."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from ..mesh.core import Mesh
from ..messages import _


@dataclass(frozen=True)
class RepairOptions:
    """What the user chose.

    `max_loss_mm`: how far a piece of the source may lie from the result, in mm; None: the share of `data/repair/limits.json`.
    `thicken_sheet_mm`: open sheets become solids of this thickness. `shells` holds (number, ``keep``, ``drop`` or ``flip``),
    `holes` (number, ``cap`` or ``keep``), numbers as in `RepairResult.shells` and `RepairResult.holes`. Shells whose box has no side of
    `min_shell_mm` go, and all but the `largest_shells` largest.
    """

    max_loss_mm: float | None = None
    thicken_sheet_mm: float | None = None
    shells: tuple[tuple[int, str], ...] = ()
    holes: tuple[tuple[int, str], ...] = ()
    min_shell_mm: float = 0.0
    largest_shells: int | None = None


@dataclass(frozen=True)
class Shell:
    """A shell of the source after the weld: its number (from 1, the largest area first), `triangles`, area in mm2, signed volume in
    mm3, longest side of its box in mm, middle of that box in mm (LPS), whether it is closed, the number of the shell around it (0: none)
    and what was done with it (``kept``, ``dropped``, ``flipped``, or ``swallowed`` by the shell around it)."""

    number: int
    triangles: int
    area_mm2: float
    volume_mm3: float
    size_mm: float
    place: tuple[float, float, float]
    closed: bool
    inside: int
    done: str


@dataclass(frozen=True)
class SourceHole:
    """A hole of the source after the weld: its number (from 1, the largest first), the shell it is in, its edges, the area in mm2 of a flat
    cap, the middle of its rim in mm (LPS), and what was done with it (``capped``, ``kept``)."""

    number: int
    shell: int
    edges: int
    area_mm2: float
    place: tuple[float, float, float]
    done: str


# What was done with shells and holes, as people read it.
DONE: Mapping[str, str] = {
    str(word): word for word in (_("kept"), _("dropped"), _("flipped"), _("swallowed"), _("capped"))
}


@dataclass(frozen=True)
class RepairStage:
    """One stage of a repair and its effect in words."""

    name: str
    effect: str


@dataclass(frozen=True)
class RepairDistance:
    """Distances in mm from one surface to another, weighted by area: mean, what 95 % lie within, and the largest."""

    mean_mm: float
    p95_mm: float
    max_mm: float


@dataclass(frozen=True)
class LostPiece:
    """A connected piece of the source that the result lacks: `kind` ``lost`` (it lay around the solid), ``filled`` (a hollow that is solid
    now) or ``sheet`` (it had no thickness); area in mm2, the largest distance from the result in mm, the middle of its box and that box's
    sides in mm (LPS), and whether this is more than may be lost."""

    kind: str
    area_mm2: float
    distance_mm: float
    place: tuple[float, float, float]
    size: tuple[float, float, float]
    is_beyond_limit: bool


@dataclass(frozen=True)
class RepairMeasures:
    """What a repair changed. Lengths in mm, areas in mm2, volumes in mm3.

    `loss` is the distance from the source to the result, without the surface that lay inside the solid of overlapping parts
    (`swallowed_area_mm2`); `intended_mm` of it is half the thickness that sheets were given. `added` is that from the result to the
    source, so a capped hole shows there. `pieces` are the pieces of the source that are farther than `limit_mm` from the result,
    the largest first, at most 20 of `piece_count`.
    """

    diagonal_mm: float
    limit_mm: float
    intended_mm: float
    loss: RepairDistance
    added: RepairDistance
    lost_area_mm2: float
    swallowed_area_mm2: float
    pieces: tuple[LostPiece, ...]
    piece_count: int
    triangles_before: int
    triangles_after: int
    triangles_removed: int
    triangles_added: int
    parts_before: int
    parts_after: int
    area_before_mm2: float
    area_after_mm2: float
    volume_before_mm3: float
    volume_after_mm3: float


@dataclass(frozen=True)
class RepairResult:
    """A repaired mesh, whether it is now valid, what each stage did, and what is left (sentences; empty where valid).

    Where the repair would lose more than it may, `valid` is False, `mesh` is the mesh as given, `remaining` names what would be lost and
    `is_refused` is True. `bad_at` (n,) are the indices of triangles where something is still wrong. `notes` are sentences on what the user
    should know or may choose; `measures` is None where nothing was changed.
    """

    mesh: Mesh
    valid: bool
    stages: tuple[RepairStage, ...]
    remaining: tuple[str, ...] = ()
    bad_at: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=np.int64), repr=False)
    measures: RepairMeasures | None = None
    shells: tuple[Shell, ...] = ()
    holes: tuple[SourceHole, ...] = ()
    notes: tuple[str, ...] = ()
    is_refused: bool = False
