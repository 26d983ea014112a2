"""A synthetic foreign ministry, and a local server that speaks the platforms' protocols for it.

Nothing here is real but the names of cities: every mission, account, officer and course says "synthetic".
"""
