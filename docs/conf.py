"""Sphinx's settings: sphinx-build -W docs docs/_build."""

import skdigits

project = "skdigits"
author = "The skdigits developers"
copyright = "2026, the skdigits developers"
version = release = skdigits.__version__

extensions = [
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx_gallery.gen_gallery",
]
source_suffix = {".md": "markdown", ".rst": "restructuredtext"}
exclude_patterns = ["_build", "templates"]
templates_path = ["templates"]
default_role = "py:obj"
myst_heading_anchors = 3

autosummary_generate = True
numpydoc_show_class_members = False

# A folder with a README.md would become a part of the gallery; examples/app has a README.markdown.
sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "gallery",
    "within_subsection_order": "FileNameSortKey",
    "download_all_examples": False,
    "show_memory": False,
    "capture_repr": ("_repr_html_",),  # tables, but not the addresses of displays
    "abort_on_example_error": True,
}
html_theme = "pydata_sphinx_theme"
html_title = "skdigits"
html_static_path = ["static"]
html_css_files = ["style.css"]
html_theme_options = {
    "navbar_align": "left",
    "show_prev_next": False,
    "secondary_sidebar_items": ["page-toc"],
    "navbar_end": ["theme-switcher"],
    "footer_start": ["copyright"],
    "footer_end": [],
}
html_sidebars = {"getting-started": [], "changelog": [], "api": []}
html_show_sourcelink = False


def _skip_what_scikit_learn_documents(app, what, name, member, skip, options):
    return skip or str(getattr(member, "__module__", "")).startswith("sklearn")


def setup(app):
    """Leave methods like ``score`` and ``get_params`` to scikit-learn's own pages."""
    app.connect("autodoc-skip-member", _skip_what_scikit_learn_documents)
