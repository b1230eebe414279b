"""Many cases: each one `run` or `prepare` in a child process, on the cores of this machine or on a Dask cluster.

What is finished stands in the folders of the cases, so that a batch that was ended at any moment goes on where it was.
"""
