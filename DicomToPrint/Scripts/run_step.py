"""One step of the panel, run in a child process so that Slicer stays alive. Its only argument is the request's file."""


def main():
    import os
    import sys

    scripts = os.path.dirname(os.path.abspath(__file__))
    sys.path.insert(0, os.path.dirname(scripts))
    from dicomtoprint.workers.process import exit_when_stdin_closes
    from DicomToPrintLib.gui.step_worker import run_request

    exit_when_stdin_closes()
    sys.exit(run_request(sys.argv[1]))


main()
