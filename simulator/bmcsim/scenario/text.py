"""The text of a scenario: YAML as plain values that still know in which line they stand.

PyYAML's own loader forgets lines and takes the last of two equal keys without a word.  So the tree that it
composes is walked here instead, with the marks still on it.  Words are read as YAML 1.2 reads them: `on` and
`off` are words, which is what they are in a file about power, and only `true` and `false` are truth values.
"""

from collections.abc import Iterator

import yaml

from bmcsim.scenario.mistakes import Mistake, ScenarioError

Path = tuple[str | int, ...]

_MERGE = "tag:yaml.org,2002:merge"
_BOOL = "tag:yaml.org,2002:bool"
_PLAIN = frozenset(f"tag:yaml.org,2002:{kind}" for kind in ("str", "int", "float", "null", "bool"))
_TIMESTAMP = "tag:yaml.org,2002:timestamp"


class Text:
    """A scenario's values, and where each stands.

    Attributes:
        file: Its name, for messages.
        value: `dict`, `list`, `str`, `int`, `float`, `bool` and None, nested.
    """

    def __init__(self, text: bytes, file: str) -> None:
        """Take `text` apart.

        Raises:
            ScenarioError: It is not one YAML document, or says something twice.
        """
        self.file = file
        self._lines: dict[Path, int] = {}
        self._mistakes: list[Mistake] = []
        self._scalars = yaml.constructor.SafeConstructor()
        try:
            root = yaml.SafeLoader(text).get_single_node()
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            # What is missing at the end is missed behind the last line, where no editor goes.
            line = min(mark.line + 1 if mark else 1, max(1, len(text.splitlines())))
            raise ScenarioError([Mistake(file, line, f"not YAML: {error.problem}")]) from None
        except yaml.YAMLError as error:
            raise ScenarioError([Mistake(file, 1, f"not YAML: {str(error).splitlines()[0]}")]) from None
        if root is None:
            raise ScenarioError([Mistake(file, 1, "the file is empty, expected at least `nodes: n[1-10]`")])
        self.value = self._value(root, (), ())
        if self._mistakes:
            raise ScenarioError(self._mistakes)

    def line(self, path: Path) -> int:
        """Return the line of what `path` leads to, or of the nearest thing above it.

        Steps of the path that are not in the file, such as the kind of a thing that has several, are left out.
        """
        found: Path = ()
        for step in path:
            if (*found, step) in self._lines:
                found = (*found, step)
        return self._lines.get(found, 1)

    def mistake(self, path: Path, text: str) -> Mistake:
        """Return the mistake that `text` tells, at what `path` leads to."""
        return Mistake(self.file, self.line(path), text)

    def _tell(self, node: yaml.Node, text: str) -> None:
        self._mistakes.append(Mistake(self.file, node.start_mark.line + 1, text))

    def _value(self, node: yaml.Node, path: Path, above: tuple[yaml.Node, ...]) -> object:
        """Return the plain value of `node`; `above` are the nodes that it stands in."""
        self._lines.setdefault(path, node.start_mark.line + 1)
        if any(node is each for each in above):
            self._tell(node, "this anchor contains itself, expected an end to it")
            return None
        if isinstance(node, yaml.MappingNode):
            value: dict[str, object] = {}
            for key_node, value_node in self._entries(node, (*above, node)):
                key = str(key_node.value)
                if key not in value:
                    self._lines[(*path, key)] = key_node.start_mark.line + 1
                    value[key] = self._value(value_node, (*path, key), (*above, node))
            return value
        if isinstance(node, yaml.SequenceNode):
            return [self._value(item, (*path, index), (*above, node)) for index, item in enumerate(node.value)]
        return self._scalar(node)

    def _entries(
        self, node: yaml.MappingNode, above: tuple[yaml.Node, ...]
    ) -> Iterator[tuple[yaml.Node, yaml.Node]]:
        """Keys and values; what `<<` merges comes last, so that a key beside it stands in its place."""
        merged: list[yaml.Node] = []
        first: dict[str, int] = {}
        for key, value in node.value:
            if key.tag == _MERGE:
                merged += value.value if isinstance(value, yaml.SequenceNode) else [value]
            elif not isinstance(key, yaml.ScalarNode):
                self._tell(key, "a key that is no word, expected a word")
            elif key.value in first:
                told = (
                    f'"{key.value}" stands here twice, expected it once (the first is in line {first[key.value]})'
                )
                self._tell(key, told)
            else:
                first[key.value] = key.start_mark.line + 1
                yield key, value
        for each in merged:
            if any(each is one for one in above):
                self._tell(each, "this anchor contains itself, expected an end to it")
            elif isinstance(each, yaml.MappingNode):
                yield from self._entries(each, (*above, each))
            else:
                self._tell(each, "<< merges what is no mapping, expected an alias of one")

    def _scalar(self, node: yaml.Node) -> object:
        if node.tag == _BOOL and node.value.lower() not in ("true", "false"):
            return node.value
        if node.tag == _TIMESTAMP:
            return node.value
        if node.tag not in _PLAIN:
            self._tell(node, f'"{node.value}" is tagged {node.tag}, expected a word or a number')
            return None
        try:
            value: object = self._scalars.construct_object(node)
        except ValueError:
            self._tell(node, f'"{node.value}" is no {node.tag.rpartition(":")[2]}')
            return None
        return value
