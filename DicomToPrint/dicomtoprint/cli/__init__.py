"""The command line: its parser, and the commands that call the pipeline."""
