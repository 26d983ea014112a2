"""Effects: did what missions achieve change after their officers were trained? Pure functions, without Dagster.

``staggered`` estimates, with its interval and the check of the weeks before; ``verdict`` says in words what the
numbers bear, and when they bear nothing; ``training`` applies both to the outcomes of the training panel.
"""
