"""Stochastic local search over weights and biases, with activations kept up to date."""
