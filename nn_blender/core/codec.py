"""Dataclasses as plain data for JSON, and back, by the types of their fields.

A dataclass becomes an object with an entry per field; a tuple becomes a list, a path its text, None stays null. A class
that has ``to_dict`` and ``from_dict`` of its own is left to them. Everything else is what JSON knows by itself. An
entry that is missing takes the field's default; one that no field knows is refused. Objects hold their fields and
nothing else.

How a class is written and read is worked out once, and fields that need no change are not looked at, for a switch of a
neuron waits for it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, NamedTuple, TypeVar, Union, get_args, get_origin, get_type_hints

Obj = TypeVar("Obj")


def to_dict(obj: Any) -> dict[str, Any]:
    """A dataclass as plain data. Tuples of plain values stay tuples, which JSON writes as lists."""
    kind: Any = type(obj)
    data: dict[str, Any] = _codec(kind).write(obj)
    return data


def from_dict(cls: type[Obj], data: Mapping[str, Any]) -> Obj:
    """What `to_dict` gave, perhaps after a way through JSON.

    Raises:
        TypeError, ValueError, KeyError, AttributeError: the data is not of this class.
    """
    kind: Any = cls
    obj: Obj = _codec(kind).read(data)
    return obj


def _as_it_is(value: Any) -> Any:
    return value


class _Codec(NamedTuple):
    write: Callable[[Any], Any] = _as_it_is
    read: Callable[[Any], Any] = _as_it_is


@functools.cache
def _codec(kind: Any) -> _Codec:
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is None:
        return _codec_of_class(kind)
    if origin is Annotated:
        return _codec(arguments[0])
    if origin is tuple:
        return _codec_of_tuple(kind, arguments)
    if origin is dict:
        return _codec_of_dict(_codec(arguments[1]))
    return _codec_of_union(kind, arguments) if origin in (Union, UnionType) else _Codec()


def _codec_of_class(kind: Any) -> _Codec:
    if kind is Path:
        return _Codec(str, Path)
    if hasattr(kind, "from_dict"):
        return _Codec(kind.to_dict, kind.from_dict)
    return _codec_of_fields(kind) if is_dataclass(kind) else _Codec()


def _codec_of_union(kind: Any, arguments: tuple[Any, ...]) -> _Codec:
    codecs = [_codec(argument) for argument in arguments if argument is not NoneType]
    if all(codec == _Codec() for codec in codecs):
        return _Codec()
    if len(codecs) > 1:
        raise TypeError(f"Nothing in plain data tells the classes in {kind} apart")
    write, read = codecs[0]
    return _Codec(
        lambda value: None if value is None else write(value), lambda value: None if value is None else read(value)
    )


def _codec_of_tuple(kind: Any, arguments: tuple[Any, ...]) -> _Codec:
    codecs = {_codec(argument) for argument in arguments if argument is not ...}
    if len(codecs) > 1:
        raise TypeError(f"The entries of {kind} are of different kinds")
    write, read = codecs.pop()
    if (write, read) == _Codec():
        return _Codec(read=tuple)
    return _Codec(lambda values: [write(value) for value in values], lambda values: tuple(map(read, values)))


def _codec_of_dict(entry: _Codec) -> _Codec:
    if entry == _Codec():
        return _Codec(read=dict)
    write, read = entry
    return _Codec(
        lambda values: {key: write(value) for key, value in values.items()},
        lambda values: {key: read(value) for key, value in values.items()},
    )


def _codec_of_fields(cls: Any) -> _Codec:
    hints = get_type_hints(cls, include_extras=True)
    codecs = {field.name: _codec(hints[field.name]) for field in fields(cls)}
    writes = [(name, codec.write) for name, codec in codecs.items() if codec.write is not _as_it_is]
    reads = [(name, codec.read) for name, codec in codecs.items() if codec.read is not _as_it_is]

    def write_fields(obj: Any) -> dict[str, Any]:
        data = {**vars(obj)}
        for name, write in writes:
            data[name] = write(data[name])
        return data

    def read_fields(data: Mapping[str, Any]) -> Any:
        given = {**data}
        for name, read in reads:
            if name in given:
                given[name] = read(given[name])
        return cls(**given)

    return _Codec(
        write_fields if writes else lambda obj: {**vars(obj)}, read_fields if reads else lambda data: cls(**data)
    )
