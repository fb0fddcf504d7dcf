"""pytest's way in: features are test files, sentences come from the step library."""

pytest_plugins = ["support.pytest_bridge"]
