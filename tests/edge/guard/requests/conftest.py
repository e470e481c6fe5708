"""The page's stand: guard's side with a real roster, and page before it."""

from tests.edge.page.conftest import lan, leader, stand

__all__ = ["lan", "leader", "stand"]
