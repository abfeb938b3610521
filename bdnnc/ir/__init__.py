"""The two middle forms: `Problem` (neurons, data and goals) and `Program` (variables, implications, products), their texts, the
reader of the Program's text, and its verifier.

Values only: nothing here decides how a problem becomes a program (that is `formulation`) or a matrix (that is `milp`).
"""
