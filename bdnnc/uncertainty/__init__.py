"""Sets of perturbations and their exact worst cases: what a point may become, and how far a linear function of it can go.

Values and arithmetic in rationals, small exact linear programs among it. What lives here knows neither networks nor files; what
perturbations do to a network is the business of `formulation/worst`, of the network room and of `verification`.
"""
