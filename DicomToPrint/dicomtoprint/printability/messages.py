"""The sentences of the findings, by rule. Guidelines are general: never "will fail"."""

from collections.abc import Mapping, Sequence

from ..messages import _, join
from ..rules import Fact, Outcome, Rule, is_far_beyond
from . import label_texts
from .checks.build_volume import FITS_SEPARATELY, TOO_LARGE
from .fit_texts import FIT, PRINT_ONE_BY_ONE, SPLIT_OR_LARGER, TURNED_OBJECT
from .mesh_remedies import PREPARE, REMEDY_AFTER_ORIENTING, REMEDY_OF_MESH, finer_process
from .process import Printer, PrintProcess
from .remedies import REMEDY

PASS_TEXTS: Mapping[str, str] = {
    **label_texts.PASS,
    "closed": _("The surface is closed."),
    "manifold-edges": _("Every edge has exactly two triangles."),
    "manifold-vertices": _("Every vertex belongs to one sheet of surface."),
    "self-intersections": _("No triangle passes through another."),
    "degenerate": _("No triangle is without area."),
    "duplicate": _("No triangle is there twice."),
    "orientation": _("All triangles face outward."),
    "volume": _("The model encloses {measured:.1f} mm3."),
    "nested-shells": _("No shell inside another faces the same way as it."),
    "encoding": _("Slicing programs can read the file's text."),
    "unjudged": _("All that is printed is triangles."),
    "negative-volumes": _("No slicing program cuts a volume out of the model."),
    "other-types": _("All objects that the file places are models."),
    "not-printed": _("No object of the file is marked as not to be printed."),
    "left-out": _("All objects of the file are judged."),
    "size": _("The model is as large as {process} prints."),
    "unit-carried": _("Slicing programs read the size as it was judged."),
    "nested-objects": _("No object of the file lies inside another."),
    "touching-objects": _("No two objects of the file touch."),
    "drain": _("Large hollows have ways out of {measured:.1f} mm, guidelines for {process} begin at {limit:.1f} mm."),
    "drain-guideline": _("Hollows have ways out of {measured:.1f} mm, the guideline for {process} is {limit:.1f} mm."),
    "suction": _("No hollow that is open upwards shuts in more than {limit:.0f} mm3 while it is built."),
    "islands": _("No part of the model begins in the air as it stands."),
    "thin-share": _("{limit:.0%} of the surface or less has walls below the guideline ({measured:.0%})."),
    "fragments": _("There is no loose fragment too small for {process}."),
    "loose-parts": _("The model is one part."),
    "overlapping-objects": _("No two objects of the file overlap."),
    "trapped": _("No closed cavity traps material."),
    "cavities": _("There is no closed cavity."),
    "unit": _("The size of {size} mm is plausible."),
    "placement": _("The model lies where it was scanned, left and right as in the patient."),
    "wall": _("The thinnest wall measures {width}, the guideline for {process} is {limit:.2f} mm."),
    "thin-area": _(
        "No stretch of wall below the guideline is larger than {limit:.0f} mm2 (largest {measured:.1f} mm2)."
    ),
    "wall-unsupported": _(
        "The thinnest wall that ends free measures {width}, the guideline for {process} is {limit:.2f} mm."
    ),
    "wall-recommended": _("95 % of the surface has walls of {measured:.2f} mm or more, as recommended."),
    "pins": _("The thinnest rod or pin measures {width}, the guideline is {limit:.2f} mm."),
    "gap": _("The narrowest gap measures {width}, the guideline is {limit:.2f} mm."),
    "holes": _("The narrowest hole or channel measures {width}, the guideline is {limit:.2f} mm."),
    "overhang": _("Nothing overhangs more than {angle:.0f} degrees."),
    "bridge": _("The widest flat underside spans {measured:.1f} mm, the guideline for bridges is {limit:.1f} mm."),
    "footing": _("What touches the build plate holds a line of {limit} mm in the first layer, as {process} needs."),
    "pose": _("The model stands by itself as it is."),
    "fit": _("The model ({size} mm) fits the build volume of {room} mm as it stands."),
    "triangles": _("The model has {measured:,} triangles."),
    "coarse": _("Facets depart from a smooth surface by about {measured:.2f} mm (layers of {layer:g} mm{voxels})."),
    "lost": _("No part of the segment over 1 mm3 is missing from the model."),
    "added": _("The model has no part over 1 mm3 that the segment has not."),
    "critical": _("No anatomy marked as critical is missing."),
    "label": _("The text on the model reads the right way round."),
    "text-width": _("The strokes of the text are {measured:.2f} mm wide, the guideline is {limit:.2f} mm."),
    "text-height": _("The text is {measured:.2f} mm {way}, the guideline is {limit:.2f} mm."),
    "material": _("The model needs about {measured:.1f} cm3 of material as a solid, without supports."),
    "space": _("Coordinates: {measured}; unit: {unit}."),
}
FAIL_TEXTS: Mapping[str, str] = {
    **label_texts.FAIL,
    "closed": _("The surface is open: {measured:,} edges have one triangle only."),
    "manifold-edges": _("{measured:,} edges have more than two triangles."),
    "manifold-vertices": _("{measured:,} vertices join sheets that only touch in a point."),
    "self-intersections": _("{measured:,} triangles pass through others."),
    "degenerate": _("{measured:,} triangles have no area."),
    "duplicate": _("{measured:,} triangles are there twice."),
    "orientation": _("{measured:,} triangles face into the solid."),
    "volume": _("The model encloses no volume ({measured:.1f} mm3)."),
    "nested-shells": _(
        "{measured:,} shells ({volumes} mm3) lie inside another and face the same way as it: slicing programs fill them or leave them "
        "hollow, each in its own way."
    ),
    "encoding": _("The text of the file begins with {begins}: slicing programs do not read it."),
    "unjudged": _("The file has what cannot be judged and may print as it pleases: {kinds}."),
    "negative-volumes": _(
        "The slicing program will cut out {measured:,} volumes that are not judged: {objects}; walls and cavities there are not known."
    ),
    "other-types": _(
        "{measured:,} objects that the file places are no models and were left out: {objects}; some slicing programs refuse such a file."
    ),
    "not-printed": _(
        "{measured:,} objects are marked as not to be printed and were left out: {objects}; some slicing programs print them all the same."
    ),
    "left-out": _("{measured:,} objects are no part of the print and were left out: {objects}."),
    "size": _(
        "{what} measures {size} mm: smaller than the {limit:g} mm that {process} makes, it would print as nothing."
    ),
    "unit-carried": _(
        "The model was judged in {unit} ({size} mm), but the file carries no such unit: slicing programs take it as {printed} mm."
    ),
    "nested-objects": _("Objects of the file lie inside others: {pairs}; the same space would be printed twice."),
    "touching-objects": _("Objects of the file touch: {pairs}; printed as they lie they become one piece."),
    "drain": _(
        "A hollow has only a way out of less than {measured:.1f} mm, below the {limit:.1f} mm at which guidelines for {process} begin: "
        "{behind:.0f} mm3 of {trapped} would stay behind it."
    ),
    "drain-guideline": _(
        "A hollow has only a way out of less than {measured:.1f} mm, below the guideline of {limit:.1f} mm for {process}: some of the "
        "{behind:.0f} mm3 of {trapped} behind it may stay."
    ),
    "suction": _(
        "A hollow that is open upwards shuts in {measured:.0f} mm3 ({opening:.0f} mm2 wide) while it is built, more than {limit:.0f} mm3: "
        "it sucks on the film as the model stands."
    ),
    "islands": _("{measured:,} places begin in the air as the model stands and need supports from their first layer."),
    "thin-share": _("{measured:.0%} of the surface has walls below the guideline of {wall:.2f} mm for {process}."),
    "fragments": _(
        "{measured:,} loose fragments ({volumes} mm3) are below {smallest:.2g} mm3 or shorter than {speck:g} mm, too small for {process}."
    ),
    "loose-parts": _("The model has {measured:,} loose parts ({volumes} mm3)."),
    "overlapping-objects": _("{measured:,} pairs of objects in the file overlap: {pairs}."),
    "trapped": _("Closed cavities ({cavities}) would trap {measured:.0f} mm3 of {trapped}."),
    "cavities": _("Closed cavities lie inside the model: {measured:,} ({volumes} mm3)."),
    "unit": _("The size of {size} mm is not plausible: {guessed}."),
    "placement": _("The model does not lie where it was scanned: {measured}."),
    "wall": _("The thinnest wall measures {width}, below the guideline of {limit:.2f} mm for {process}."),
    "thin-area": _(
        "A stretch of {measured:.0f} mm2 has walls below the guideline of {wall:.2f} mm for {process} "
        "({total:.0f} mm2 in all)."
    ),
    "wall-unsupported": _(
        "A wall that ends free and is held on fewer than two sides measures {width}, below the guideline of {limit:.2f} mm for such "
        "walls ({process}; {area:.0f} mm2 in all)."
    ),
    "wall-recommended": _(
        "5 % of the surface has walls of {measured:.2f} mm or less, below the {limit:.1f} mm recommended for this size."
    ),
    "pins": _("The thinnest rod or pin measures {width}, below the guideline of {limit:.2f} mm for {process}."),
    "gap": _("The narrowest gap measures {width}, below the guideline of {limit:.2f} mm: its sides may fuse."),
    "holes": _("The narrowest hole or channel measures {width}, below the guideline of {limit:.2f} mm: it may close."),
    "overhang": _(
        "{measured:.0f} mm2 overhang more than {angle:.0f} degrees and need about {support:.1f} cm3 of supports as it stands."
    ),
    "bridge": _("A flat underside spans {measured:.1f} mm, more than the {limit:.1f} mm that bridge without supports."),
    "footing": _(
        "{what} touches the build plate with a tip that holds {held} in the first layer: slicing programs leave out what is "
        "shorter than {limit} mm ({process}), and print nothing."
    ),
    "pose": _("The model does not stand by itself as it is; turned ({rotation}) it would."),
    "fit": _("The model ({size} mm) fits the build volume of {room} mm only when turned ({rotation})."),
    "triangles": _("The model has {measured:,} triangles, more than the {limit:,.0f} that programs handle well."),
    "coarse": _(
        "Facets depart from a smooth surface by about {measured:.2f} mm, coarser than {limit:.2f} mm "
        "(layers of {layer:g} mm{voxels})."
    ),
    "lost": _("{measured:,} parts of the segment over 1 mm3 are missing from the model (largest {largest:.1f} mm3)."),
    "added": _(
        "The model has {measured:,} parts over 1 mm3 that the segment has not (largest {largest:.1f} mm3){wanted}."
    ),
    "critical": _("Anatomy marked as critical is missing from the model: {names}."),
    "label": _("The text '{text}' on the model is {measured}."),
    "text-width": _(
        "The strokes of the text '{text}' are {measured:.2f} mm wide, below the guideline of {limit:.2f} mm for {process}: "
        "letters may be lost."
    ),
    "text-height": _(
        "The text '{text}' is {measured:.2f} mm {way}, below the guideline of {limit:.2f} mm for {process}: it may be hard to read."
    ),
}
# Where the count is one.
FAIL_TEXTS_SINGULAR: Mapping[str, str] = {
    "closed": _("The surface is open: one edge has one triangle only."),
    "manifold-edges": _("One edge has more than two triangles."),
    "manifold-vertices": _("One vertex joins sheets that only touch in a point."),
    "self-intersections": _("One triangle passes through others."),
    "degenerate": _("One triangle has no area."),
    "duplicate": _("One triangle is there twice."),
    "orientation": _("One triangle faces into the solid."),
    "fragments": _(
        "One loose fragment ({volumes} mm3) is below {smallest:.2g} mm3 or shorter than {speck:g} mm, too small for {process}."
    ),
    "overlapping-objects": _("One pair of objects in the file overlaps: {pairs}."),
    "nested-shells": _(
        "One shell ({volumes} mm3) lies inside another and faces the same way as it: slicing programs fill it or leave it hollow, each in "
        "its own way."
    ),
    "negative-volumes": _(
        "The slicing program will cut out one volume that is not judged: {objects}; walls and cavities there are not known."
    ),
    "other-types": _(
        "One object that the file places is no model and was left out: {objects}; some slicing programs refuse such a file."
    ),
    "not-printed": _(
        "One object is marked as not to be printed and was left out: {objects}; some slicing programs print it all the same."
    ),
    "left-out": _("One object is no part of the print and was left out: {objects}."),
    "islands": _("One place begins in the air as the model stands and needs supports from its first layer."),
    "cavities": _("One closed cavity ({volumes} mm3) lies inside the model."),
    "lost": _("One part of the segment over 1 mm3 is missing from the model ({largest:.1f} mm3)."),
    "added": _("The model has one part over 1 mm3 that the segment has not ({largest:.1f} mm3){wanted}."),
}
ALL_INVERTED = _(
    "The whole surface is inverted: all {measured:,} triangles face inwards, turned over it encloses {volume:,.0f} mm3."
)
# Beyond what may be there at all (`Rule.reject_beyond`).
FAR_TOO_MUCH: Mapping[str, str] = {
    "fragments": _(
        "{measured:,} loose fragments ({volumes} mm3) are below {smallest:.2g} mm3 or shorter than {speck:g} mm, too small for {process}; "
        "more than {beyond:.0f} are no model but its debris."
    ),
    "trapped": _(
        "Closed cavities ({cavities}) would trap {measured:.0f} mm3 of {trapped}, more than the {beyond:.0f} mm3 that may stay."
    ),
}
# What a length that anatomy does not have may mean.
LOOKS_LIKE = _("it looks like {unit}, in which it is {length:.0f} mm long{like}")
AS_LONG_AS = _(", as long as {structure}")
NOT_APPLICABLE = _("Not judged: {reason}.")


def finding_message(rule: Rule, fact: Fact, outcome: Outcome, process: PrintProcess, printer: Printer) -> str:
    """One sentence for the finding."""
    if outcome is Outcome.NOT_APPLICABLE:
        return NOT_APPLICABLE.format(reason=_reason(rule, fact, process))
    values = _values(rule, fact, process)
    if outcome is Outcome.PASS:
        return PASS_TEXTS[rule.id].format_map(values)
    text = FIT.get(fact.value, FAIL_TEXTS["fit"]) if rule.id == "fit" else FAIL_TEXTS[rule.id]
    if rule.id == "orientation" and fact.parameters.get("whole"):
        text = ALL_INVERTED
    if fact.value == 1 and rule.limit == 0:
        text = FAIL_TEXTS_SINGULAR.get(rule.id, text)
    if is_far_beyond(rule, fact):
        text = FAR_TOO_MUCH[rule.id]
    return text.format_map(values)


def said_by(rules: Sequence[str]) -> str:
    """The sentence of a finding that others have said already, by the names of their rules."""
    return NOT_APPLICABLE.format(reason=_("said by {rules}").format(rules=join(", ", rules)))


def remedy_text(rule: Rule, fact: Fact, process: PrintProcess, is_turned: bool = False, source: str = "scan") -> str:
    """What to do, naming the option that does it.

    `is_turned`: the model was turned for printing already; `source`: made from a ``scan`` or a ``mesh``, whose command takes the option
    itself, or a ``file`` that is only inspected.
    """
    if not rule.remedy:
        return ""
    if rule.id == "fit" and fact.value == FITS_SEPARATELY:
        return PRINT_ONE_BY_ONE
    if rule.id == "fit" and fact.value == TOO_LARGE:
        return SPLIT_OR_LARGER.format_map(PREPARE[source])
    if is_turned and rule.remedy[0] in REMEDY_AFTER_ORIENTING:
        return REMEDY_AFTER_ORIENTING[rule.remedy[0]]
    text = REMEDY[rule.remedy[0]] if source == "scan" else REMEDY_OF_MESH.get(rule.remedy[0], REMEDY[rule.remedy[0]])
    return text.format_map({**_values(rule, fact, process), **PREPARE[source]})


def _reason(rule: Rule, fact: Fact, process: PrintProcess) -> str:
    if rule.applies_to and not {process.overhangs, process.trapped, process.technology} & set(rule.applies_to):
        return _("it makes no difference for {process}").format(process=process.title)
    if rule.limit is None and rule.operator != "shown":
        return _("no guideline is published for {process}").format(process=process.title)
    why = fact.parameters.get("why")
    return str(why) if why else _("nothing of the kind was found, or nothing is known to compare with")


def _values(rule: Rule, fact: Fact, process: PrintProcess) -> dict[str, object]:
    finer = finer_process(rule, process)
    values: dict[str, object] = {
        "process": process.title,
        "width": _width(fact.value),
        "measured": fact.value,
        "limit": rule.limit,
        "beyond": rule.reject_beyond,
        "area": fact.area_mm2 or 0.0,
        "trapped": process.trapped,
        "choose": _("Choose a finer process ({--process:{name}})").format(name=finer)
        if finer
        else _("Change the model"),
        "other": _(" or choose a finer process: {--process:{name}}").format(name=finer) if finer else "",
        "escape": process.limit("escape_hole_mm") or "?",
        "hollow": max(process.limit("wall_supported_mm") or 2.0, 2.0),
        "wall": process.limit("wall_supported_mm") or 0.0,
        "rotation": "",
        "way": "",
        "as_unit": _("UNIT (mm, cm, m or inch)"),
        "guessed": _guessed(fact),
        "what": _("The model"),
    }
    values.update(fact.parameters)
    if fact.parameters.get("object"):
        values["what"] = _("The object '{name}'").format(name=fact.parameters["object"])
    turned = fact.parameters.get("turned")
    each = turned if isinstance(turned, list) else []
    values["each_turned"] = join("", (TURNED_OBJECT.format(name=name, rotation=words) for name, words in each))
    values["held"] = _("a line of {width}").format(width=values["width"]) if fact.value else _("no line")
    intended = fact.parameters.get("intended")
    values["voxels"] = _(", voxels of the scan {size} mm").format(size=voxel) if (voxel := values.get("voxel")) else ""
    values["wanted"] = _("; added on purpose: {names}").format(names=intended) if intended else ""
    return values


def _guessed(fact: Fact) -> str:
    """What a size that makes no sense may mean, in words."""
    value, length, like = str(fact.value), fact.parameters.get("as_mm"), fact.parameters.get("like")
    if not isinstance(length, (int, float)):
        return value
    unit = value.removeprefix("perhaps ").removeprefix("in ")
    return LOOKS_LIKE.format(unit=unit, length=length, like=AS_LONG_AS.format(structure=like) if like else "")


def _width(value: object) -> str:
    """A width in words; surfaces that all but touch do not measure nothing."""
    if not isinstance(value, (int, float)):
        return ""
    return _("less than 0.01 mm") if value < 0.005 else _("{value:.2f} mm", value=value)
