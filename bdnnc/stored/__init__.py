"""A model file and what it stands for: the spec that is in it, the data that it names, and other points for its network.

``model`` reads the spec again and compiles it again; ``points`` reads files and built-in sets as inputs of the network. Nothing
here prints, solves or knows the command line.
"""
