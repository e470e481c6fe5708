"""Which addresses each program of the box may reach: from the config into the kernel's firewall."""
