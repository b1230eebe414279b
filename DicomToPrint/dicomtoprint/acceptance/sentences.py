"""What a finding says where its fact can fail in several ways: one sentence a kind, in words of the scanner's console.

Each sentence says what is wrong, the value, what is needed, and names the attribute by its tag. ``CHECKS`` are what to
look at before anything is asked for. ``docs/sentences.md`` lists all of them for review.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..messages import _

SENTENCES: Mapping[str, Mapping[str, str]] = {
    "instance_uids": {
        "missing": _("Images lack their own identifier, SOP Instance UID (0008,0018) ({where}); each needs one."),
        "repeated": _("Different images carry the same SOP Instance UID (0008,0018) ({where}); each needs its own."),
        "copied file": _("Copies of other files, byte for byte, are left out: {where}."),
        "unlike file meta": _(
            "The head of a file names another image than its content does, SOP Instance UID (0002,0003) against "
            "(0008,0018) ({where}); both must agree."
        ),
    },
    "study_uid": {
        "missing": _(
            "Images do not say to which study they belong, Study Instance UID (0020,000D) ({where}); each must."
        ),
        "several": _("The series holds images of several studies, Study Instance UID (0020,000D); one is needed."),
    },
    "series_uid": {
        "missing": _(
            "Images do not say to which series they belong, Series Instance UID (0020,000E) ({where}); each must."
        ),
    },
    "frames_of_reference": {
        "one a slice": _(
            "Every image has a Frame of Reference UID (0020,0052) of its own, {count} in all; one is usual. Whether the "
            "patient was placed anew between images cannot be told from it."
        ),
        "several": _(
            "The images have {count} frames of reference (0020,0052); one is needed: the patient may have been placed "
            "anew between them."
        ),
    },
    "third_value": {
        "slice: other": _("The third word of Image Type (0008,0008) is not AXIAL ({where}); AXIAL is expected."),
        "slice: missing": _("Image Type (0008,0008) has no third word ({where}); AXIAL is expected."),
        "volume: other": _("The third word of Image Type (0008,0008) is not VOLUME ({where}); VOLUME is expected."),
        "volume: missing": _("Image Type (0008,0008) has no third word ({where}); VOLUME is needed."),
    },
    "rescale": {
        "zero slope": _(
            "Rescale Slope (0028,1053) is 0, so every grey value is the same; the scanner's own slope, mostly 1, is needed."
        ),
    },
    "sop_class": {
        "other": _("The images are not CT images: SOP Class UID (0008,0016) is that of another kind; CT is needed."),
        "mixed": _("The series mixes images of several kinds, SOP Class UID (0008,0016); CT images alone are needed."),
        "Legacy Converted Enhanced CT Image": _(
            "The images were converted to Legacy Converted Enhanced CT, which exoplan does not read; the CT images from "
            "before are needed."
        ),
    },
    "object_type": {
        "missing": _("The header gives no Modality (0008,0060): did a CT or a cone beam scanner make the images?"),
        "no CT class": _(
            "The series is not a CT: SOP Class UID (0008,0016) is that of another kind of image; CT is needed."
        ),
        "mislabelled": _(
            "The images are stored as CT, but Modality (0008,0060) names another device; CT is needed there if a CT made "
            "them."
        ),
    },
    "modality": {
        "other": _("Modality (0008,0060) is not CT; CT is needed (DX for a dental cone beam object)."),
    },
    "window": {
        "unpaired": _(
            "The window presets cannot be offered: Window Center (0028,1050) and Window Width (0028,1051) have not "
            "equally many values."
        ),
        "no number": _(
            "The window presets cannot be offered: Window Center (0028,1050) or Window Width (0028,1051) is not a number."
        ),
        "width below 1": _("The window presets cannot be offered: Window Width (0028,1051) is below 1."),
    },
    "functional_groups": {
        "both": _(
            "Settings stand twice, for all frames and for single ones, (5200,9229) and (5200,9230) ({where}); those of "
            "the single frames are used."
        ),
        "no shared": _("The settings for all frames, Shared Functional Groups (5200,9229), are missing ({where})."),
        "no per-frame": _(
            "The settings of the frames, Per-Frame Functional Groups (5200,9230), are missing ({where})."
        ),
        "several shared": _(
            "The settings for all frames (5200,9229) stand there several times ({where}); once is needed."
        ),
        "damaged": _("The settings of the frames (5200,9229), (5200,9230) cannot be read ({where})."),
        "measures per frame": _(
            "Pixel size and thickness stand at each frame alone, not for all frames, (5200,9229) ({where}); exoplan looks "
            "for them there."
        ),
    },
    "pixel_spacing": {
        "not two numbers above 0": _(
            "Pixel Spacing (0028,0030) is not two numbers above 0 ({where}): the size of the print cannot be known."
        ),
    },
    "pixel_element": {
        "float": _("The pixels are numbers with a fraction ({where}); whole numbers of 16 bits are needed."),
        "wrong length": _(
            "The pixels are missing, or not as many as Rows (0028,0010) and Columns (0028,0011) say ({where}); all are needed."
        ),
        "OB": _("The pixels are stored in bytes (OB) ({where}); words of 16 bits (OW) are expected."),
        "other": _(
            "The pixels are stored neither in words (OW) nor in bytes (OB) ({where}); words of 16 bits (OW) are expected."
        ),
    },
    "frame_count": {
        "not stated": _("The image holds many frames but does not say how many, Number of Frames (0028,0008)."),
        "differs from the frame groups": _(
            "Number of Frames (0028,0008) is not the number of frames that are described ({where})."
        ),
        "differs from the pixel data": _("Number of Frames (0028,0008) is not the number of frames stored ({where})."),
    },
    "concatenation": {
        "incomplete": _("The image is split into parts (Concatenation UID (0020,9161)), and some of them are missing."),
        "total not stated": _(
            "The image is split into parts that do not say how many they are, (0020,9163); {present} are here: are "
            "these all?"
        ),
    },
    "media_files": {
        "directory damaged": _("The DICOMDIR of the disc cannot be read; what should be on the disc is not known."),
        "files missing": _("The DICOMDIR names {referenced} files, of which the disc lacks {where}; all are needed."),
        "files not whole": _("Cut off or damaged on the disc: {where}; all must be whole."),
        "several patients": _("The disc holds several patients; one is needed."),
    },
    "transfer_syntax": {
        "missing": _(
            "The files do not say how their pixels are encoded, Transfer Syntax UID (0002,0010) ({where}): are they "
            "uncompressed?"
        ),
        "lossless": _("The images are compressed, without loss ({where}); uncompressed ones are needed."),
        "lossy": _("The images are compressed with loss ({where}); uncompressed ones are needed."),
        "deflated": _("The images are packed (deflated) ({where}); uncompressed ones are needed."),
        "private": _("The images are encoded in a maker's own way ({where}); uncompressed standard DICOM is needed."),
        "encapsulated": _("The pixels are wrapped as if compressed ({where}); uncompressed standard DICOM is needed."),
        "encapsulated, uncompressed": _(
            "The pixels are wrapped as if compressed ({where}); uncompressed standard DICOM is needed."
        ),
    },
    "lossy": {
        "transfer syntax": _("The images are compressed with loss ({where}); images without such loss are needed."),
        "flag": _(
            "The images were compressed with loss at some time, Lossy Image Compression (0028,2110) is 01 ({where}); "
            "images without such loss are needed."
        ),
        "method": _(
            "The images were compressed with loss: Lossy Image Compression Method (0028,2114) is given; images without are needed."
        ),
        "ratio": _(
            "The images were compressed with loss: Lossy Image Compression Ratio (0028,2112) is given; images without are needed."
        ),
        "derivation": _(
            "The images were compressed with loss: Derivation Description (0008,2111) says so; images without are needed."
        ),
    },
    "reformat": {
        "image type": _(
            "The images are not slices as scanned: Image Type (0008,0008) says {word}; the slices as scanned are needed."
        ),
        "description": _(
            "The images do not seem to be slices as scanned: Series Description (0008,103E) says {word}; the slices as scanned are needed."
        ),
        "thin original": _(
            "Image Type (0008,0008) says original, primary, axial and the slices are thin, but Series Description (0008,103E) "
            "says {word}: are they the slices as scanned?"
        ),
        "calculation": _(
            "The images were calculated from a volume, Volume Based Calculation Technique (0008,9207); the slices as scanned are needed."
        ),
    },
    "tilt_taken_out": {
        "derivation": _(
            "A gantry tilt was taken out of the images afterwards, as Derivation Description (0008,2111) says; "
            "images as acquired are needed."
        ),
        "tag without shear": _(
            "The header states a gantry tilt of {tag:g} degrees (0018,1120), yet the slices stand straight: the tilt was "
            "taken out afterwards, or the header is wrong. 0 is needed."
        ),
    },
    "localizers": {
        "dropped": _("Localizers (scouts, topograms) are left out of the volume: {where}."),
        "only": _("The series holds nothing but localizers (scouts, topograms); slices are needed."),
    },
    "acquisitions": {
        "overlap": _(
            "Two acquisitions, Acquisition Number (0020,0012), cover the same part of the body: the scan was started again "
            "({where}); one is needed."
        ),
    },
    "charset": {
        "several": _(
            "Specific Character Set (0008,0005) names several character sets, exoplan reads one: names may show wrong."
        ),
        "unknown": _("Specific Character Set (0008,0005) is none of the DICOM standard: names may show wrong."),
    },
    "scan_age": {
        "no date": _("The header gives no date of the scan: was it within {limit} months before the surgery?"),
        "no real date": _(
            "The date of the scan cannot be right (before 1971, in the future, or not a date): was it within {limit} months "
            "before the surgery?"
        ),
        "shifted": _(
            "The dates were shifted or removed on purpose (0028,0303): was the scan within {limit} months before the surgery?"
        ),
        "after the surgery": _("The scan is dated after the surgery: are both dates right?"),
    },
    "kernel_family": {
        "mixed": _("The reconstruction kernel (0018,1210) is not the same in all slices ({where}); one is needed."),
        "unknown": _(
            "The reconstruction kernel (0018,1210) is not in the table of kernels; {wanted} one is needed: is it one?"
        ),
        "no kernel": _("The header names no reconstruction kernel (0018,1210); {wanted} one is needed: was it one?"),
        "cone beam": _(
            "This cone beam scanner states no reconstruction kernel: was the standard filter used, without edge "
            "enhancement?"
        ),
    },
    "shear_angle": {
        "gantry": _(
            "The gantry was tilted: each slice is shifted against the one before, by {value:.2f} degrees, measured from their "
            "positions (0020,0032); 0 is needed."
        ),
        "one slice": _(
            "Slices lie beside the row of the others, by {value:.2f} degrees ({where}); all must lie in one row."
        ),
        "not a tilt": _(
            "Each slice lies beside the one before by {value:.1f} degrees, more than a gantry can tilt or in another "
            "direction; positions as the scanner wrote them are needed."
        ),
    },
    "slice_thickness": {
        "missing": _("The header gives no Slice Thickness (0018,0050): is it {limit:g} mm or less?"),
    },
    "pixel_size": {
        "missing": _("The header gives no Pixel Spacing (0028,0030): is a pixel {limit:g} mm or smaller?"),
    },
    "tilt_tag": {
        "tilted": _("The gantry was tilted by {value:g} degrees (0018,1120); 0 is needed."),
        "tag alone": _(
            "The header states a gantry tilt of {value:g} degrees (0018,1120), which the positions of the slices do not "
            "show; 0 is needed."
        ),
        "no number": _("Gantry/Detector Tilt (0018,1120) is not a number: was the gantry upright?"),
    },
    "image_type": {
        "not stated": _(
            "Image Type (0008,0008) does not say whether the images are original, primary and axial: are they the slices "
            "as scanned?"
        ),
    },
    "volumetric": {
        "distorted": _(
            "Volumetric Properties (0008,9206) is DISTORTED: the frames do not show the body to scale; VOLUME is needed."
        ),
        "sampled": _(
            "Volumetric Properties (0008,9206) is SAMPLED: the frames are samples of a volume; VOLUME is needed."
        ),
        "mixed": _("Volumetric Properties (0008,9206) is MIXED: the frames are of several kinds; VOLUME is needed."),
        "other": _("Volumetric Properties (0008,9206) is not a word of the standard; VOLUME is needed."),
    },
    "least_gap": {
        "phases": _(
            "The series holds {count} phases or reconstructions at the same places, told apart by {by}; one of them is "
            "needed."
        ),
    },
    "burned_in": {
        "yes": _("The images say that text is burned into them (0028,0301): it may name the patient."),
    },
    "cone_beam": {
        "by its maker": _(
            "A cone beam scanner made the images: the limits of the table do not strictly apply, and its grey values are "
            "no calibrated HU."
        ),
    },
}

# What to look at before anything is asked for, where a rule fails that no answer can close.
CHECKS: Mapping[str, str] = {
    "scan_age": _("Check both dates."),
    "object_type": _("Ask which device made the images."),
    "modality": _("Ask which device made the images."),
    "tilt_tag": _("Ask whether the gantry was upright."),
    "transfer_syntax": _("Ask how the files were exported."),
    "acquisition_pause": _("Ask what the pause was for."),
    "least_gap": _("Choose one of them: {choices}."),
    "reformat": _("Check whether the series is the one as scanned."),
}

# What exactly to ask for, where it depends on the kind of fault.
HINTS: Mapping[str, Mapping[str, str]] = {
    "scan_age": {
        "no date": _("the images with the date of the scan"),
        "no real date": _("the images with the date of the scan"),
        "shifted": _("the images with the date of the scan"),
        "after the surgery": _("the images with the date of the scan"),
    },
    "kernel_family": {
        "mixed": _("each reconstruction as a series of its own"),
        "no kernel": _("the images with their kernel"),
    },
    "tilt_tag": {"tag alone": _("the images as acquired"), "no number": _("the images with their gantry tilt")},
    "shear_angle": {
        "one slice": _("the positions as the scanner wrote them"),
        "not a tilt": _("the positions as the scanner wrote them"),
    },
    "object_type": {"mislabelled": _("the images with the Modality of the device")},
    "slice_thickness": {
        "missing": _("the images with their slice thickness"),
        "cone beam": _("voxels of {limit:g} mm or smaller"),
    },
    "slice_spacing": {"cone beam": _("voxels of {limit:g} mm or smaller")},
    "least_gap": {"phases": _("each phase or reconstruction as a series of its own")},
    "pixel_size": {
        "missing": _("the images with their pixel size"),
        "cone beam": _("voxels of {limit:g} mm or smaller"),
    },
    "image_type": {"not stated": _("the images with the scanner's own Image Type")},
    "media_files": {"several patients": _("a disc of this patient alone")},
}
