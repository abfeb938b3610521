"""What a user sees of a run while it runs and after it: progress lines and summaries.

A file here may know every room's results as data; it computes nothing that is certified.
"""
