"""behave's way in: its hooks and its steps come from the step library."""

from support.behave_bridge import after_all, after_scenario, before_all, before_scenario

__all__ = ["after_all", "after_scenario", "before_all", "before_scenario"]
