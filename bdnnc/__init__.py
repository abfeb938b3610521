"""bdnnc: a compiler from `.bdnn` files to mixed-integer programs that train binarized neural networks."""
