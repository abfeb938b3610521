"""`Problem -> Program`: margins, bias ranges, products and implications, then passes over the program.

Here live the plans of the layers (which lattice their sums lie on, which thresholds the rows have), the goal's costs, and, in
`passes`, one rewriting of the program a file. Nothing here knows of matrices, big-M or solvers.
"""
