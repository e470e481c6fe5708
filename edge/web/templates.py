"""A page's templates and texts, read and compiled before anybody is served."""

from __future__ import annotations

import jinja2

from edge.base.words import LANGUAGES, Words, capital, keys


def environment(package: str, catalogue: str, **names: object) -> jinja2.Environment:
    """The templates of `package`, all in memory: no file is opened while somebody waits for a siren.

    Args:
        catalogue: of the page's texts (edge/base/words.py), which are in memory from now on as well.
        names: what every template finds under its name.
    """
    made = jinja2.Environment(
        loader=jinja2.PackageLoader(package, "templates"), autoescape=True, undefined=jinja2.StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, auto_reload=False, cache_size=-1)
    made.filters["capital"] = capital
    made.globals.update(names)
    for name in made.list_templates(extensions=("html",)):
        made.get_template(name)
    for language in LANGUAGES:
        words = Words(language, catalogue)
        assert all(key in words for key in keys(language, catalogue))       # and so all of it was read
    return made
