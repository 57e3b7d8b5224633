"""The text of a spec: YAML taken apart into plain values that still know where they stand.

PyYAML's own constructor forgets lines, takes the last of two equal keys without a word, and reads a bare
`on` as a boolean.  So the tree of nodes is walked here instead: it is the same tree that the C parser
composes, with every mark still on it.  Merges (`<<: *anchor`) are resolved on the way; a key beside the
merge stands in the place of the merged one, which is what merges are for and no mistake.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import yaml

from powerfsm.spec.mistakes import SpecError, SpecMistake

Path = tuple[str | int, ...]

# libyaml's parser is ten times faster; PyYAML is built without it on some platforms.
_Loader: type[yaml.SafeLoader | yaml.CSafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_MERGE = "tag:yaml.org,2002:merge"
_BOOL = "tag:yaml.org,2002:bool"
_NULL = "tag:yaml.org,2002:null"
_STR = "tag:yaml.org,2002:str"


class Mark(NamedTuple):
    """A place in the file, both counted from 1.  What an alias repeats has the place of its anchor."""

    line: int
    column: int


@dataclass(slots=True)
class Source:
    """A file's values, where each stands, and what is wrong with the writing itself.

    Attributes:
        file: Name for messages.
        value: `dict`, `list`, `str`, `int`, `float` and None, nested.
        marks: Where the value of a path stands: at its key, or in a list at the item.
        mistakes: Equal keys, unquoted booleans, and the like.
    """

    file: str
    value: object = None
    marks: dict[Path, Mark] = field(default_factory=dict)
    mistakes: list[SpecMistake] = field(default_factory=list)

    def mark(self, path: Path) -> Mark:
        """Where `path` stands, or the nearest there is above it."""
        while path and path not in self.marks:
            path = path[:-1]
        return self.marks.get(path, Mark(1, 1))

    def tell(self, line: int, text: str) -> None:
        """Note a mistake."""
        self.mistakes.append(SpecMistake(self.file, line, text))


def take_apart(text: bytes, file: str) -> Source:
    """Parse `text`.

    Raises:
        SpecError: It is not one YAML document, or some value cannot be told; mistakes that leave no doubt
            about what was meant are in `Source.mistakes`.
    """
    source = Source(file)
    try:
        root = _Loader(text).get_single_node()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        # What is missing at the end is missed behind the last line, where no editor goes.
        line = min(mark.line + 1 if mark else 1, max(1, len(text.splitlines())))
        raise SpecError([SpecMistake(file, line, f"not YAML: {error.problem}")]) from None
    except yaml.YAMLError as error:
        first_line = str(error).splitlines()[0]
        raise SpecError([SpecMistake(file, 1, f"not YAML: {first_line}")]) from None
    if root is None:
        raise SpecError([SpecMistake(file, 1, "the file is empty, expected version, timings and machines")])
    walk = _Walk(source)
    source.value = walk.value(root, (), ())
    if walk.lost:
        raise SpecError(source.mistakes)
    return source


class _Walk:
    """One walk over a tree of nodes, filling in a `Source`.

    Attributes:
        lost: Something stands in the file that gave no value.
    """

    def __init__(self, source: Source) -> None:
        self.lost = False
        self._source = source
        self._repeated: set[Mark] = set()
        self._scalars = yaml.constructor.SafeConstructor()

    def value(self, node: yaml.Node, path: Path, above: tuple[yaml.Node, ...]) -> object:
        """The plain value of `node`; `above` are the nodes that it stands in."""
        self._source.marks.setdefault(path, _mark(node))
        if any(node is each for each in above):
            self._lose(node, "this anchor contains itself, expected an end to it")
            return None
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path, (*above, node))
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*path, index), (*above, node)) for index, item in enumerate(node.value)]
        return self._scalar(node)

    def _lose(self, node: yaml.Node, text: str) -> None:
        self.lost = True
        self._source.tell(_mark(node).line, text)

    def _mapping(self, node: yaml.MappingNode, path: Path, above: tuple[yaml.Node, ...]) -> dict[str, object]:
        value: dict[str, object] = {}
        for key_node, value_node in self._entries(node, path, above):
            key = self._key(key_node)
            if key not in value:
                self._source.marks[(*path, key)] = _mark(key_node)
                value[key] = self.value(value_node, (*path, key), above)
        return value

    def _entries(
        self, node: yaml.MappingNode, path: Path, above: tuple[yaml.Node, ...]
    ) -> Iterator[tuple[yaml.Node, yaml.Node]]:
        """Keys and values with the merged ones last: the first of equal keys is the one that counts."""
        merges: list[yaml.Node] = []
        first: dict[str, int] = {}
        for key_node, value_node in node.value:
            line = _mark(key_node).line
            if key_node.tag == _MERGE:
                if merges and _mark(key_node) not in self._repeated:
                    self._source.tell(line, "a second << in one mapping, expected a list of aliases in the first")
                self._repeated.add(_mark(key_node))
                merges += value_node.value if isinstance(value_node, yaml.SequenceNode) else [value_node]
                continue
            key = self._key(key_node, tell=True)
            if key in first:
                # An anchor is walked again at each of its aliases, and wrong only once.
                if _mark(key_node) not in self._repeated:
                    self._source.tell(line, _twice(path, key, first[key]))
                self._repeated.add(_mark(key_node))
            else:
                first[key] = line
                yield key_node, value_node
        for merged in merges:
            if any(merged is each for each in above):
                self._lose(merged, "this anchor contains itself, expected an end to it")
            elif isinstance(merged, yaml.MappingNode):
                yield from self._entries(merged, path, (*above, merged))
            else:
                self._lose(merged, "<< merges what is no mapping, expected an alias of one")

    def _key(self, node: yaml.Node, *, tell: bool = False) -> str:
        if not isinstance(node, yaml.ScalarNode):
            self._lose(node, "a key that is no name, expected a name")
            return ""
        if tell and node.tag == _BOOL:
            self._source.tell(_mark(node).line, _quote_it(node.value))
        elif tell and node.tag != _STR:
            self._lose(node, f"the key {node.value} is no name, expected a name")
        return str(node.value)

    def _scalar(self, node: yaml.Node) -> object:
        if node.tag == _NULL:
            return None
        if node.tag == _BOOL:
            # Told here; what was meant is handed on, so that one slip is told once.
            self._source.tell(_mark(node).line, _quote_it(node.value))
            return str(node.value)
        try:
            value: object = self._scalars.construct_object(node)
        except (yaml.YAMLError, ValueError):
            self._lose(node, f'"{node.value}" is tagged {node.tag}, expected a word or a number')
            return None
        return value


def _mark(node: yaml.Node) -> Mark:
    return Mark(node.start_mark.line + 1, node.start_mark.column + 1)


def _quote_it(word: str) -> str:
    return f'YAML reads a bare {word} as a boolean, expected it quoted: "{word}"'


def _twice(path: Path, key: str, first: int) -> str:
    match path:
        case ("machines", machine, "transitions", state):
            return (
                f'machine {machine}: two transitions for state "{state}" and event "{key}", '
                f"expected one (the first is in line {first})"
            )
        case _:
            return f'"{key}" stands here twice, expected it once (the first is in line {first})'
