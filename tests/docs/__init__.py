"""Every listing of the documentation runs."""
