"""Worst cases of the first layer's sums as rows: how far each sum can fall and rise while the inputs move within their sets.

Both are linear programs over the set; their duals stand here, one set a file, and the dual variables are chosen by the solver
beside the weights (linear programming duality; [KB21] arXiv 2110.11382, section 4, and Ben-Tal, El Ghaoui, Nemirovski, Robust
Optimization, 2009). Whatever dual values are chosen, the worst case is never underestimated. What lives here knows `Moves` and
makes blocks and rows; exact worst cases of a given network are the network room's.
"""
