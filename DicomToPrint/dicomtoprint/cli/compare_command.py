"""`compare`: two records, from the options to the engine."""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..messages import _, join
from .shared_options import add_json_option
from .terminal_progress import terminal_progress


def add_compare_options(parser: Any) -> None:
    """Options of `compare`."""
    parser.add_argument("first", type=Path, metavar="RECORD", help=_("record.json of a run, or its folder"))
    parser.add_argument("second", type=Path, metavar="RECORD", help=_("that of the other run"))
    parser.add_argument("--model", metavar="NAME", help=_("the model of both records, where they have several"))
    parser.add_argument(
        "--output", type=Path, metavar="DIR", help=_("folder for first.ply and second.ply with their distances")
    )
    add_json_option(parser)


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
