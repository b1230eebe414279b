"""DicomToPrint from the command line: in plain Python, and in Slicer by --python-script. See --help."""


def main():
    import gc
    import os
    import sys

    here = globals().get("__file__")
    scripts = os.path.dirname(os.path.abspath(here)) if here else sys.path[0]
    module = os.path.dirname(scripts)
    sys.path.insert(0, module)
    try:
        from dicomtoprint.cli.main import main as run_command
        from DicomToPrintLib.mrml.host import slicer_host
    except KeyboardInterrupt:  # while the first modules load
        sys.exit(130)
    except ImportError as error:
        sys.stderr.write("dicom_to_print: " + str(error) + chr(10))
        sys.exit(70)

    arguments = sys.argv[1:]
    if arguments and arguments[0] == "--":
        arguments = arguments[1:]
    code = run_command(arguments, slicer_host())
    sys.stdout.flush()
    sys.stderr.flush()
    # Not imported: outside the application that would only cost time.
    slicer = sys.modules.get("slicer")
    if getattr(slicer, "app", None) is None:
        gc.freeze()  # else the interpreter looks at every object of every module once more before it ends
        sys.exit(code)
    # Asynchronous, and the last call wins: this must stay the last statement.
    slicer.util.exit(code)


main()
