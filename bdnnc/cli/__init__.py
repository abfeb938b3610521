"""The command line: one file a verb, each a thin face over the pipeline.

Here live flags, exit codes and what is printed where: results on standard output, everything else on standard error. Nothing is
computed here, and what a verb needs is imported inside it, so that ``bdnnc --help`` stays fast.
"""
