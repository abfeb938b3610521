from hypothesis import settings
settings.register_profile("x", deadline=None, max_examples=60)
settings.load_profile("x")
