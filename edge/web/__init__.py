"""What the pages of box and ward and the enrolment server share: listening, places, headers, limits."""
