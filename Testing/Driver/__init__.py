"""Hands that press the panel's buttons in odd orders, on the stand-in and in the application."""
