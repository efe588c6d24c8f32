"""Sphinx configuration. Build the pages with: sphinx-build -W docs docs/_build."""

import subprocess
import sys
from pathlib import Path

DOCS = Path(__file__).parent
sys.path.insert(0, str(DOCS))

import links
from sphinx_gallery.sorting import ExplicitOrder

import skdigits

project = "skdigits"
author = "The skdigits developers"
copyright = "2026, the skdigits developers"
version = release = skdigits.__version__

extensions = [
    "links",
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.intersphinx",
    "sphinx_copybutton",
    "sphinx_design",
    "sphinx_gallery.gen_gallery",
]
source_suffix = {".md": "markdown", ".rst": "restructuredtext"}
exclude_patterns = ["_build", "templates"]
templates_path = ["templates"]
default_role = "py:obj"
myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3

autosummary_generate = True
toc_object_entries_show_parents = "hide"
numpydoc_show_class_members = False
numpydoc_xref_param_type = True
numpydoc_xref_ignore = "all"  # except for these types and numpydoc's own
numpydoc_xref_aliases = {
    "Axes": "matplotlib.axes.Axes",
    "DataFrame": "pandas.DataFrame",
}
intersphinx_mapping = links.write_inventories(DOCS / "generated" / "inventories")
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True

# sphinx-gallery turns every folder with a README.md into a section of the gallery. Therefore, the
# file in examples/app is called README.markdown.
sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "gallery",
    "within_subsection_order": ExplicitOrder(
        [
            "plot_first_digits.py",
            "plot_convolutions_and_mistakes.py",
            "plot_data_sizes.py",
            "plot_hidden_units.py",
            "plot_reduced_inputs.py",
            "plot_neuron_sweep.py",
            "plot_search_on_a_cluster.py",
            "plot_saved_model.py",
            "*",
            "plot_from_scikeras.py",
            "plot_study_of_postal_digits.py",
        ]
    ),
    "backreferences_dir": "generated/backreferences",
    "doc_module": ("skdigits",),
    "default_thumb_file": str(DOCS / "pictures" / "history.png"),  # for examples without plots
    "download_all_examples": False,
    "remove_config_comments": True,
    "image_srcset": ["2x"],  # sharp on phones
    "show_memory": False,
    "show_signature": False,
    "write_computation_times": False,  # the table would load scripts from other sites
    "capture_repr": ("_repr_html_",),  # show tables, but not the reprs of displays
    "abort_on_example_error": True,
}
html_theme = "pydata_sphinx_theme"
html_title = "skdigits"
html_static_path = ["static"]
html_css_files = ["style.css"]
html_favicon = "static/icon.svg"
html_theme_options = {
    "navbar_align": "left",
    "show_prev_next": True,
    "secondary_sidebar_items": ["page-toc"],
    "navbar_end": ["theme-switcher"],
    "footer_start": ["copyright"],
    "footer_end": [],
}
html_sidebars = {"index": [], "getting-started": [], "changelog": []}
html_context = {"default_mode": "auto"}
html_show_sourcelink = False


def _skip_members_of_scikit_learn(app, what, name, member, skip, options):
    return skip or str(getattr(member, "__module__", "")).startswith("sklearn")


def _draw_pictures(app):
    """Draw the pictures of the guide, unless they are newer than the code that draws them."""
    drawn = [path.stat().st_mtime for path in (DOCS / "pictures").glob("*.png")]
    code = [DOCS / "pictures.py", DOCS / "displays.md"]
    code += Path(skdigits.__file__).parent.rglob("*.py")
    if not drawn or min(drawn) < max(path.stat().st_mtime for path in code):
        subprocess.run([sys.executable, DOCS / "pictures.py", DOCS / "pictures"], check=True)


def setup(app):
    """Skip members that scikit-learn documents, and draw the pictures of the guide."""
    app.connect("autodoc-skip-member", _skip_members_of_scikit_learn)
    app.connect("builder-inited", _draw_pictures, priority=100)  # before the gallery uses them
