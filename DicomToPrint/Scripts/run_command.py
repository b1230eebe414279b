"""A command of the command line for the panel, in a child process that ends where the panel lets go of it."""


def main():
    import os
    import sys

    scripts = os.path.dirname(os.path.abspath(__file__))
    sys.path.insert(0, os.path.dirname(scripts))
    from dicomtoprint.cli.main import main as run_command
    from dicomtoprint.workers.process import exit_when_stdin_closes

    exit_when_stdin_closes()
    sys.exit(run_command(sys.argv[1:]))


main()
