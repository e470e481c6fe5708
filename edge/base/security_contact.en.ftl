about = Found a security hole in this box or page? Please tell the ward police by the contact below, and nobody else before it is mended.
nobody = The ward police have set no contact for security holes. Please tell them in person, at the ward where the box hangs, or the leader of the group, and nobody else before it is mended.
