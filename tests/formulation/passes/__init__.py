"""Passes by two texts: a Program before and after."""
