"""The command line that does what the panel does."""

from dataclasses import replace
from typing import Protocol

from dicomtoprint.config.run_settings import to_command_line
from dicomtoprint.pipeline.checklist import settings_of_given_mesh

from . import scan_source
from .panel_context import PanelContext
from .scene_presenter import ScenePresenter
from .step_process import CLI_SCRIPT


class CommandContext(PanelContext, Protocol):
    """The panel as a command line is made of it."""

    results: ScenePresenter


def command_line(panel: CommandContext) -> str:
    """The command that does the same outside the panel."""
    output, settings = panel.output_folder() or "OUTPUT", panel.settings
    if scan_source.selected_kind(panel.parameters) == "model":
        source = scan_source.for_cli(panel.parameters)
        return to_command_line(source, output, settings_of_given_mesh(settings), str(CLI_SCRIPT), "prepare")
    if panel.results.is_given():
        settings = replace(settings, segmentation=panel.results.given_file(), segment_with=None)
    return to_command_line(scan_source.for_cli(panel.parameters), output, settings, str(CLI_SCRIPT))
