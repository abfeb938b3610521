"""Strategies: from a formulation to the best accepted network, with the bound that was proved on the way."""
