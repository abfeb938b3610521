"""The Program's text, its reader and its verifier; the Problem's text."""
