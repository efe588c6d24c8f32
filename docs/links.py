"""Sphinx extension: link names of classes and functions to their pages, without network access.

Intersphinx usually downloads its inventories. This extension writes them from the installed
packages instead, because the URLs of their documentation follow simple patterns.
"""

import importlib
import zlib

import numpy as np
from docutils import nodes
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.utils.discovery import all_displays, all_estimators, all_functions
from sphinx import addnodes

OWN_MODULES = ("skdigits", *(f"skdigits.{name}" for name in ("datasets", "displays", "networks")))


def _public(item):
    """Return the name under which scikit-learn documents a class or function."""
    return f"{item.__module__.split('._')[0]}.{item.__name__}"


SKLEARN = sorted(
    {_public(item) for find in (all_estimators, all_displays, all_functions) for _, item in find()}
)
NUMPY = sorted(f"numpy.{name}" for name in np.__all__ if callable(getattr(np, name)))
# Project -> base URL, and the page of each name by object type. "$" stands for the name.
INVENTORIES = {
    "sklearn": (
        "https://scikit-learn.org/stable/",
        {"py:class": {name: f"modules/generated/{name}.html#$" for name in SKLEARN}},
    ),
    "numpy": (
        "https://numpy.org/doc/stable/",
        {
            "py:class": {name: f"reference/generated/{name}.html#$" for name in NUMPY}
            | {
                "numpy.random.Generator": "reference/random/generator.html#$",
                "numpy.random.RandomState": "reference/random/legacy.html#$",
            },
            "std:term": {"array_like": "glossary.html#term-$"},
        },
    ),
    "matplotlib": (
        "https://matplotlib.org/stable/",
        {"py:class": {"matplotlib.axes.Axes": "api/_as_gen/matplotlib.axes.Axes.html#$"}},
    ),
    "pandas": (
        "https://pandas.pydata.org/docs/",
        {"py:class": {"pandas.DataFrame": "reference/api/pandas.DataFrame.html#$"}},
    ),
    "python": (
        "https://docs.python.org/3/",
        {
            "py:class": {
                "dict": "library/stdtypes.html#$",
                "float": "library/functions.html#$",
                "int": "library/functions.html#$",
                "list": "library/stdtypes.html#$",
                "str": "library/stdtypes.html#$",
                "tuple": "library/stdtypes.html#$",
            },
            "py:data": dict.fromkeys(("False", "None", "True"), "library/constants.html#$"),
            "py:function": {"callable": "library/functions.html#$"},
            "std:label": {"bltin-boolean-values": "library/stdtypes.html#$"},
            "std:term": dict.fromkeys(("iterable", "sequence"), "glossary.html#term-$"),
        },
    ),
}


def write_inventories(folder):
    """Write the inventories to a folder.

    Parameters
    ----------
    folder : Path
        Where to write them.

    Returns
    -------
    mapping : dict
        The setting ``intersphinx_mapping``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    mapping = {}
    for project, (address, kinds) in INVENTORIES.items():
        path = folder / f"{project}.inv"
        header = f"# Sphinx inventory version 2\n# Project: {project}\n# Version: \n"
        header += "# The remainder of this file is compressed using zlib.\n"
        lines = "".join(
            f"{name} {kind} 1 {page} -\n"
            for kind, pages in kinds.items()
            for name, page in pages.items()
        )
        path.write_bytes(header.encode() + zlib.compress(lines.encode()))
        mapping[project] = (address, str(path))
    return mapping


def _targets():
    """Map names without a module to full names, for skdigits and scikit-learn."""
    full = [
        f"{module}.{name}"
        for module in OWN_MODULES
        for name in importlib.import_module(module).__all__
    ]
    targets = {}
    for name in [*SKLEARN, *full]:
        bare = name.rpartition(".")[2]
        # A word such as `shuffle` usually means a parameter, not scikit-learn's function.
        if not bare.islower() or "_" in bare:
            targets[bare] = name
    return targets


def _link_names(app, doctree):
    """Link the first mention of each name in a section."""
    page = app.env.docname
    if page.startswith(("generated/", "changelog")):
        return
    targets = app.env.config.linked_names
    linked = set()
    for literal in list(doctree.findall(nodes.literal)):
        name = literal.astext().removesuffix("()")
        if name not in targets or not isinstance(
            literal.parent, nodes.paragraph | nodes.list_item | nodes.entry | nodes.caption
        ):
            continue
        section = literal.parent
        while not isinstance(section, nodes.section | nodes.document):
            section = section.parent
        if (id(section), name) in linked:
            continue
        linked.add((id(section), name))
        reference = addnodes.pending_xref(
            "",
            refdomain="py",
            reftype="obj",
            reftarget=targets[name],
            refdoc=page,
            refexplicit=True,
            refwarn=True,
        )
        literal.replace_self(reference)
        reference += literal


def setup(app):
    """Register the extension.

    Parameters
    ----------
    app : Sphinx
        The application.

    Returns
    -------
    metadata : dict
        Metadata of the extension.
    """
    app.add_config_value("linked_names", _targets(), "env")
    app.connect("doctree-read", _link_names)
    return {"parallel_read_safe": True}
