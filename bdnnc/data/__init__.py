"""From a data block to exact, selected, scaled and merged points.

Here live the readers (CSV, TSV, npz, parquet, arrays, scikit-learn's sets), the choice of columns and rows, labels, scaling and
merging. Everything is exact: a number is the decimal that was written, never the float nearest to it. Nothing here knows of
networks, losses or solvers. `load` and `load_arrays` make a `Dataset` for training; `read_rows` and `array_rows` read points
for a network that is trained already.
"""
