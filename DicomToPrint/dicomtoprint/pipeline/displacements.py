"""How far a step of preparation moved the surface, in words."""

from collections.abc import Sequence

from ..mesh.core import Mesh
from ..messages import _


def displacement_summary(before: Sequence[Mesh], after: Sequence[Mesh]) -> str:
    """How far a step moved the surface, for the record: what was kept, and what is new."""
    from ..preparation import measure_displacement

    done = measure_displacement(before, after)
    kept = _(
        "the surface kept moved {mean:.4f} mm in the mean, {p95:.4f} at 95 %, {most:.4f} at most",
        mean=done.kept.mean,
        p95=done.kept.p95,
        most=done.kept.most,
    )
    if done.new_share == 0.0:
        return kept
    new = _(
        "{new_share:.1f} % is new, {mean:.2f}, {p95:.2f} and {most:.2f} mm from the old surface",
        new_share=100.0 * done.new_share,
        mean=done.new.mean,
        p95=done.new.p95,
        most=done.new.most,
    )
    return _("{kept}; {new}", kept=kept, new=new)
