"""How far a step of preparation moved the surface, in words."""

from collections.abc import Sequence

from ..mesh.core import Mesh


def displacement_summary(before: Sequence[Mesh], after: Sequence[Mesh]) -> str:
    """How far a step moved the surface, for the record: what was kept, and what is new."""
    from ..preparation import measure_displacement

    done = measure_displacement(before, after)
    kept = f"the surface kept moved {done.kept.mean:.4f} mm in the mean, {done.kept.p95:.4f} at 95 %, {done.kept.most:.4f} at most"
    if done.new_share == 0.0:
        return kept
    new = f"{100.0 * done.new_share:.1f} % is new, {done.new.mean:.2f}, {done.new.p95:.2f} and {done.new.most:.2f} mm from the old surface"
    return f"{kept}; {new}"
