"""`train split`: the iterative data splitting of Kurtz and Bah 2021 (arXiv 2110.11382).

Points of a set share one pattern of hidden activations, hence one output; the program is then the one of `exact` under
equations between its columns, with a binary a set and unit instead of one a point and unit. What lives here: partitions and how
sets are split, batches, the shared model, the mending of starts, averages of networks, and the rounds that put these together.
No program is made here: rows and columns come from the formulation.
"""
