"""The sentences on whether a model fits the build volume, and what to do where it does not."""

from collections.abc import Mapping

from ..messages import _
from .checks.build_volume import FITS_SEPARATELY

# The size of the model has more than two outcomes.
FIT: Mapping[object, str] = {
    "too large": _("The model ({size} mm) does not fit the build volume of {room} mm in any rotation tried."),
    FITS_SEPARATELY: _(
        "Each of the {objects} objects fits the build volume of {room} mm{each_turned}; together, as they lie ({size} mm), they do not."
    ),
}
TURNED_OBJECT = _(", '{name}' only when turned ({rotation})")
SPLIT_OR_LARGER = _("Split it ({prepare}{--split:auto}{into}), or choose a larger printer ({--printer:WxDxH}).")
PRINT_ONE_BY_ONE = _("Print the objects one after another, or arrange them in the slicing program.")
