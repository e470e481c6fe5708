"""First boot: from a bundle on the card to a box with its own key, certificate and config; and renewal."""
