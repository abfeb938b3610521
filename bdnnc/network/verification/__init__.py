"""Whether a network is right on the whole set of perturbations of a point, exactly, and how far it stays so.

``point`` judges one point: what the worst cases of single units leave open is enumerated as patterns of the first layer
(``search``), and a pattern that would be wrong is either shown to be reached by a perturbation in rationals or proved to be
unreachable (``reach``). Floats (``relaxation``) propose both, rationals decide: a counter-example is evaluated, a proof is a
non-negative combination of rows against the exact worst case. ``radius`` asks how large a set may grow. Nothing here trains,
and nothing here knows the language.
"""
