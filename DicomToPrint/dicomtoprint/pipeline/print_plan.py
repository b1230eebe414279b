"""The print plan: a proposal for the print lab from use, process and size, each choice with its reason and open to the user."""

from typing import TYPE_CHECKING, Any

from ..config import resources
from ..config.run_settings import RunSettings

if TYPE_CHECKING:
    from ..printability import Readiness
    from ..reconstruction import SurfaceModel

SCHEMA = "dicom-to-print/print-plan/1"


def build_print_plan(settings: RunSettings, model: "SurfaceModel", readiness: "Readiness") -> dict[str, Any]:
    """``plan.json``: every choice as ``{"choice", "reason", "options"}``; sizes in mm, volumes in cm3, masses in g of solid material.

    What was made counts, not what was asked for: a cut without room for pins has none.

    The data stand in `data/plans/plan.json`; a process or use of the user's own, not named there, gets "to be chosen".
    """
    data, _text = resources.load_json_resource("plans", "plan")
    offer = data["processes"].get(readiness.process.name, {})
    wish = data["uses"].get(settings.use, data["uses"]["general"])
    materials = offer.get("materials", {})
    layers = offer.get("layer_mm", {})
    meshes = model.meshes
    volume = sum(mesh.volume for mesh in meshes) / 1000.0
    figures = {finding.rule: finding.message for finding in readiness.findings}
    use = settings.use.replace("-", " ")

    def choice(value: Any, reason: str, options: Any = None) -> dict[str, Any]:
        return {
            "choice": value if value not in (None, "") else "to be chosen",
            "reason": reason,
            "options": options or [],
        }

    return {
        "schema": SCHEMA,
        "use": settings.use,
        "verdict": readiness.verdict,
        "process": choice(readiness.process.title, "as set for this run", sorted(data["processes"])),
        "printer": choice(readiness.printer.title, figures.get("fit", "")),
        "material": choice(
            materials.get(wish["material"]),
            f"the use {use} asks for {wish['material']}",
            [f"{purpose}: {material}" for purpose, material in materials.items()],
        ),
        "sterilisation": choice(
            "not planned", "must the part be sterilised? Only the maker of the material can answer for it."
        ),
        "layer_mm": choice(
            layers.get(wish["layer"]), f"{wish['layer']} layers for the use {use}", sorted(layers.values())
        ),
        "orientation": choice(
            "as turned by the program" if settings.orient else "as scanned",
            figures.get("overhang", ""),
            [] if settings.orient else ["--orient turns it for least support"],
        ),
        "supports": choice(offer.get("supports"), "what the process needs"),
        "parts": choice(len(meshes), figures.get("fit", ""), ["--split auto", "--cut S=MM"]),
        "pins": choice(
            _joints(settings, {step.name for step in model.steps}),
            "parts of a cut model go together one way" if len(meshes) > 1 else "one part",
            ["--pins", "--magnets 5x2"] if len(meshes) > 1 else None,
        ),
        "colour": choice(offer.get("colour"), "what the process offers"),
        "finish": choice(wish["finish"], f"the use {use}"),
        "durability": choice(wish["durability"], f"the use {use}"),
        "post_processing": choice(offer.get("post_processing"), "steps of the process, in order"),
        "material_cm3": round(volume, 2),
        "material_g": round(volume * offer["density_g_cm3"], 1) if offer else None,
        "sizes_mm": [
            [round(mesh.bounds[2 * axis + 1] - mesh.bounds[2 * axis], 2) for axis in range(3)] for mesh in meshes
        ],
        "warnings": [finding.message for finding in readiness.findings if finding.verdict.rank > 0],
    }


def _joints(settings: RunSettings, done: set[str]) -> str:
    """What holds the parts together, of the steps that were `done`."""
    joints = ["D-shaped pins with the process's clearance"] if "pins" in done else []
    if settings.magnets and "magnets" in done:
        joints.append("magnets of {:g} x {:g} mm, glued in with their poles facing".format(*settings.magnets))
    if done & {"no pins", "no magnets"}:
        joints.append("glue where a cut has no room for them")
    return " and ".join(joints) or "none"
