from hypothesis import settings
settings.register_profile("x", deadline=None, max_examples=int(__import__("os").environ.get("N","60")))
settings.load_profile("x")
