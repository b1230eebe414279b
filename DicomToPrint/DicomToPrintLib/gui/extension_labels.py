"""Labels from an extension of Slicer for the panel: its licence asked for once, its result the segmentation that is used."""

from typing import Any

from dicomtoprint.errors import InputError, UnansweredQuestionError
from dicomtoprint.pipeline import backends
from dicomtoprint.progress import ProgressCallback

from ..mrml import extension_backends
from .i18n import tr as _


def confirm_licence(panel: Any) -> None:
    """Asks for the licence of the chosen backend where it was not confirmed; once, since the answer is a setting.

    Raises `UnansweredQuestionError` where the user does not agree.
    """
    notice = backends.unconfirmed_licence(panel.settings)
    if not notice:
        return
    if not panel.dialogs.confirm(_("Licence"), _("{notice} Does your use keep to this?").format(notice=notice)):
        raise UnansweredQuestionError(
            _("The licence was not confirmed, so nothing was started: read it in step 2, or choose another way.")
        )
    panel.change(confirm_licence=backends.confirmed(panel.settings).confirm_licence)


def label_scan_of_scene(panel: Any, watch: ProgressCallback) -> Any:
    """The segmentation node with which the extension of the chosen backend labels the scan of the scene.

    `watch` may raise `CancelledError`. Raises `InputError` without a scan in the scene, and what `label_with_extension` raises; then
    nothing is left.
    """
    volume = panel.results.volume_node()
    if volume is None:
        raise InputError(_("The scan is not in the scene yet: run step 1 first, or load it as a volume."))
    backend, task = backends.chosen_backend(panel.settings)
    return extension_backends.label_with_extension(backend, task, volume, watch)


def choose_labels(panel: Any, node: Any) -> None:
    """Takes the labels as the segmentation that is used; structures that were ticked stay ticked, their names are those of the task."""
    wanted = panel.settings.labels
    panel.choose_segmentation(node)
    panel.change(labels=wanted)
