"""The recipes of the API's page that can run here: curl and Python, against a real server.
Usage: recipes.py PATH-OF-LANGSO"""

import csv
import os
import pathlib
import subprocess
import sys
import tempfile

from service import run, service

RECIPES = pathlib.Path(__file__).parent.parent.parent / "crates/facts/openapi/recipes"
# Communes of the old province at the end of 2024.
COMMUNES = 121


def ran(base, *command):
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "BASE": base}
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=True)
        files = {path.name: path.read_text(encoding="utf-8-sig") for path in pathlib.Path(folder).iterdir()}
        return done.stdout, files


def curl_takes_the_list_and_is_told_that_nothing_changed(base):
    said, files = ran(base, "sh", str(RECIPES / "communes.sh"))
    rows = list(csv.DictReader(files["communes.csv"].splitlines()))
    assert len(rows) == COMMUNES, len(rows)
    assert list(rows[0]) == ["unit", "name", "district", "verdict"], rows[0]
    assert said.strip() == "304", said


def python_walks_every_page(base):
    said, _ = ran(base, sys.executable, str(RECIPES / "communes.py"))
    assert said.strip() == f"{COMMUNES} communes, 0 passed", said


def the_paper_has_the_recipes_as_they_run(_base):
    paper = (RECIPES.parent.parent.parent.parent / "docs/api.md").read_text(encoding="utf-8")
    for recipe in RECIPES.iterdir():
        assert recipe.read_text(encoding="utf-8") in paper, recipe.name


if __name__ == "__main__":
    with service(sys.argv[1]) as site:
        checks = [curl_takes_the_list_and_is_told_that_nothing_changed, python_walks_every_page, the_paper_has_the_recipes_as_they_run]
        run(checks, site.base)
