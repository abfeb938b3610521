"""The mixed-integer linear program: from the Program to arrays, and from arrays to files and tables.

Here live `MilpModel` and its lowering, the lazy names of rows and columns, the writers of MPS, LP and npz, the map from names
back to neurons, samples and statements, the standard form and the statistics. Nothing here knows neurons or solvers.
"""
