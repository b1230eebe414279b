"""Facts of a file's scale: its size, its unit, whether both make sense, and what a slicing program makes of them."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from ...config import resources
from ...io import MeshFile
from ...mesh.core import Mesh
from ...messages import _, join
from ...rules import Fact
from ..scan_reference import ScanReference

AS_JUDGED = _("as judged")
SMALLEST_SHARE = 0.045  # of what is scanned: shorter than an inch read as a millimetre makes it
LARGEST_SHARE = 1.05  # of the scan: longer than anything in it


def size_words(extents: Iterable[float]) -> str:
    """Lengths in mm with digits that say something, however small they are."""
    return join(
        " x ",
        (
            _("{value:.1f}", value=value) if value >= 1.0 or value == 0.0 else _("{value:.2g}", value=value)
            for value in extents
        ),
    )


def scale_facts(file: MeshFile, whole: Mesh, reference: ScanReference | None) -> dict[str, Fact]:
    """What the file says of its space, and whether its size makes sense: against the scan where known, else by itself."""
    extents = _extents(whole)
    longest = float(extents.max())
    true_size = longest / (reference.scale if reference is not None else 1.0)
    if reference is not None and reference.bounds is not None and longest > 0:
        scan = np.array(reference.bounds).reshape(3, 2)
        guess: Mapping[str, Any] = _guess_against(
            true_size, float((scan[:, 1] - scan[:, 0]).max()), reference.structure_mm
        )
    else:
        guess = guess_unit(true_size, [file.name, *(mesh.name for mesh in file.meshes)])
    as_unit = {"as_unit": guess["as_unit"]} if "as_unit" in guess else {}
    shortest = min(file.meshes, key=lambda mesh: float(_extents(mesh).max()))
    printed = AS_JUDGED if file.slicer_scale == file.scale else (file.unit or "mm")
    parameters = {"size": size_words(extents), "longest": longest, "unit": file.unit or _("mm (not stated)"), **guess}
    return {
        "unit_guess": Fact("unit_guess", guess["guess"], evidence=file.unit_source, parameters=parameters),
        "longest_mm": Fact(
            "longest_mm",
            float(_extents(shortest).max()),
            parameters={
                "size": size_words(_extents(shortest)),
                "object": shortest.name if len(file.meshes) > 1 else "",
                **as_unit,
            },
        ),
        "printed_unit": Fact(
            "printed_unit",
            printed,
            parameters={
                "size": size_words(extents),
                "printed": size_words(extents * (file.slicer_scale / file.scale)),
                "unit": file.unit or "mm",
            },
        ),
        "space": Fact("space", file.space or _("not stated"), parameters={"unit": file.unit or _("not stated")}),
    }


def _extents(mesh: Mesh) -> np.ndarray:
    bounds = np.array(mesh.bounds).reshape(3, 2)
    return bounds[:, 1] - bounds[:, 0]


def guess_unit(longest: float, names: Sequence[str]) -> Mapping[str, Any]:
    """Whether a length in mm is one that anatomy has, and in which other unit it would be; by the name of a file or object where that
    names a structure.

    Returns
    -------
    Mapping
        ``guess``: ``plausible``, ``small``, ``large``, ``in metres`` (or another unit), ``perhaps in metres``; with a unit also its
        option value ``as_unit``, the length ``as_mm`` in it, and ``like``, the structure that is as long (or empty).
    """
    sizes = resources.load_json_resource("sizes", "anatomy")[0]
    low, high = sizes["any_mm"]
    words = set(re.findall(r"[a-z]+", join(" ", names).lower()))
    known = next((one for one in sizes["structures"] if words & set(one["words"])), None)
    beyond = not low <= longest <= high
    suspect = known is not None and longest < sizes["suspect_share"] * known["longest_mm"][0]
    if not beyond and not suspect:
        return {"guess": "plausible"}
    span = known["longest_mm"] if known is not None else sizes["usual_mm"]
    fitting = [unit for unit in sizes["units"] if span[0] <= longest * unit["mm"] <= span[1]]
    if not fitting:
        return {"guess": "plausible" if not beyond else "small" if longest < low else "large"}
    middle = float(np.sqrt(span[0] * span[1]))
    unit = min(fitting, key=lambda one: abs(np.log(longest * one["mm"] / middle)))
    return {
        "guess": _("in {words}", words=unit["title"]) if beyond else _("perhaps in {words}", words=unit["title"]),
        "as_unit": unit["unit"],
        "as_mm": longest * unit["mm"],
        "like": known["title"] if known is not None else "",
    }


def _guess_against(longest: float, scan: float, structure: float | None) -> Mapping[str, Any]:
    """The unit mistake that would bring the model nearest to what was scanned, where the model is larger than the scan, or far smaller
    than the `structure` in it that it was made from (than the scan where its length is not known)."""
    if longest > LARGEST_SHARE * scan:
        known = {
            _("25.4 times too large (inches read as mm twice?)"): 25.4,
            _("10 times too large"): 10.0,
            _("1000 times too large"): 1000.0,
        }
        expected = scan
    elif longest < SMALLEST_SHARE * (scan if structure is None else structure):
        known = {_("in metres"): 0.001, _("in inches"): 1 / 25.4, _("1000 times too small"): 0.001}
        expected = scan if structure is None else structure
    else:
        return {"guess": "plausible", "factor": 1.0}
    sensible = {
        name: factor
        for name, factor in known.items()
        if SMALLEST_SHARE * expected < longest / factor <= LARGEST_SHARE * expected
    }
    if not sensible:
        return {"guess": _("too large for the scan") if longest > scan else _("too small for the scan"), "factor": 1.0}
    name = min(sensible, key=lambda key: abs(np.log(longest / sensible[key] / (0.6 * expected))))
    return {"guess": name, "factor": sensible[name]}
