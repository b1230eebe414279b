"""One step of the panel, run in a child process so that Slicer stays alive. Its only argument is the order's file."""


def main():
    import os
    import sys

    scripts = os.path.dirname(os.path.abspath(__file__))
    sys.path.insert(0, os.path.dirname(scripts))
    from DicomToPrintLib.gui.child import main as run_order
    from DicomToPrintLib.interpreter import end_with_input

    end_with_input()
    sys.exit(run_order(sys.argv[1]))


main()
