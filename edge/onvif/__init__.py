"""What a camera says of itself and may be told, by ONVIF: found, asked, set. Everything it says is input."""
