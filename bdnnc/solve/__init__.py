"""Solvers behind one protocol, and what keeps them honest about time.

Here live the protocol, one adapter a solver, the child process that a long solve runs in, the table of solvers and the
handling of Ctrl-C. A file here may know ``milp`` and ``diagnostics``; it may not know the language, the data or a network:
whether a solution is a network is decided elsewhere.
"""
