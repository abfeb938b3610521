"""The stochastic search: its state, its steps, its kernels, what it finds."""
