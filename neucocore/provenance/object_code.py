"""A digest of the code of a class or function that belongs to no distribution.

Everything that the code names in its own module is part of it: functions and classes with their
source, data with their values. What cannot be digested makes the digest unavailable, and a result
is then never taken for up to date.
"""

from __future__ import annotations

import hashlib
import inspect
import linecache
import pickle
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

from neucocore.components.imported_files import own_files

UNKNOWN = "unknown"


class _UnavailableError(Exception):
    """The source of something cannot be had."""


def digest_of_object(value: Any) -> str:
    """Return the sha256 (hex) of the code of a class, a function or a module.

    Returns
    -------
    str
        ``unknown-`` and a text that occurs once, if the code cannot be digested.
    """
    try:
        parts = [_module_source(value)] if isinstance(value, ModuleType) else _parts(value, {})
        digest = hashlib.sha256()
        for part in parts:
            digest.update(part)
            digest.update(b"\x1e")
        return digest.hexdigest()
    except _UnavailableError:
        return f"{UNKNOWN}-{uuid.uuid4().hex}"


def _module_source(module: ModuleType) -> bytes:
    file = Path(getattr(module, "__file__", None) or "")
    if file.suffix != ".py" or not file.is_file():
        raise _UnavailableError
    if not hasattr(module, "__path__"):
        return b"\x1f".join(path.read_bytes() for path in own_files(file))
    files = sorted(file.parent.rglob("*.py"))
    return b"\x1f".join(str(p.relative_to(file.parent)).encode() + p.read_bytes() for p in files)


def _parts(value: Any, seen: dict[int, Any]) -> Iterator[bytes]:
    """Yield the bytes that determine what a class or function does."""
    if id(value) in seen:
        return
    seen[id(value)] = value
    if isinstance(value, FunctionType):
        yield _source(value.__code__)
        for default in (value.__defaults__, value.__kwdefaults__):
            yield from _value(default, value.__module__, seen)
        for cell in value.__closure__ or ():
            yield from _value(_content(cell), value.__module__, seen)
        for name in sorted(_names(value.__code__)):
            if name in value.__globals__:
                yield name.encode()
                yield from _value(value.__globals__[name], value.__module__, seen)
    elif isinstance(value, type):
        yield value.__qualname__.encode()
        for base in value.__bases__:
            yield from _value(base, value.__module__, seen)
        for name, member in sorted(vars(value).items()):
            if name in ("__dict__", "__weakref__", "__module__", "__doc__", "__firstlineno__"):
                continue
            yield name.encode()
            yield from _value(_unwrapped(member), value.__module__, seen)
    else:
        raise _UnavailableError


def _content(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # not filled yet
        return None


def _unwrapped(member: Any) -> Any:
    if isinstance(member, property):
        return (member.fget, member.fset, member.fdel)
    return getattr(member, "__func__", member)


def _value(value: Any, module: str, seen: dict[int, Any]) -> Iterator[bytes]:
    """Yield the bytes of something that code refers to."""
    if isinstance(value, ModuleType):
        yield _reference(value.__name__, value)
    elif isinstance(value, type | FunctionType):
        if value.__module__ == module:
            yield from _parts(value, seen)
        else:
            defined_in = sys.modules.get(value.__module__)
            yield _reference(f"{value.__module__}.{value.__qualname__}", defined_in)
    elif isinstance(value, tuple | list):
        for item in value:
            yield from _value(item, module, seen)
    elif isinstance(value, dict):
        yield from _value([*value.keys(), *value.values()], module, seen)
    elif isinstance(value, set | frozenset):
        yield repr(sorted(map(repr, value))).encode()
    elif inspect.isroutine(value) or inspect.isdatadescriptor(value):
        yield f"{getattr(value, '__module__', '')}.{getattr(value, '__name__', '')}".encode()
    else:
        try:
            yield pickle.dumps(value, protocol=4)
        except Exception as error:
            raise _UnavailableError from error
        if type(value).__module__ == module:
            yield from _parts(type(value), seen)


def _reference(name: str, module: ModuleType | None) -> bytes:
    """Return the name of code of another module, with its source if it belongs to no package."""
    file = getattr(module, "__file__", None) or ""
    is_own = file.endswith(".py") and not {"site-packages", "dist-packages"} & set(Path(file).parts)
    in_library = file.startswith((sys.base_prefix, sys.prefix))
    if module is None or not is_own or in_library:
        return name.encode()
    return name.encode() + _module_source(module)


def _names(code: CodeType) -> set[str]:
    """Return all names in a code object and in those inside it."""
    names = set(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            names |= _names(constant)
    return names


def _source(code: CodeType) -> bytes:
    """Return the source of a function, or what it is compiled to if there is none."""
    linecache.checkcache(code.co_filename)
    lines = linecache.getlines(code.co_filename)[code.co_firstlineno - 1 :]
    if lines:
        return "".join(inspect.getblock(lines)).encode()
    inner = [_source(part) for part in code.co_consts if isinstance(part, CodeType)]
    constants = [repr(part) for part in code.co_consts if not isinstance(part, CodeType)]
    texts = repr((constants, code.co_names, code.co_varnames)).encode()
    return b"\x1f".join([code.co_code, texts, *inner])
