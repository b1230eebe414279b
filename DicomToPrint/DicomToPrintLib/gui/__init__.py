"""The panel's parts. Nothing here knows how anything is computed: long steps are the pipeline's, run in a child
process.

`child` runs in that process and imports no Qt; every other module here needs the application.
"""
