"""A picture as cells, and the tiles that these make: what two pictures of one view are compared by."""

from __future__ import annotations

from edge.watch.capture.blocks import Grid

ROWS, COLUMNS = 36, 64              # cells of a picture
TILE_ROWS, TILE_COLUMNS = 6, 8      # cells of a tile
TILES = (ROWS // TILE_ROWS) * (COLUMNS // TILE_COLUMNS)     # 48


def tiles_of(cells: Grid) -> Grid:
    """(ROWS, COLUMNS, ...) as (TILES, everything in one of them)."""
    parts = cells.reshape(ROWS // TILE_ROWS, TILE_ROWS, COLUMNS // TILE_COLUMNS, TILE_COLUMNS, -1)
    tiles: Grid = parts.swapaxes(1, 2).reshape(TILES, -1)
    return tiles
