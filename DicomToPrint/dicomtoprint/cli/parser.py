"""The options of the command line: what they are called, what they take, and the settings they make."""

import argparse
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from .. import __version__
from ..config.run_settings import FORMATS, RunSettings
from ..errors import UsageError
from ..messages import Message, _, join
from .batch_options import add_batch_options
from .compare_command import add_compare_options
from .coupon_command import add_calibrate_options, add_coupon_options
from .language import SpeakingParser, add_language_option
from .option_types import count, one_or_more, positive
from .preparation_options import add_preparation
from .review_options import add_review_options
from .shared_options import add_json_option, add_page_options, add_process_options
from .sign_command import add_sign_options

EXAMPLES = _("""examples:
  dicom_to_print.py check CT_FOLDER                               is this scan fit for a print?
  dicom_to_print.py run CT_FOLDER --output OUT --process sla      from the scan to a checked STL and 3MF
  dicom_to_print.py inspect model.stl --process fdm --json -      will this file print?
  dicom_to_print.py prepare model.stl --output OUT --hollow 2     make a checked print file from a mesh
  dicom_to_print.py review OUT/record.json --part scan.stl        is the printed part as it should be?
  dicom_to_print.py demo --output OUT                             make a phantom CT and run it

exit codes: 0 accept, warn, ask (check), ready (run, prepare, inspect) or pass (review); 1 reject, not ready or fail; 2 usage;
3 the input cannot be read; 4 an open question blocks this use, or a part is ambiguous; 5 an output cannot be written;
70 internal error; 130 interrupted

NAME is one that `list` shows, FILE a .json file of your own in the same form. Points are R,A,S in mm, as Slicer shows them.

Not a medical device: the result is a processed representation of imaging data and needs qualified review.""")


class _Parser(SpeakingParser):
    """Turns argparse's own exit into a sentence."""

    def error(self, message: str) -> Any:
        raise UsageError(
            _("{message}: see {program} {--help}.", message=message[:1].upper() + message[1:], program=self.prog)
        )


def join_negative_values(arguments: Sequence[str]) -> list[str]:
    """`--seed -10,2,3` as `--seed=-10,2,3`: argparse would take the value for an option."""
    joined: list[str] = []
    for argument in arguments:
        if (
            joined
            and joined[-1] in ("--seed", "--roi", "--threshold", "--plane", "--escape", "--label-at", "--avoid")
            and argument[:1] == "-"
            and argument[1:2].isdigit()
        ):
            joined[-1] += "=" + argument
        else:
            joined.append(argument)
    return joined


def build_parser(only: str | None = None) -> argparse.ArgumentParser:
    """The parser of all commands; where `only` names one, of that alone: a start needs no other."""
    parser = _Parser(
        prog="dicom_to_print.py",
        description=_("From a CT to a checked print file, with a verdict at every step."),
        epilog=EXAMPLES,
    )
    parser.add_argument("--version", action="version", version=f"DicomToPrint {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name in (only,) if only is not None and only in COMMANDS else COMMANDS:
        help_text, add_options = COMMANDS[name]
        add_options(_command(commands, name, help_text))
    return parser


def _command(commands: Any, name: str, help_text: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(
        name,
        help=help_text,
        description=Message(help_text).capitalised() + ".",
        epilog=EXAMPLES,
    )
    parser.add_argument(
        "--debug",
        action="store_true",
        help=_(
            "print the traceback of an internal error; it may quote names and values of the input: read "
            "it before you send it"
        ),
    )
    add_language_option(parser)
    parser.add_argument("--quiet", action="store_true", help=_("no progress, neither a bar nor lines"))
    return parser


def _add_check(check: argparse.ArgumentParser) -> None:
    _add_scan(check)
    _add_acceptance_options(check)
    check.add_argument("--output", type=Path, metavar="DIR", help=_("folder for report.html and acceptance.json"))


def _add_scan(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "input",
        metavar="INPUT",
        help=_("folder, file, DICOMDIR, .zip, NIfTI/NRRD volume, or dicomdb:SERIESUID in Slicer"),
    )


def _add_acceptance_options(parser: argparse.ArgumentParser) -> None:
    """What is judged of a scan, by what, and where it is told."""
    _add_judgement_options(parser)
    parser.add_argument(
        "--series", metavar="ID|UID", help=_("this series only; ID/PHASE for one phase of a series that holds several")
    )
    parser.add_argument("--identified", action="store_true", help=_("let names, descriptions and UIDs into the output"))
    add_json_option(parser)


def _add_judgement_options(parser: argparse.ArgumentParser) -> None:
    """What a scan is judged by, and what its operator says to it."""
    parser.add_argument(
        "--protocol",
        action="append",
        default=[],
        metavar="NAME|FILE",
        help=_(
            "judge under this protocol (repeatable; default: 3dsystems-ortho and exoplan-import, in run "
            "that of the use)"
        ),
    )
    parser.add_argument("--no-pixels", action="store_true", help=_("judge the headers alone"))
    parser.add_argument("--surgery-date", metavar="YYYY-MM-DD", help=_("planned date of surgery"))
    parser.add_argument(
        "--answer", action="append", default=[], metavar="RULE=yes|no", help=_("answer a question (repeatable)")
    )
    parser.add_argument("--role", default="operator", metavar="ROLE", help=_("role of who answers, for the record"))


def _add_run(run: argparse.ArgumentParser) -> None:
    _add_scan(run)
    _add_run_options(run)


def _add_batch(batch: argparse.ArgumentParser) -> None:
    add_batch_options(batch)
    _add_run_options(batch)


def _add_run_options(run: argparse.ArgumentParser) -> None:
    _add_acceptance_options(run)
    _add_use(run)
    run.add_argument(
        "--anatomy", default="bone", metavar="NAME|FILE", help=_("what to segment (default bone; see list anatomy)")
    )
    _add_label_options(run)
    _add_backend_options(run)
    run.add_argument(
        "--threshold", metavar="LOW[,HIGH]", help=_("grey values of the anatomy instead of the measured boundary")
    )
    run.add_argument(
        "--seed", action="append", default=[], metavar="R,A,S", help=_("point in the wanted structure, mm (repeatable)")
    )
    run.add_argument("--roi", metavar="R,R,A,A,S,S", help=_("region of interest, mm"))
    run.add_argument(
        "--least-branch", type=positive, metavar="MM", help=_("leave out side branches of a vessel thinner than this")
    )
    _add_surface(run)
    add_preparation(run)
    _add_print_options(run)
    _add_output(run)
    _add_slicer_option(run)
    run.add_argument(
        "--scene", action="store_true", help=_("also write a Slicer scene (.mrb); needs Slicer or slicer-core")
    )
    run.add_argument(
        "--accept-anyway", metavar="REASON", help=_("go on with a rejected scan; the reason stands on the report")
    )


def _add_label_options(run: argparse.ArgumentParser) -> None:
    """A given segmentation, and which of its structures are wanted."""
    run.add_argument(
        "--segmentation", metavar="FILE", help=_("given segmentation: NIfTI, NRRD, DICOM SEG or RT Structure Set")
    )
    run.add_argument(
        "--labels",
        action="append",
        default=[],
        metavar="A,B",
        help=_("of the given segmentation these structures, by name or value (repeatable; default: all)"),
    )
    run.add_argument("--merge", action="store_true", help=_("join the chosen structures into one"))
    run.add_argument(
        "--largest-island",
        action="store_true",
        help=_("of each structure of the given segmentation its largest part alone"),
    )
    run.add_argument(
        "--label-names",
        metavar="NAME|FILE",
        help=_(
            "what the values are called (see list label-names; .json: name by value, or the dataset.json of nnU-Net)"
        ),
    )
    run.add_argument(
        "--smooth-labels",
        type=positive,
        metavar="MM",
        help=_(
            "take details narrower than this out of labels whose surface no grey value of the scan finds "
            "(default: none)"
        ),
    )
    run.add_argument(
        "--label-cutoff",
        type=float,
        metavar="P",
        help=_("for probabilities: from which one a voxel counts, such as 0.5"),
    )


def _add_backend_options(run: argparse.ArgumentParser) -> None:
    """An installed program that labels the scan."""
    run.add_argument(
        "--segment-with",
        metavar="NAME[:TASK]",
        help=_(
            "let this installed program label the scan, in its own process (see list backends; "
            "nnunet:FOLDER for a model of your own)"
        ),
    )
    run.add_argument(
        "--backend-command",
        metavar="PROGRAM",
        help=_("its program, or the Python that it is installed in (default: looked for in PATH)"),
    )
    run.add_argument(
        "--confirm-licence",
        metavar="NAME",
        help=_("you have read what the licence of this backend allows (else asked once)"),
    )


def _add_use(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--output", type=Path, required=True, metavar="DIR", help=_("folder for the results"))
    parser.add_argument(
        "--use",
        default="general",
        metavar="NAME|FILE",
        help=_("what the model is for (default general; see list uses)"),
    )


def _add_surface(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--max-deviation",
        type=positive,
        metavar="MM",
        help=_("how far editing may move the surface (default: as the use allows)"),
    )
    parser.add_argument(
        "--triangles",
        type=count,
        default=RunSettings.triangles,
        metavar="N",
        help=_("most triangles in a file (default 500000)"),
    )


def _add_output(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--format",
        action="append",
        metavar="LIST",
        help=_("comma-separated, of {formats} (repeatable; default stl,3mf)", formats=join(", ", FORMATS)),
    )
    add_page_options(parser, "model.html", "report.pdf")
    _add_overwrite(parser)


def _add_overwrite(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--overwrite", action="store_true", help=_("let an output take the place of an input"))


def _add_print_options(parser: argparse.ArgumentParser) -> None:
    add_process_options(parser)


def _add_slicer_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--slice-with",
        metavar="NAME|FILE",
        help=_(
            "ask this installed slicer for time, material, layers and islands (see list slicers, or a "
            "file; default: none)"
        ),
    )


def _add_mesh(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("mesh", type=Path, metavar="MESH", help=_("STL, 3MF, OBJ, PLY or VTP file"))
    parser.add_argument(
        "--unit", metavar="UNIT", help=_("unit of the file: mm, cm, m, inch (default: what the file says, else mm)")
    )


def _add_prepare(prepare: argparse.ArgumentParser) -> None:
    _add_mesh(prepare)
    prepare.add_argument(
        "--no-repair", action="store_true", help=_("refuse a mesh that is no closed surface instead of repairing it")
    )
    numbers = _("of meshes that are no closed surfaces; the report of a run lists the numbers of shells and holes")
    _add_repair(prepare.add_argument_group("repair", numbers), ("--repair-shell",), ("--repair-hole",))
    _add_use(prepare)
    _add_surface(prepare)
    add_preparation(prepare)
    _add_print_options(prepare)
    _add_output(prepare)
    _add_slicer_option(prepare)
    prepare.add_argument("--identified", action="store_true", help=_("let the name of the file into the output"))
    add_json_option(prepare)
    prepare.add_argument(
        "--accept-anyway",
        metavar="REASON",
        help=_("go on where the use needs a scan that was judged; the reason stands on the report"),
    )


def _add_inspect(inspect: argparse.ArgumentParser) -> None:
    _add_mesh(inspect)
    _add_print_options(inspect)
    inspect.add_argument("--repair", type=Path, metavar="OUT", help=_("repair the mesh and write it here"))
    _add_overwrite(inspect)
    group = inspect.add_argument_group("repair", _("with {--repair}; shells and holes have the numbers that it lists"))
    _add_repair(group, ("--repair-shell", "--shell"), ("--repair-hole", "--hole"))
    add_json_option(inspect)
    inspect.add_argument("--output", type=Path, metavar="DIR", help=_("folder for report.html and printability.json"))


def _add_repair(group: Any, shell: tuple[str, ...], hole: tuple[str, ...]) -> None:
    """What a repair may lose, and what is to be done with each shell and hole, by options of these names."""
    group.add_argument(
        "--max-loss",
        type=positive,
        metavar="MM",
        help=_(
            "refuse a repair that loses a piece farther than this from the result (default: the "
            "process's smallest feature)"
        ),
    )
    group.add_argument(
        "--thicken-sheet", type=positive, metavar="MM", help=_("make open sheets solids of this thickness")
    )
    group.add_argument(
        *shell, action="append", default=[], metavar="N=keep|drop|flip", help=_("what to do with a shell (repeatable)")
    )
    group.add_argument(
        *hole, action="append", default=[], metavar="N=cap|keep", help=_("what to do with a hole (repeatable)")
    )
    group.add_argument("--drop-shells-below", type=positive, metavar="MM", help=_("drop shells smaller than this"))
    group.add_argument("--largest-shells", type=one_or_more, metavar="N", help=_("keep only the N largest shells"))


def _add_replay(replay: argparse.ArgumentParser) -> None:
    replay.add_argument("record", type=Path, metavar="record.json", help=_("record of the run"))
    replay.add_argument(
        "--input", required=True, metavar="INPUT", help=_("the same scan or mesh, as for run or prepare")
    )
    replay.add_argument("--output", type=Path, required=True, metavar="DIR", help=_("folder for the repeated results"))


def _add_pack(pack: argparse.ArgumentParser) -> None:
    pack.add_argument("input", metavar="INPUT", help=_("folder, file, DICOMDIR, .zip, or dicomdb:SERIESUID in Slicer"))
    pack.add_argument(
        "--output",
        type=Path,
        required=True,
        metavar="DIR|ZIP",
        help=_("an empty or new folder, or a file ending in .zip"),
    )
    pack.add_argument(
        "--series",
        action="append",
        default=[],
        metavar="ID|UID",
        help=_("this series, with the original of a reformat (repeatable; default: the entire study)"),
    )
    pack.add_argument(
        "--deidentify",
        action="store_true",
        help=_("by the basic profile of DICOM PS3.15; needs the package dicom-anonymizer"),
    )
    _add_judgement_options(pack)


def _add_demo(demo: argparse.ArgumentParser) -> None:
    demo.add_argument(
        "--output", type=Path, required=True, metavar="DIR", help=_("folder for the phantom and the results")
    )


def _add_list(listing: argparse.ArgumentParser) -> None:
    listing.add_argument(
        "kind",
        choices=["protocols", "anatomy", "processes", "printers", "uses", "label-names", "slicers", "backends"],
        help=_("each built-in name with its title and what it is for; a .json file of your own is given by its path"),
    )


# What each command is for, and its options, in the order in which they are listed.
COMMANDS: Mapping[str, tuple[str, Callable[[argparse.ArgumentParser], None]]] = {
    "check": (_("judge a scan against the acceptance protocols"), _add_check),
    "run": (_("make a checked print file from a scan"), _add_run),
    "prepare": (_("make a checked print file from a mesh file"), _add_prepare),
    "inspect": (_("judge a mesh file for a print process"), _add_inspect),
    "replay": (_("repeat a recorded run and compare"), _add_replay),
    "pack": (_("pack a study for transfer: uncompressed DICOM with a DICOMDIR, report and hashes"), _add_pack),
    "batch": (_("run many cases, each in a process of its own; what is finished is not done again"), _add_batch),
    "review": (_("measure the printed part against its model, by a scan or by hand"), add_review_options),
    "sign": (_("note who approved or rejected a model, in a log that shows any change"), add_sign_options),
    "compare": (_("hold the models of two records against one another"), add_compare_options),
    "coupon": (_("make the test plate of a process, with its map and a form"), add_coupon_options),
    "calibrate": (_("make your printer's own process file from a measured test plate"), add_calibrate_options),
    "demo": (_("make the phantom CT as DICOM and run it"), _add_demo),
    "list": (_("list the built-in names"), _add_list),
}
