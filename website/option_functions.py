"""Show functions that are made from their options with their arguments, as other functions are."""

from __future__ import annotations

from typing import Any

import griffe

import neucocore.api


class OptionFunctions(griffe.Extension):
    """Inspect the functions of ``neucocore.api`` that are assigned instead of defined."""

    def on_package(self, *, pkg: griffe.Module, **_: Any) -> None:
        """Replace the assigned names of the module by the functions that they are."""
        if pkg.path != "neucocore":
            return
        module = pkg["api"]
        assigned = [
            name
            for name, member in module.members.items()
            if not member.is_alias
            and member.is_attribute
            and callable(getattr(neucocore.api, name))
        ]
        for name in assigned:  # they say that they are from `neucocore`, where people import them
            getattr(neucocore.api, name).__module__ = "neucocore.api"
        inspected = griffe.inspect("api", filepath=module.filepath, parent=pkg)
        for name in assigned:
            found = inspected.members[name]
            if found.is_function:
                module.set_member(name, found)
