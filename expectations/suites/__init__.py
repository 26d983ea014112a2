"""What is expected, suite by suite: plain data, cheap to import."""
