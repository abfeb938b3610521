"""A trained network, and everything that is said of one: what it computes (exactly), its losses, its file, its certificate.

``evaluate`` holds the semantics, once; ``score`` counts; ``document``, ``reading``, ``writing`` and ``saving`` are MODEL.json;
``certify`` recomputes; ``evaluation`` and ``text`` report. Nothing here knows a program, a matrix or a solver.
"""
