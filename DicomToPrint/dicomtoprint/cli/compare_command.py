"""`compare`: two records, from the options to the engine."""

import argparse
from collections.abc import Mapping
from typing import Any

from ..messages import join
from .terminal_progress import terminal_progress


def run_compare(options: argparse.Namespace) -> tuple[Mapping[str, Any], str]:
    """The JSON and the words of `compare`."""
    from ..io import export_meshes
    from ..pipeline.model_comparison import compare_models
    from ..pipeline.output_folder import check_writable

    if options.output:
        check_writable(options.output)
    with terminal_progress(options.quiet) as progress:
        found = compare_models(options.first, options.second, options.model, progress)
    if options.output:
        for mesh, stem in ((found.first, "first"), (found.second, "second")):
            export_meshes([mesh], options.output, stem, ("ply",))
    return found.content, join("\n", found.lines)
