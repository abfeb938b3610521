"""A trained network, and everything that is said of one: what it computes (exactly), its losses, its file, its certificate.

``evaluate`` holds the semantics, once; ``score`` counts; ``document``, ``reading``, ``writing`` and ``saving`` are MODEL.json;
``assemble`` makes the document of a training run, ``certify`` recomputes its figures, ``declared`` compares it with the spec;
``evaluation`` and ``text`` report. ``encode``, ``decode`` and ``accept`` lead from and to points of the program. Nothing here
runs a training.
"""
