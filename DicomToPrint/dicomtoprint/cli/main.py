"""The command line: the same in plain Python and in Slicer's `--python-script`."""

import argparse
import errno
import gc
import io
import json
import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import DicomToPrintError, UsageError
from ..messages import _, join, speaking, until
from .backend_terms import backends_summary, confirm_licence
from .host import Host
from .language import command_line_speaking, language_in, tell
from .parser import build_parser, join_negative_values
from .settings_from_args import repair_options_from_args, settings_from_args
from .terminal_progress import terminal_progress

if TYPE_CHECKING:
    from ..config.registry import Registry


def main(arguments: Sequence[str], host: Host | None = None) -> int:
    """Run the command line `arguments` (without the program's name) with the services of `host` and return the exit code;
    never raises."""
    _write_any_name()
    with command_line_speaking(language_in(arguments)):
        return _main(arguments, host or Host())


def _main(arguments: Sequence[str], host: Host) -> int:
    debug = False
    try:
        with _terminate_as_interrupt():
            options = build_parser(arguments[0] if arguments else None).parse_args(join_negative_values(arguments))
            debug = options.debug
            return HANDLERS[options.command](options, host)
    except SystemExit as stop:
        return int(stop.code or 0)
    except DicomToPrintError as error:
        return _failed(str(error), error.exit_code)
    except KeyboardInterrupt:
        return _failed(_("Interrupted: nothing half-written was left; run it again when you like."), 130)
    except BrokenPipeError:
        # The reader of our output has gone; keep Python's last flush from complaining.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        return _failed(
            _(
                "{system_error}: free space or choose another place and run it again.",
                system_error=_system_error(error),
            ),
            5,
        )
    except MemoryError:
        return _failed(
            _(
                "The computer has too little memory for this step: give less of the scan ({--roi}, "
                "{--series}), fewer triangles or a larger machine."
            ),
            70,
        )
    except Exception as error:
        import traceback

        if debug:
            traceback.print_exc()
        last = traceback.extract_tb(error.__traceback__)[-1]
        # Its text may quote the input, so without --debug only its kind and place are reported.
        return _failed(
            _(
                "Internal error ({kind} in {filename}, line {lineno}): please report it with the command you gave.",
                kind=type(error).__name__,
                filename=Path(last.filename).name,
                lineno=last.lineno,
            ),
            70,
        )


def console_main() -> int:
    """The command ``dicomtoprint`` of the installed engine: the arguments of this process, no host. Returns the exit code."""
    code = main(sys.argv[1:])
    gc.freeze()  # else the interpreter looks at every object of every module once more before it ends
    return code


def _write_any_name() -> None:
    """A file's name that the console's encoding lacks is written with escapes, as on standard error, and ends nothing."""
    if isinstance(sys.stdout, io.TextIOWrapper):  # Slicer's console is none, and takes every name
        sys.stdout.reconfigure(errors="backslashreplace")


def _failed(sentence: str, code: int) -> int:
    tell(join("", ("dicom_to_print: ", sentence)), file=sys.stderr)
    return code


def _system_error(error: OSError) -> str:
    name = Path(error.filename).name if isinstance(error.filename, (str, os.PathLike)) else _("the output")
    reason = _("no space is left") if error.errno == errno.ENOSPC else (error.strerror or type(error).__name__)
    return _("'{name}' cannot be written ({reason})", name=name, reason=reason)


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


@contextmanager
def _source(text: str, host: Host) -> Iterator[Path]:
    """The input as a path; a source of the host (``dicomdb:SERIESUID``) is open while it is read."""
    scheme, _unused, rest = text.partition(":")
    if scheme in host.sources:
        with host.sources[scheme](rest) as folder:
            yield folder
    elif scheme == "dicomdb":
        raise UsageError(
            _("dicomdb: names a series in Slicer's DICOM database, so run this in Slicer, or give a folder.")
        )
    else:
        yield Path(text)


@contextmanager
def _rare_collections() -> Iterator[None]:
    """The search for cycles of objects, which modules and headers hardly make, a hundredth as often: it costs a twentieth of a check."""
    usual = gc.get_threshold()
    gc.set_threshold(100_000, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)


def _check(options: argparse.Namespace, host: Host) -> int:
    # Read when numpy is first loaded: threads that wait for work that never comes cost a fifth of a check.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    with _rare_collections():
        from .. import pipeline
        from .summaries import acceptance_summary

        settings = settings_from_args(options)
        if options.output:
            pipeline.check_writable(options.output)
        with terminal_progress(options.quiet) as progress, _source(options.input, host) as source:
            acceptance = pipeline.check_scan(source, settings, progress)
    content = acceptance.as_json(settings.include_identifiers)
    if options.output:
        pipeline.write_check(acceptance, settings, options.output)
    _tell(options, content, acceptance_summary(acceptance.for_terminal(settings.include_identifiers)))
    verdicts = [series["verdict"] for series in content["series"]]
    return 0 if not verdicts or any(verdict != "reject" for verdict in verdicts) else 1


def _run(options: argparse.Namespace, host: Host) -> int:
    from .. import pipeline
    from .summaries import run_summary

    settings = confirm_licence(settings_from_args(options))
    # Here and not in `run`: what the panel leaves unused, such as pins without a cut, stands in its record and must replay.
    pipeline.validate_preparation(settings)
    with terminal_progress(options.quiet) as progress, _source(options.input, host) as source:
        write_scene = host.scene_writer() if settings.scene else None
        result = pipeline.run(source, options.output, settings, progress, write_scene, options.overwrite)
    _tell(options, result.readiness.as_json(), run_summary(result))
    return 1 if result.verdict == "not-ready" else 0


def _prepare(options: argparse.Namespace, host: Host) -> int:
    from .. import pipeline
    from ..pipeline.checklist import require_checklist_answers
    from .summaries import preparation_summary

    settings = settings_from_args(options)
    pipeline.validate_preparation(settings)
    require_checklist_answers(settings)
    _keep_mesh(options)
    with terminal_progress(options.quiet) as progress:
        result = pipeline.prepare_file(options.mesh, options.output, settings, progress, options.overwrite)
    _tell(options, result.readiness.as_json(), preparation_summary(result))
    return result.readiness.exit_code


def _keep_mesh(options: argparse.Namespace) -> None:
    """Raises `UsageError` where the JSON would take the place of the mesh."""
    from ..pipeline.output_folder import refuse_same_file

    if options.json not in (None, "-"):
        refuse_same_file(Path(options.json), [options.mesh], options.overwrite)


def _inspect(options: argparse.Namespace, host: Host) -> int:
    from .. import pipeline
    from .summaries import inspection_summary

    _keep_mesh(options)
    if options.output:
        pipeline.check_writable(options.output)
    with terminal_progress(options.quiet) as progress:
        inspected = pipeline.inspect_file(
            options.mesh,
            process=options.process,
            printer=options.printer,
            unit=options.unit,
            repair_to=options.repair,
            overwrite=options.overwrite,
            repair_options=repair_options_from_args(options),
            progress=progress,
        )
    if options.output:
        inspected = pipeline.write_inspection(inspected, options.output)
    content = inspected.as_json()
    _tell(options, content, inspection_summary(inspected))
    return 1 if content["verdict"] == "not-ready" else 0


def _replay(options: argparse.Namespace, host: Host) -> int:
    from .. import pipeline

    with terminal_progress(options.quiet) as progress:
        comparison = pipeline.replay(options.record, Path(options.input), options.output, progress, options.language)
    with speaking(comparison.language):
        tell(comparison.in_words)
    return 0 if comparison.same else 1


def _demo(options: argparse.Namespace, host: Host) -> int:
    from .. import pipeline
    from .summaries import run_summary

    with terminal_progress(options.quiet) as progress:
        result = pipeline.demo(options.output, progress, options.language)
    tell(run_summary(result))
    # The phantom has walls that no process prints; a demo that reported them has done its work.
    return 0


def _pack(options: argparse.Namespace, host: Host) -> int:
    from ..pipeline.pack import pack
    from .summaries import pack_summary

    settings = settings_from_args(options)
    with terminal_progress(options.quiet) as progress, _source(options.input, host) as source:
        packed = pack(source, options.output, settings, options.series, options.deidentify, progress)
    tell(pack_summary(packed))
    return 0


def _batch(options: argparse.Namespace, host: Host) -> int:
    from .batch_command import run_batch

    code, status = run_batch(options)
    _write_json(status, options.json)
    return code


def _review(options: argparse.Namespace, host: Host) -> int:
    from .review_command import review_summary, run_review

    code, content = run_review(options)
    _tell(options, content, review_summary(content))
    return code


def _sign(options: argparse.Namespace, host: Host) -> int:
    from .sign_command import run_sign

    code, content, words = run_sign(options)
    _tell(options, content, words)
    return code


def _compare(options: argparse.Namespace, host: Host) -> int:
    from .compare_command import run_compare

    content, words = run_compare(options)
    _tell(options, content, words)
    return 0


def _coupon(options: argparse.Namespace, host: Host) -> int:
    from .coupon_command import run_coupon

    code, content, words = run_coupon(options)
    _tell(options, content, words)
    return code


def _calibrate(options: argparse.Namespace, host: Host) -> int:
    from .coupon_command import run_calibrate

    content, words = run_calibrate(options)
    _tell(options, content, words)
    return 0


def _list(options: argparse.Namespace, host: Host) -> int:
    from ..config import resources

    if options.kind == "backends":
        tell(backends_summary())
        return 0
    if options.kind in ("steps", "formats", "methods"):
        _print_registry(_registry(options.kind))
        return 0
    kind = {
        "protocols": "protocols",
        "anatomy": "anatomy",
        "processes": "processes",
        "printers": "printers",
        "uses": "uses",
        "label-names": "label_names",
        "slicers": "slicers",
    }
    for name in resources.builtin_names(kind[options.kind]):
        content, _unused = resources.load_json_resource(kind[options.kind], name)
        said = (str(content.get("title") or ""), until(str(content.get("help") or ""), ". "))
        tell(_("{name:<22} {said}", name=name, said=join(": ", filter(None, said)).removesuffix(".")).rstrip())
    return 0


def _registry(kind: str) -> "Registry[Any]":
    from ..config.formats import MESH_HANDLERS
    from ..pipeline.steps.order import STEPS
    from ..segmentation.methods import SEGMENTERS

    return {"steps": STEPS, "formats": MESH_HANDLERS, "methods": SEGMENTERS}[kind]


def _print_registry(registry: "Registry[Any]") -> None:
    """The names of a registry; those of installed packages say so. None of the packages is loaded."""
    for name in registry.names:
        print(name)
    for name in registry.installed_names():
        tell(_("{name:<22} of an installed package", name=name))


def _tell(options: argparse.Namespace, content: Mapping[str, Any], words: str) -> None:
    """The JSON where it is asked for, and the words on the terminal where the JSON does not stand there."""
    _write_json(content, options.json)
    if options.json != "-":
        tell(words)


def _write_json(content: Mapping[str, Any], target: str | None) -> None:
    if target is None:
        return
    text = json.dumps(content, indent=1, ensure_ascii=False) + "\n"
    if target == "-":
        sys.stdout.write(text)
        return
    from ..io import write_text_atomically

    write_text_atomically(Path(target), text)


HANDLERS: dict[str, Callable[[argparse.Namespace, Host], int]] = {
    "check": _check,
    "run": _run,
    "prepare": _prepare,
    "inspect": _inspect,
    "replay": _replay,
    "pack": _pack,
    "batch": _batch,
    "demo": _demo,
    "review": _review,
    "sign": _sign,
    "compare": _compare,
    "coupon": _coupon,
    "calibrate": _calibrate,
    "list": _list,
}
