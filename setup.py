"""Which packages a wheel has: sapp_bot, and the built-in plugins as a package in it.

All else is in pyproject.toml. In the repository the plugins are a folder of its own, as an operator
may have one; setuptools cannot say there that it becomes a package of another name.
"""

from pathlib import Path

from setuptools import find_packages, setup

PLUGINS = "sapp_bot.built_in_plugins"

inner = sorted(
    ".".join([PLUGINS, *path.parent.relative_to("plugins").parts])
    for path in Path("plugins").rglob("__init__.py")
)
setup(
    packages=[*find_packages(include=["sapp_bot", "sapp_bot.*"]), PLUGINS, *inner],
    package_dir={PLUGINS: "plugins"},
)
