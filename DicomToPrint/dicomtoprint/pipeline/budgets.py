"""How far editing and simplification may move the surface."""

from ..config.run_settings import RunSettings

SIMPLIFICATION_MM = 0.05


def simplification_budget(settings: RunSettings) -> float:
    """How far simplification may move the surface, in mm: given, or a fifth of the budget at most, the rest is for everything else."""
    if settings.max_deviation is not None:
        return settings.max_deviation
    return min(0.2 * deviation_budget(settings), SIMPLIFICATION_MM)


def deviation_budget(settings: RunSettings) -> float:
    """How far editing may move 95 % of the surface, in mm: given, or the use case's own."""
    from ..acceptance import load_use_case

    if settings.max_deviation is not None:
        return settings.max_deviation
    budget = load_use_case(settings.use).max_deviation_mm
    # Research leaves the budget to the user; who gives none gets the general one.
    return budget if budget is not None else float(load_use_case("general").max_deviation_mm or 0.0)
