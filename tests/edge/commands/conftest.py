from tests.edge.gpio.conftest import at_rest, bench

__all__ = ["at_rest", "bench"]
