"""What guard knows of the box's health without looking at pins and cameras, and what it has others do."""
