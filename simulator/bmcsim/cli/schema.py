"""`bmcsim schema`: the JSON Schema of scenario files."""

import json

import typer


def schema() -> None:
    """Print the JSON Schema of a scenario file, for editors that check and complete YAML.

    Example:  bmcsim schema > scenario.schema.json

    and in the scenario's first line:  # yaml-language-server: $schema=scenario.schema.json
    """
    from bmcsim.scenario import json_schema  # noqa: PLC0415  its models cost others time

    typer.echo(json.dumps(json_schema(), indent=1))
