"""`verify`: a model on many points, each with a set of perturbations, judged one by one in any number of processes.

``prepare`` makes the question of a model, a set and points; ``judging`` answers it for one point with
`bdnnc.network.verification`, and is what workers run; ``conduct`` deals the points out and keeps the journal; ``result`` is
what comes of it, with its table, CSV and JSON. What is called broken is evaluated here once more, whoever found it. Nothing
here parses flags or prints.
"""
