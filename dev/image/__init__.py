"""`./run image`: a card's image by mmdebstrap, genimage. Recipe: provisioning/image; why: docs/image.md."""
