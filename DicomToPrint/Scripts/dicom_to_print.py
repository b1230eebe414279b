"""DicomToPrint from the command line: in plain Python, and in Slicer by --python-script. See --help."""


def main():
    import os
    import sys

    here = globals().get("__file__")
    scripts = os.path.dirname(os.path.abspath(here)) if here else sys.path[0]
    sys.path.insert(0, os.path.dirname(scripts))
    try:
        from dicomtoprint.cli.main import main
    except KeyboardInterrupt:  # while the first modules load
        sys.exit(130)

    arguments = sys.argv[1:]
    if arguments and arguments[0] == "--":
        arguments = arguments[1:]
    code = main(arguments)
    try:
        import slicer

        application = getattr(slicer, "app", None)
    except ImportError:
        application = None
    sys.stdout.flush()
    sys.stderr.flush()
    if application is None:
        sys.exit(code)
    # Asynchronous, and the last call wins: this must stay the last statement.
    slicer.util.exit(code)


main()
