"""What landed records and marts are expected to be, and the audit that holds them to it.

``suites/`` says what is expected, as plain data; ``audit`` runs it through Great Expectations inside DuckDB;
``results`` keeps the verdicts. Great Expectations takes seconds to import, so only ``audit()`` imports it.
"""
