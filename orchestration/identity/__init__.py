"""Identity: one officer behind many spellings. Pure functions over mentions of people, without Dagster.

``names`` tells how two names as written compare, ``linkage`` which mentions are one person, ``review`` keeps what a
person answered about those that nobody but a person can tell.
"""
