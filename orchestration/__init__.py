"""Sifarat: extract, land, model, audit and publish a foreign ministry's digital diplomacy."""
