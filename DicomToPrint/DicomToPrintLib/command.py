"""The command line: the same in plain Python and in Slicer's `--python-script`."""

import argparse
import errno
import importlib.util
import json
import os
import shutil
import signal
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from . import __version__
from .errors import DicomToPrintError, UsageError
from .progress import Progress, silent
from .settings import DEFAULT_FORMATS, Settings

EXAMPLES = """examples:
  dicom_to_print.py check CT_FOLDER                               is this scan fit for a print?
  dicom_to_print.py run CT_FOLDER --output OUT --process sla      from the scan to a checked STL and 3MF
  dicom_to_print.py run CT_FOLDER --output OUT --anatomy skull --use teaching
  dicom_to_print.py inspect model.stl --process fdm --json -      will this file print?
  dicom_to_print.py demo --output OUT                             make a phantom CT and run it

exit codes: 0 accept, warn, ask (check) or ready (run, inspect); 1 reject or not ready; 2 usage; 3 the input cannot be read;
4 an open question blocks this use; 5 an output cannot be written; 70 internal error; 130 interrupted

Not a medical device: the result is a processed representation of imaging data and needs qualified review."""

FORMATS = ("stl", "3mf", "obj", "ply", "dicom")


class _Parser(argparse.ArgumentParser):
    """Turns argparse's own exit into a sentence."""

    def error(self, message: str) -> Any:
        raise UsageError(f"{message[:1].upper()}{message[1:]}: see {self.prog} --help.")


def run_command(arguments: Sequence[str]) -> int:
    """Run the command line `arguments` (without the program's name) and return the exit code; never raises."""
    try:
        with _terminate_as_interrupt():
            options = _parser().parse_args(_joined(arguments))
            return int(options.handler(options))
    except SystemExit as stop:
        return int(stop.code or 0)
    except DicomToPrintError as error:
        return _failed(str(error), error.exit_code)
    except KeyboardInterrupt:
        return _failed("Interrupted: nothing half-written was left; run it again when you like.", 130)
    except BrokenPipeError:
        # The reader of our output has gone; keep Python's last flush from complaining.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        return _failed(f"{_system_error(error)}: free space or choose another place and run it again.", 5)
    except MemoryError:
        return _failed(
            "The computer has too little memory for this step: give --roi, a smaller series or a larger machine.", 70
        )
    except Exception as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        # Its text may quote the input, so only its kind and place are told.
        return _failed(
            f"Internal error ({type(error).__name__} in {Path(last.filename).name}, line {last.lineno}): "
            "please report it with the command you gave.",
            70,
        )


def _failed(sentence: str, code: int) -> int:
    print(f"dicom_to_print: {sentence}", file=sys.stderr)
    return code


def _system_error(error: OSError) -> str:
    name = Path(error.filename).name if isinstance(error.filename, (str, os.PathLike)) else "the output"
    reason = "no space is left" if error.errno == errno.ENOSPC else (error.strerror or type(error).__name__)
    return f"'{name}' cannot be written ({reason})"


@contextmanager
def _terminate_as_interrupt() -> Iterator[None]:
    """A polite kill is treated like Ctrl-C, so that unfinished files are taken away."""

    def interrupt(signum: int, frame: object) -> None:
        raise KeyboardInterrupt

    try:
        previous = signal.signal(signal.SIGTERM, interrupt)
    except ValueError:  # not in the main thread: the host handles signals
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)


# -- options -----------------------------------------------------------------------------------------------------------


def _joined(arguments: Sequence[str]) -> list[str]:
    """`--seed -10,2,3` as `--seed=-10,2,3`: argparse would take the value for an option."""
    joined: list[str] = []
    for argument in arguments:
        if (
            joined
            and joined[-1] in ("--seed", "--roi", "--threshold")
            and argument[:1] == "-"
            and argument[1:2].isdigit()
        ):
            joined[-1] += "=" + argument
        else:
            joined.append(argument)
    return joined


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="dicom_to_print.py",
        description="From a CT to a checked print file, with a verdict at every step.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"DicomToPrint {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_check(commands)
    _add_run(commands)
    _add_inspect(commands)
    _add_replay(commands)
    demo = _command(commands, "demo", _demo, "make the phantom CT as DICOM and run it")
    demo.add_argument(
        "--output", type=Path, required=True, metavar="DIR", help="folder for the phantom and the results"
    )
    listing = _command(commands, "list", _list, "list the built-in names")
    listing.add_argument("kind", choices=["protocols", "anatomy", "processes", "printers", "uses"])
    return parser


def _command(
    commands: Any, name: str, handler: Callable[[argparse.Namespace], int], help_text: str
) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(
        name,
        help=help_text,
        description=help_text.capitalize() + ".",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(handler=handler)
    return parser


def _add_check(commands: Any) -> None:
    check = _command(commands, "check", _check, "judge a scan against the acceptance protocols")
    _add_acceptance_options(check)
    check.add_argument("--output", type=Path, metavar="DIR", help="folder for report.html and acceptance.json")


def _add_acceptance_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "input", metavar="INPUT", help="folder, file, DICOMDIR, .zip, NIfTI/NRRD volume, or dicomdb:SERIESUID in Slicer"
    )
    parser.add_argument(
        "--protocol", action="append", default=[], metavar="NAME|FILE", help="judge this protocol (repeatable)"
    )
    parser.add_argument("--no-pixels", action="store_true", help="judge the headers alone")
    parser.add_argument("--surgery-date", metavar="YYYY-MM-DD", help="planned date of surgery")
    parser.add_argument("--series", metavar="ID|UID", help="this series only")
    parser.add_argument(
        "--answer", action="append", default=[], metavar="RULE=yes|no", help="answer a question (repeatable)"
    )
    parser.add_argument("--role", default="operator", metavar="ROLE", help="role of who answers, for the record")
    parser.add_argument("--identified", action="store_true", help="let names, descriptions and UIDs into the output")
    parser.add_argument("--json", metavar="FILE|-", help="write the JSON result to this file, or to the terminal (-)")


def _add_run(commands: Any) -> None:
    run = _command(commands, "run", _run, "make a checked print file from a scan")
    _add_acceptance_options(run)
    run.add_argument("--output", type=Path, required=True, metavar="DIR", help="folder for the results")
    run.add_argument(
        "--use", default="general", metavar="NAME", help="what the model is for (default general; see list uses)"
    )
    run.add_argument(
        "--anatomy", default="bone", metavar="NAME", help="what to segment (default bone; see list anatomy)"
    )
    run.add_argument("--segmentation", metavar="FILE", help="given segmentation: NIfTI, NRRD or DICOM SEG labels")
    run.add_argument(
        "--threshold", metavar="LOW[,HIGH]", help="grey values of the anatomy instead of the measured boundary"
    )
    run.add_argument(
        "--seed", action="append", default=[], metavar="R,A,S", help="point in the wanted structure, mm (repeatable)"
    )
    run.add_argument("--roi", metavar="R,R,A,A,S,S", help="region of interest, mm")
    run.add_argument("--max-deviation", type=_positive, metavar="MM", help="how far editing may move the surface")
    run.add_argument(
        "--triangles",
        type=_count,
        default=Settings.triangles,
        metavar="N",
        help="most triangles in a file (default 500000)",
    )
    run.add_argument("--thicken", type=_positive, metavar="MM", help="thicken walls below this")
    run.add_argument("--hollow", type=_positive, metavar="MM", help="hollow to this wall, with escape holes")
    run.add_argument("--cut", action="append", default=[], metavar="R=MM|A=MM|S=MM", help="cut by a plane (repeatable)")
    run.add_argument("--split", choices=["auto"], help="split into the fewest parts that fit the printer")
    for name, text in (
        ("pins", "alignment pins across cuts"),
        ("struts", "bars between loose fragments"),
        ("base", "add a base"),
        ("wrap", "outer surface only, filled"),
        ("orient", "turn for printing"),
    ):
        run.add_argument(f"--{name}", action="store_true", help=text)
    run.add_argument("--label", metavar="TEXT", help="text on the model")
    _add_print_options(run)
    run.add_argument(
        "--format", default=None, metavar="LIST", help=f"comma-separated, of {', '.join(FORMATS)} (default stl,3mf)"
    )
    run.add_argument(
        "--scene", action="store_true", help="also write a Slicer scene (.mrb); needs Slicer or slicer-core"
    )
    run.add_argument(
        "--accept-anyway", metavar="REASON", help="go on with a rejected scan; the reason stands on the report"
    )


def _add_print_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--process", default="fdm", metavar="NAME", help="print process (default fdm; see list processes)"
    )
    parser.add_argument("--printer", metavar="NAME|WxDxH", help="printer or its build volume in mm")


def _add_inspect(commands: Any) -> None:
    inspect = _command(commands, "inspect", _inspect, "judge a mesh file for a print process")
    inspect.add_argument("mesh", type=Path, metavar="MESH", help="STL, 3MF, OBJ or PLY file")
    inspect.add_argument(
        "--unit", metavar="UNIT", help="unit of the file: mm, cm, m, inch (default: what the file says, else mm)"
    )
    _add_print_options(inspect)
    inspect.add_argument("--repair", type=Path, metavar="OUT", help="repair the mesh and write it here")
    inspect.add_argument("--json", metavar="FILE|-", help="write the JSON result to this file, or to the terminal (-)")
    inspect.add_argument("--output", type=Path, metavar="DIR", help="folder for report.html and printability.json")


def _add_replay(commands: Any) -> None:
    replay = _command(commands, "replay", _replay, "repeat a recorded run and compare")
    replay.add_argument("record", type=Path, metavar="record.json", help="record of the run")
    replay.add_argument("--input", required=True, metavar="DIR", help="the same scan")
    replay.add_argument("--output", type=Path, required=True, metavar="DIR", help="folder for the repeated results")


def _positive(text: str) -> float:
    value = float(text)
    if not 0.0 < value < 1e4:
        raise argparse.ArgumentTypeError(f"'{text}' is no length above 0 mm")
    return value


def _count(text: str) -> int:
    value = int(text)
    if value < 100:
        raise argparse.ArgumentTypeError(f"'{text}' is too few triangles (100 at least)")
    return value


def _numbers(text: str, counts: tuple[int, ...], option: str) -> tuple[float, ...]:
    try:
        values = tuple(float(part) for part in text.split(","))
    except ValueError:
        values = ()
    if len(values) not in counts or not all(abs(value) < 1e6 for value in values):
        wanted = " or ".join(str(count) for count in counts)
        raise UsageError(f"{option} takes {wanted} numbers with commas between, not '{text}'.")
    return values


def _pairs(items: Sequence[str], option: str, form: str) -> tuple[tuple[str, str], ...]:
    pairs = []
    for item in items:
        key, mark, value = item.partition("=")
        if not (mark and key and value):
            raise UsageError(f"{option} takes {form}, not '{item}'.")
        pairs.append((key, value))
    return tuple(pairs)


def settings_from_options(options: argparse.Namespace) -> Settings:
    """Settings of parsed `check` or `run` options. Raises `UsageError`."""
    answers = _pairs(options.answer, "--answer", "RULE=yes or RULE=no")
    for rule, answer in answers:
        if answer not in ("yes", "no"):
            raise UsageError(f"--answer {rule} takes yes or no, not '{answer}'.")
    common: dict[str, Any] = {
        "protocols": tuple(options.protocol),
        "pixels": not options.no_pixels,
        "surgery_date": options.surgery_date,
        "series": options.series,
        "answers": answers,
        "role": options.role,
        "identified": options.identified,
    }
    if options.command == "check":
        return Settings(**common)
    cuts = tuple(
        (axis.upper(), _numbers(at, (1,), "--cut")[0])
        for axis, at in _pairs(options.cut, "--cut", "R=MM, A=MM or S=MM")
    )
    for axis, _ in cuts:
        if axis not in "RAS" or len(axis) != 1:
            raise UsageError(f"--cut takes R=MM, A=MM or S=MM, not '{axis}='.")
    threshold = _numbers(options.threshold, (1, 2), "--threshold") if options.threshold else None
    return Settings(
        **common,
        use=options.use,
        anatomy=options.anatomy,
        process=options.process,
        printer=options.printer,
        segmentation=options.segmentation,
        threshold=(threshold[0], threshold[1] if len(threshold) > 1 else None) if threshold else None,
        seeds=tuple(_numbers(seed, (3,), "--seed") for seed in options.seed),  # type: ignore[misc]
        roi=_numbers(options.roi, (6,), "--roi") if options.roi else None,  # type: ignore[arg-type]
        max_deviation=options.max_deviation,
        triangles=options.triangles,
        thicken=options.thicken,
        hollow=options.hollow,
        cuts=cuts,
        split=options.split == "auto",
        pins=options.pins,
        struts=options.struts,
        base=options.base,
        label=options.label,
        wrap=options.wrap,
        orient=options.orient,
        formats=_formats(options.format),
        scene=options.scene,
        accept_anyway=options.accept_anyway,
    )


def _formats(text: str | None) -> tuple[str, ...]:
    if text is None:
        return DEFAULT_FORMATS
    formats = tuple(dict.fromkeys(part.strip().lower() for part in text.split(",") if part.strip()))
    for name in formats:
        if name not in FORMATS:
            raise UsageError(f"'{name}' is no file format here: choose of {', '.join(FORMATS)}.")
    if not formats:
        raise UsageError(f"--format names no format: choose of {', '.join(FORMATS)}.")
    return formats


# -- commands ----------------------------------------------------------------------------------------------------------


@contextmanager
def _terminal_progress() -> Iterator[Progress]:
    """A progress bar on a terminal, silence in a pipe; where tqdm is absent (Slicer), silence as well."""
    try:
        from tqdm import tqdm
    except ImportError:
        yield silent
        return
    with tqdm(
        total=100,
        disable=None,
        file=sys.stderr,
        leave=False,
        bar_format="{desc:<42.42} {percentage:3.0f} % |{bar}| {elapsed}",
    ) as bar:

        def advance(fraction: float, phrase: str = "") -> None:
            if phrase:
                bar.set_description_str(phrase, refresh=False)
            bar.update(max(0.0, min(100.0, 100.0 * fraction) - bar.n))

        yield advance


@contextmanager
def _source(text: str) -> Iterator[Path]:
    """The input as a path; a series of Slicer's DICOM database stands as links in a folder while it is read."""
    if not text.startswith("dicomdb:"):
        yield Path(text)
        return
    from .mrml.database import application_database, linked_folder, series_files

    store = application_database()
    if store is None:
        raise UsageError("dicomdb: names a series in Slicer's DICOM database, so run this in Slicer, or give a folder.")
    folder = linked_folder(series_files(store, text[len("dicomdb:") :]))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _scene_writer() -> "Callable[[Any], Any] | None":
    """Writes the Slicer scene of a run; None where neither Slicer nor slicer-core is there."""
    if importlib.util.find_spec("slicer") is None:
        return None
    from .mrml.scene_file import write_run_scene

    return write_run_scene


def _check(options: argparse.Namespace) -> int:
    from . import pipeline

    settings = settings_from_options(options)
    with _terminal_progress() as progress, _source(options.input) as source:
        acceptance = pipeline.check(source, settings, progress)
    content = acceptance.as_json(settings.identified)
    if options.output:
        pipeline.write_check(acceptance, settings, options.output)
    _write_json(content, options.json)
    if options.json != "-":
        print(pipeline.acceptance_in_words(content))
    verdicts = [series["verdict"] for series in content["series"]]
    return 0 if any(verdict != "reject" for verdict in verdicts) else 1


def _run(options: argparse.Namespace) -> int:
    from . import pipeline

    settings = settings_from_options(options)
    with _terminal_progress() as progress, _source(options.input) as source:
        result = pipeline.run(source, options.output, settings, progress, _scene_writer() if settings.scene else None)
    _write_json(result.readiness.as_json(), options.json)
    if options.json != "-":
        print(pipeline.run_in_words(result))
    return 1 if result.verdict == "not-ready" else 0


def _inspect(options: argparse.Namespace) -> int:
    from . import pipeline

    with _terminal_progress() as progress:
        inspected = pipeline.inspect(
            options.mesh,
            process=options.process,
            printer=options.printer,
            unit=options.unit,
            repair_to=options.repair,
            progress=progress,
        )
    content = inspected.readiness.as_json()
    if options.output:
        pipeline.write_inspection(inspected, options.output)
    _write_json(content, options.json)
    if options.json != "-":
        print(pipeline.inspection_in_words(inspected))
    return 1 if content["verdict"] == "not-ready" else 0


def _replay(options: argparse.Namespace) -> int:
    from . import pipeline

    with _terminal_progress() as progress:
        comparison = pipeline.replay(options.record, Path(options.input), options.output, progress)
    print(comparison.in_words)
    return 0 if comparison.same else 1


def _demo(options: argparse.Namespace) -> int:
    from . import pipeline

    with _terminal_progress() as progress:
        result = pipeline.demo(options.output, progress)
    print(pipeline.run_in_words(result))
    # The phantom has walls that no process prints; a demo that told so has done its work.
    return 0


def _list(options: argparse.Namespace) -> int:
    from . import resources

    kind = {
        "protocols": "Protocols",
        "anatomy": "Anatomy",
        "processes": "Processes",
        "printers": "Printers",
        "uses": "UseCases",
    }
    for name in resources.names(kind[options.kind]):
        content, _ = resources.load(kind[options.kind], name)
        print(f"{name:<22} {content.get('title') or content.get('help') or ''}".rstrip())
    return 0


def _write_json(content: dict[str, Any], target: str | None) -> None:
    if target is None:
        return
    text = json.dumps(content, indent=1, ensure_ascii=False) + "\n"
    if target == "-":
        sys.stdout.write(text)
        return
    from .output import write_text_atomically

    write_text_atomically(Path(target), text)
