"""The words of findings: one sentence a fact, remedies by burden, questions. `_` marks them for translation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from ..rules import MISSING, Fact, Outcome, Rule


def _(text: str) -> str:
    """Marks a text for extraction; the panel translates it."""
    return text


class MessageTemplate(NamedTuple):
    """A fact in words: what it is, what is wrong where a rule on it fails (and where it counts to one), and what exactly to
    ask for.
    """

    title: str
    fail: str
    hint: str = ""
    one: str = ""


TEXTS: Mapping[str, MessageTemplate] = {
    "unreadable_files": MessageTemplate(
        _("Readable files"),
        _("{value} files of the series cannot be read ({where})."),
        one=_("One file of the series cannot be read ({where})."),
    ),
    "files_without_preamble": MessageTemplate(
        _("DICOM file format"),
        _("{value} files lack the preamble of a DICOM file ({where})."),
        one=_("One file lacks the preamble of a DICOM file ({where})."),
    ),
    "wrong_syntax_files": MessageTemplate(
        _("Encoding as declared"),
        _("{value} files are encoded otherwise than they declare ({where})."),
        one=_("One file is encoded otherwise than it declares ({where})."),
    ),
    "truncated_files": MessageTemplate(
        _("Whole files"),
        _("The pixel data of {value} files are missing or not as long as they must be ({where})."),
        one=_("The pixel data of one file are missing or not as long as they must be ({where})."),
    ),
    "instance_uids": MessageTemplate(_("Instance identifiers"), _("Instance identifiers: {value} ({where}).")),
    "patients": MessageTemplate(_("One patient"), _("The series holds images of {value} patients.")),
    "frames_of_reference": MessageTemplate(
        _("One frame of reference"),
        _("The slices lie in {value} frames of reference: the patient may have moved between them."),
    ),
    "slices_without_place": MessageTemplate(
        _("Slice positions"),
        _("{value} slices have no position or orientation ({where})."),
        one=_("One slice has no position or orientation ({where})."),
    ),
    "rules": MessageTemplate(
        _("A 3D-capable routine"), _("The routine is not made for 3D: {where}."), _("a thin-slice 3D routine")
    ),
    "slice_count": MessageTemplate(
        _("Number of slices"),
        _("The series has {value} slices; a volume needs {limit} or more."),
        _("all slices of the thin series"),
        _("The series has one slice; a volume needs {limit} or more."),
    ),
    "least_gap": MessageTemplate(
        _("Distinct positions"),
        _("Several slices lie at the same position ({where})."),
        _("each phase or reconstruction as a series of its own"),
    ),
    "hole_ratio": MessageTemplate(
        _("No missing slices"),
        _("A gap of {gap:.3f} mm against {median:.3f} mm elsewhere: slices are missing ({where})."),
        _("all slices of the series"),
    ),
    "orientation_spread": MessageTemplate(
        _("One orientation"), _("Slices have different orientations ({where})."), _("the original axial series alone")
    ),
    "matrix_spread": MessageTemplate(
        _("One matrix and pixel size"),
        _("The series mixes {value} matrices or pixel sizes."),
        _("the original axial series alone"),
    ),
    "localizers": MessageTemplate(
        _("Localizers apart"), _("Localizer images: {value} ({where})."), _("the axial series without its localizer")
    ),
    "mixed_types": MessageTemplate(
        _("One kind of image"), _("The series mixes {value} combinations of image type and kernel.")
    ),
    "phases": MessageTemplate(
        _("One phase"), _("The series holds {value} phases."), _("each phase as a series of its own")
    ),
    "volumetric": MessageTemplate(
        _("Volumetric properties"),
        _("The frames are declared {value}: they do not sample the volume as it is."),
        _("the original volume"),
    ),
    "frame_count": MessageTemplate(_("Number of frames"), _("The number of frames {value}.")),
    "concatenation": MessageTemplate(
        _("All parts of the object"),
        _("The object is split in parts and {value}."),
        _("all parts of the multi-frame object"),
    ),
    "air_mode_hu": MessageTemplate(
        _("Grey value of air"),
        _("Air reads {value:.0f} HU; {limit[0]} to {limit[1]} is expected: was the intercept lost?"),
    ),
    "scale_error": MessageTemplate(
        _("Scale"),
        _(
            "The stated field of view ({stated:g} mm) and the pixels ({found:.1f} mm) differ by {value:.1f} %: "
            "the print may have the wrong size."
        ),
        _("the images as reconstructed, not resampled"),
    ),
    "padding": MessageTemplate(_("Padding value"), ""),
    "burned_in": MessageTemplate(
        _("No burned-in text"),
        _("The images say that text is burned into them: it may name the patient."),
        _("images without burned-in text"),
    ),
    "samples_per_pixel": MessageTemplate(
        _("Samples per Pixel"), _("Samples per Pixel is {value}; 1 is needed."), _("grey images, not colour ones")
    ),
    "photometric": MessageTemplate(
        _("Photometric Interpretation"), _("The photometric interpretation is {value}; MONOCHROME2 is needed.")
    ),
    "bits_allocated": MessageTemplate(_("Bits Allocated"), _("Bits Allocated is {value}; 16 is needed.")),
    "bits_stored": MessageTemplate(_("Bits Stored"), _("Bits Stored is {value}; 16 or less is needed.")),
    "high_bit": MessageTemplate(_("High Bit"), _("High Bit is not Bits Stored less one.")),
    "pixel_representation": MessageTemplate(
        _("Pixel Representation"), _("Pixel Representation is {value}; 0 or 1 is needed.")
    ),
    "rows": MessageTemplate(_("Rows"), _("The number of rows is 0 or differs between slices.")),
    "columns": MessageTemplate(_("Columns"), _("The number of columns is 0 or differs between slices.")),
    "pixel_spacing": MessageTemplate(_("Pixel Spacing"), _("Pixel Spacing is {value} ({where}).")),
    "slices_without_position": MessageTemplate(
        _("Image Position (Patient)"),
        _("{value} slices have no position ({where})."),
        one=_("One slice has no position ({where})."),
    ),
    "slices_without_orientation": MessageTemplate(
        _("Image Orientation (Patient)"),
        _("{value} slices have no orientation ({where})."),
        one=_("One slice has no orientation ({where})."),
    ),
    "rescale": MessageTemplate(
        _("Rescale Slope and Intercept"), _("Rescale of stored values to grey values: {value}.")
    ),
    "rescale_variants": MessageTemplate(
        _("One rescale"), _("Slope and intercept take {value} values; each slice is rescaled by its own.")
    ),
    "pixel_element": MessageTemplate(_("Pixel Data"), _("The pixel data are {value} ({where}).")),
    "sop_class": MessageTemplate(
        _("Object"), _("The objects are no CT that can be imported ({value})."), _("the original CT images")
    ),
    "sop_class_as_meta": MessageTemplate(
        _("Object as in the file's head"),
        _("{value} files name another object class in their head than inside ({where})."),
        one=_("One file names another object class in its head than inside ({where})."),
    ),
    "study_uid": MessageTemplate(_("Study identifier"), _("Study identifiers in the series: {value} ({where}).")),
    "series_uid": MessageTemplate(_("Series identifier"), _("The series identifier is missing ({where}).")),
    "object_type": MessageTemplate(
        _("A medical CT"), _("The series is no medical CT or CBCT."), _("a CT of the region")
    ),
    "cone_beam": MessageTemplate(
        _("Cone beam"),
        _("A cone-beam CT: the limits of the table do not strictly apply, and its grey values are no calibrated HU."),
    ),
    "dose": MessageTemplate(_("Dose"), ""),
    "scan_age": MessageTemplate(
        _("Age of the scan"),
        _("The scan is {value} months older than the surgery; at most {limit} months are allowed."),
        _("a recent scan"),
    ),
    "anisotropy": MessageTemplate(
        _("Voxel shape"), _("The longest voxel edge is {value} times the shortest: expect steps on the surface.")
    ),
    "slice_thickness": MessageTemplate(
        _("Slice thickness"),
        _("Slices are {value:g} mm thick; at most {limit:g} mm is allowed."),
        _("slices of {limit:g} mm or thinner, spaced as thick as they are"),
    ),
    "slices_without_thickness": MessageTemplate(
        _("Slice thickness on all slices"),
        _("{value} slices do not state their thickness ({where})."),
        one=_("One slice does not state its thickness ({where})."),
    ),
    "slice_spacing": MessageTemplate(
        _("Slice spacing"),
        _("Slices lie {value:.4g} mm apart; at most {limit:g} mm is allowed."),
        _("slices spaced {limit:g} mm or closer"),
    ),
    "gap_percent": MessageTemplate(
        _("No gaps between slices"),
        _("Slices lie {spacing:.3f} mm apart but are {thickness:g} mm thick: tissue between them was not imaged."),
        _("spacing equal to thickness"),
    ),
    "overlap_percent": MessageTemplate(
        _("Spacing equal to thickness"),
        _("Slices lie {spacing:.3f} mm apart and are {thickness:g} mm thick: they overlap."),
    ),
    "gap_deviation": MessageTemplate(
        _("Even slices"),
        _("Gaps between slices differ by up to {value:.3f} mm ({where})."),
        _("the series as reconstructed, not edited"),
    ),
    "body_share_of_fov": MessageTemplate(
        _("Small field of view"),
        _("The body fills {value:.0%} of the field of view; {limit:.0%} or more is better."),
        _("a field of view no larger than the anatomy needs"),
    ),
    "fov_cut_mm2": MessageTemplate(
        _("Anatomy inside the field of view"),
        _("The anatomy touches the edge of the images over {value:.0f} mm2: is all of the needed anatomy there?"),
        _("a larger field of view"),
    ),
    "plane_angle": MessageTemplate(
        _("Original scanning plane"),
        _("Slices lie {value:.1f} degrees off the axial plane: they are reformatted."),
        _("the original axial series"),
    ),
    "original_beside": MessageTemplate(
        _("Original beside the reformat"),
        _("No accepted original series with the same frame of reference is here."),
        _("the original axial series too"),
    ),
    "tilt_tag": MessageTemplate(
        _("Gantry tilt as stated"),
        _("The gantry was tilted by {value:g} degrees; 0 is needed."),
        _("a scan without gantry tilt"),
    ),
    "shear_angle": MessageTemplate(
        _("Gantry tilt as measured"),
        _("The slices are sheared by {value:.2f} degrees, measured from their positions; 0 is needed."),
        _("a scan without gantry tilt"),
    ),
    "tilt_taken_out": MessageTemplate(
        _("Tilt not taken out"),
        _("A gantry tilt was taken out of the images afterwards ({value})."),
        _("the images as acquired"),
    ),
    "tilt_taken_out_degrees": MessageTemplate(
        _("Tilt not taken out, by its padding"),
        _("The padding lies at {value:.2f} degrees: a gantry tilt was taken out of the images."),
        _("the images as acquired"),
    ),
    "motion_slices": MessageTemplate(
        _("No motion"),
        _("{value} slices are shifted against their neighbours ({where}): did the patient move?"),
        _("a scan without motion"),
        _("One slice is shifted against its neighbours ({where}): did the patient move?"),
    ),
    "acquisitions": MessageTemplate(
        _("Scanned once"),
        _("Two acquisitions cover the same place: the scan was restarted ({where})."),
        _("the complete acquisition alone"),
    ),
    "acquisition_pause": MessageTemplate(
        _("Scanned without a pause"),
        _("The scan paused for {value:.0f} s; at most {limit:g} s is allowed: the patient may have moved."),
        _("a scan in one go"),
    ),
    "metal_mm3": MessageTemplate(_("Metal"), _("Metal of {value:.0f} mm3 or more: does it hide the anatomy?")),
    "fov_cut_ends_mm2": MessageTemplate(
        _("Anatomy up to the first and last slice"),
        _(
            "The anatomy goes on beyond the first or last slice over {value:.0f} mm2; that is normal for skull "
            "and spine."
        ),
    ),
    "metal_reduction": MessageTemplate(
        _("Metal artefact reduction"),
        _("A metal artefact reduction was used: it can erase cortical bone. Is the anatomy whole?"),
    ),
    "media_files": MessageTemplate(
        _("Entire study"), _("The DICOMDIR names {referenced} files: {value} ({where})."), _("the entire study")
    ),
    "transfer_medium": MessageTemplate(_("Transfer"), ""),
    "transfer_syntax": MessageTemplate(
        _("Uncompressed"),
        _("The images are {value} ({where}); uncompressed ones are needed."),
        _("uncompressed images; no new scan is needed"),
    ),
    "lossy": MessageTemplate(
        _("Never compressed with loss"),
        _("The images were compressed with loss (told by the {value})."),
        _("the images from the scanner, without lossy compression"),
    ),
    "pixel_size": MessageTemplate(
        _("Pixel size"),
        _("Pixels are {value:g} mm; at most {limit:g} mm is allowed."),
        _("a field of view of {dfov:.0f} mm or less at 512 pixels"),
    ),
    "kernel_family": MessageTemplate(
        _("Reconstruction kernel"),
        _("The reconstruction kernel{kernel} is {family}; {wanted} one is needed."),
        _("{kernels}"),
    ),
    "kernel_from_noise": MessageTemplate(
        _("Kernel, by the noise"),
        _("The noise looks like that of a {value} kernel: was a standard kernel used?"),
        _("a standard kernel, not bone or detail"),
    ),
    "contrast_to_noise": MessageTemplate(
        _("Contrast"),
        _(
            "The anatomy stands out little from what surrounds it (contrast to noise {value:.1f}): can it be "
            "told apart?"
        ),
    ),
    "image_type": MessageTemplate(
        _("Original, primary, axial"),
        _("The image type is {value}; original, primary, axial is needed ({where})."),
        _("the original axial series"),
    ),
    "third_value": MessageTemplate(
        _("Image type, third value"), _("The third value of the image type: {value} ({where}).")
    ),
    "reformat": MessageTemplate(
        _("No reformat"),
        _("The series is a reformat, projection or rendering ({value} says {word})."),
        _("the original axial series"),
    ),
    "charset": MessageTemplate(_("Character set"), _("The character set is {value}: names may show wrong.")),
    "modality": MessageTemplate(_("Modality"), _("The modality is not that of a CT."), _("the CT series")),
    "equidistance": MessageTemplate(
        _("Equidistant slices"),
        _(
            "Slice distances differ from their mean by up to {value:.4f} mm; {limit:g} mm is allowed ({cause}, "
            "{where})."
        ),
        _("the positions as the scanner wrote them, not rounded or edited"),
    ),
    "orientation_error": MessageTemplate(
        _("Right-angled grid"), _("Row and column directions are off unit length or a right angle by {value:.4f}.")
    ),
    "functional_groups": MessageTemplate(
        _("Functional groups"), _("The functional groups of the frames: {value} ({where}).")
    ),
    "window": MessageTemplate(_("Window presets"), _("The window presets cannot be offered: {value}.")),
}

REMEDIES: Mapping[str, str] = {
    "Q": _("Answer the question: --answer {rule}=yes if it is acceptable."),
    "X": _("Ask for a new export{hint}; no new scan is needed."),
    "C": _("Call the scanner today (raw data are kept for hours or days only) and ask for a new reconstruction{hint}."),
    "S": _("If clinically justified, ask for a new scan{hint}."),
    "T": _("Mended here, and written in the record."),
}

# How sure a detector is: far from its method's own limit, or near it.
SURE: Mapping[object, str] = {"clear": _("clear"), "borderline": _("borderline")}
SURE_SENTENCES: Mapping[str, str] = {
    "clear": _("The measure is clear."),
    "borderline": _("The measure is borderline: look at the picture."),
}

QUESTIONS: Mapping[str, str] = {
    "issuer-consulted": _(
        "Before the first use of this protocol: has your site consulted its issuer or a CT applications specialist?"
    ),
    "surgery-date": _("When is the surgery? Give --surgery-date; is it within six months of the scan?"),
    "motion-blur": _("Look at the images: are they free of motion blur? Blur inside one rotation cannot be measured."),
    "metal-minimised": _("Were steps taken to keep artefacts of metal small, or is there no metal near the anatomy?"),
}


# Families of kernels: what one is called, and what to ask for.
FAMILIES: Mapping[object, str] = {
    "listed": _("a standard"),
    "smooth": _("a smooth"),
    "sharp": _("a sharp"),
    "mixed": _("not the same in all slices"),
    "unknown": _("not known"),
}
KERNELS: Mapping[object, str] = {
    "listed": _("kernel GE STANDARD, Siemens H30s, Toshiba FC20 or Philips B"),
    "smooth": _("a smooth (soft tissue) kernel"),
    "sharp": _("a sharp (bone) kernel"),
}


class _Gaps(dict):
    """Fields of a message; one that is not there shows as nothing."""

    def __missing__(self, key: str) -> _Nothing:
        return _Nothing()


class _Nothing:
    def __format__(self, spec: str) -> str:
        return "?"

    def __getitem__(self, key: object) -> _Nothing:
        return self


def _fields(rule: Rule, fact: Fact) -> _Gaps:
    limit = rule.limit
    fields = _Gaps(value=fact.value, limit=limit, where=fact.where or "all slices", rule=rule.id, **fact.parameters)
    if fact.name == "pixel_size" and isinstance(limit, (int, float)):
        fields["dfov"] = 512 * limit
    if fact.name == "kernel_family" and isinstance(limit, Mapping):
        wanted = [family for family in KERNELS if limit.get(family) == "pass"]
        fields["kernel"] = f" {name}" if (name := fact.parameters.get("kernel")) else ""
        fields["family"] = FAMILIES.get(fact.value, str(fact.value)).removeprefix("a ")
        fields["wanted"] = _(" or ").join(FAMILIES[family] for family in wanted)
        fields["kernels"] = _(" or ").join(KERNELS[family] for family in wanted)
    return fields


def rule_title(rule: Rule) -> str:
    """What a rule is about, in a few words."""
    kind, _, name = rule.fact.partition(":")
    if kind == "attribute":
        from .facts.attributes import attribute_label as attribute_title

        return attribute_title(name)
    return TEXTS[kind].title if kind in TEXTS else rule.id


def finding_message(rule: Rule, fact: Fact, outcome: Outcome) -> str:
    """One sentence on how a rule ended."""
    head = rule_title(rule)
    if outcome is Outcome.NOT_APPLICABLE:
        return _("{title}: does not apply.").format(title=head)
    if fact.value is MISSING:
        return _("{title}: could not be established{where}.").format(
            title=head, where=f" ({fact.where})" if fact.where else ""
        )
    kind = rule.fact.partition(":")[0]
    plain = f"{head}: {format_value(fact.value)}{' ' + rule.unit if rule.unit else ''}"
    sure = fact.parameters.get("sure")
    if outcome is Outcome.PASS or kind not in TEXTS or not TEXTS[kind].fail:
        return f"{plain} ({SURE[str(sure)]})." if sure in SURE else f"{plain}."
    try:
        text = TEXTS[kind]
        failed = (text.one if text.one and fact.value == 1 else text.fail).format_map(_fields(rule, fact))
    except (ValueError, TypeError, KeyError, IndexError):
        failed = f"{plain}."
    return f"{failed} {SURE_SENTENCES[str(sure)]}" if sure in SURE else failed


def format_value(value: object) -> str:
    """A measured value in words."""
    return f"{value:g}" if isinstance(value, float) else str(value)


def remedy_text(rule: Rule, fact: Fact) -> str:
    """What to do, the lightest burden first."""
    kind = rule.fact.partition(":")[0]
    hint = TEXTS[kind].hint if kind in TEXTS else ""
    try:
        hint = hint.format_map(_fields(rule, fact))
    except (ValueError, TypeError):
        hint = ""
    ordered = [code for code in REMEDIES if code in rule.remedy]
    texts = [
        REMEDIES[code].format_map(_Gaps(rule=rule.id, hint=f": {hint}" if hint and code == ordered[-1] else ""))
        for code in ordered
    ]
    return " ".join(texts)
