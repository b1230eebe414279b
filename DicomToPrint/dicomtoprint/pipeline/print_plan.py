"""The print plan: a proposal for the print lab from use, process and size, each choice with its reason and open to the user."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..config import resources
from ..config.run_settings import RunSettings
from ..messages import _, join

if TYPE_CHECKING:
    from ..printability import Readiness
    from ..reconstruction import SurfaceModel

# By the step that made them.
JOINTS = {
    "pins": _("D-shaped pins with {gap}"),
    "dowels": _("holes with {gap} for dowels, rods of steel or filament put in loose"),
    "dovetails": _("a dovetail with {gap}, slid in sideways"),
}
# What the keys of `data/plans/plan.json` are called.
PURPOSES: Mapping[str, str] = {
    "display": _("display"),
    "handling": _("handling"),
    "sterilisable": _("sterilisable"),
}
LAYERS: Mapping[str, str] = {"fine": _("fine"), "normal": _("normal"), "fast": _("fast")}
SCHEMA = "dicom-to-print/print-plan/1"


def build_print_plan(
    settings: RunSettings, model: "SurfaceModel", readiness: "Readiness", source: str = "scan"
) -> dict[str, Any]:
    """``plan.json``: every choice as ``{"choice", "reason", "options"}``; sizes in mm, volumes in cm3, masses in g of solid material.

    What was made counts, not what was asked for: a cut without room for pins has none. `source` is a ``scan`` or a ``mesh``.

    The data stand in `data/plans/plan.json`; a process or use of the user's own, not named there, gets "to be chosen".
    """
    data, _text = resources.load_json_resource("plans", "plan")
    offer = data["processes"].get(readiness.process.technology, {})
    wish = data["uses"].get(settings.use, data["uses"]["general"])
    messages = {finding.rule: finding.message for finding in readiness.findings}
    return {
        "schema": SCHEMA,
        "use": settings.use,
        "verdict": readiness.verdict,
        "process": _choice(readiness.process.title, _("as set for this run"), sorted(data["processes"])),
        "printer": _choice(readiness.printer.title, messages.get("fit", "")),
        **_material_choices(offer, wish, settings.use.replace("-", " ")),
        **_assembly_choices(settings, model, offer, messages, source),
        "colour": _choice(offer.get("colour"), _("what the process offers")),
        "finish": _choice(wish["finish"], _("the use {use}", use=settings.use.replace("-", " "))),
        "durability": _choice(wish["durability"], _("the use {use}", use=settings.use.replace("-", " "))),
        "post_processing": _choice(offer.get("post_processing"), _("steps of the process, in order")),
        **_quantities(model, offer),
        **({"slicing": dict(readiness.slicing)} if readiness.slicing else {}),
        "warnings": [finding.message for finding in readiness.findings if finding.verdict.rank > 0],
    }


def _choice(value: object, reason: str, options: Sequence[object] | None = None) -> dict[str, Any]:
    """One entry of the plan; a value of None or "" is left to the reader."""
    return {
        "choice": value if value not in (None, "") else _("to be chosen"),
        "reason": reason,
        "options": options or [],
    }


def _material_choices(offer: Mapping[str, Any], wish: Mapping[str, Any], use: str) -> dict[str, Any]:
    """Material, sterilisation and layers: what the process offers of what the use asks for."""
    materials, layers = offer.get("materials", {}), offer.get("layer_mm", {})
    return {
        "material": _choice(
            materials.get(wish["material"]),
            _(
                "the use {use} asks for {material}",
                use=use,
                material=PURPOSES.get(wish["material"], wish["material"]),
            ),
            [
                _("{purpose}: {material}", purpose=PURPOSES.get(purpose, purpose), material=material)
                for purpose, material in materials.items()
            ],
        ),
        "sterilisation": _choice(
            _("not planned"), _("must the part be sterilised? Only the maker of the material can answer for it.")
        ),
        "layer_mm": _choice(
            layers.get(wish["layer"]),
            _("{layer} layers for the use {use}", layer=LAYERS.get(wish["layer"], wish["layer"]), use=use),
            sorted(layers.values()),
        ),
    }


def _assembly_choices(
    settings: RunSettings, model: "SurfaceModel", offer: Mapping[str, Any], messages: Mapping[str, str], source: str
) -> dict[str, Any]:
    """Orientation, supports, parts and what joins them; `messages` are the findings by rule."""
    is_divided = len(model.meshes) > 1
    return {
        "orientation": _choice(
            _("as turned by the program")
            if settings.orient
            else {"scan": _("as scanned"), "mesh": _("as given")}[source],
            messages.get("overhang", ""),
            [] if settings.orient else [_("{--orient} turns it for least support")],
        ),
        "supports": _choice(offer.get("supports"), _("what the process needs")),
        "parts": _choice(len(model.meshes), messages.get("fit", ""), ["--split auto", "--cut S=MM"]),
        "pins": _choice(
            _joints(settings, {step.name for step in model.steps}),
            _("parts of a cut model go together one way") if is_divided else _("one part"),
            ["--pins", "--pins --joint dowel", "--pins --joint dovetail", "--magnets 5x2"] if is_divided else None,
        ),
    }


def _quantities(model: "SurfaceModel", offer: Mapping[str, Any]) -> dict[str, Any]:
    """Volume in cm3, mass in g of solid material (None for an unknown process), extents of each part in mm (x, y, z)."""
    volume = sum(mesh.volume for mesh in model.meshes) / 1000.0
    return {
        "material_cm3": round(volume, 2),
        "material_g": round(volume * offer["density_g_cm3"], 1) if offer else None,
        "sizes_mm": [
            [round(mesh.bounds[2 * axis + 1] - mesh.bounds[2 * axis], 2) for axis in range(3)] for mesh in model.meshes
        ],
    }


def _joints(settings: RunSettings, done: set[str]) -> str:
    """What holds the parts together, by the names of the steps that were `done`."""
    gap = (
        _("the clearance given")
        if settings.joint_clearance is not None
        else _("the process's clearance for a press fit")
        if settings.fit == "press"
        else _("the process's clearance for a sliding fit")
    )
    joints = [words.format(gap=gap) for name, words in JOINTS.items() if name in done]
    if settings.magnets and "magnets" in done:
        joints.append(
            _(
                "magnets of {diameter:g} x {height:g} mm, glued in with their poles facing",
                diameter=settings.magnets[0],
                height=settings.magnets[1],
            )
        )
    if done & {"no pins", "no magnets"}:
        joints.append(_("glue where a cut has no room for them"))
    return join(_(" and "), joints) or _("none")
