"""One TOML file becomes typed, frozen settings; every fault is told at once, with its place."""
