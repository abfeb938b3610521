"""Sweeps: one file trained at every point of a grid of its params, cross-validated if wanted, and the table of what came of it.

Here live the grid, the task of one training, the rows with their front, and the table as text, CSV, JSON and plot. Nothing here
knows how a network is found; every figure comes from a network that was re-evaluated exactly.
"""
