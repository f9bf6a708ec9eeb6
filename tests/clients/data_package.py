"""The Data Package of the open lists, held by its official validator against the profile and the files it names."""

import json
import os
import sys
import urllib.request

from frictionless import Package, system
from service import run, service


def fetched(base, path, folder):
    """A file of the server, laid where the package says it is."""
    target = os.path.join(folder, path)
    os.makedirs(os.path.dirname(target) or folder, exist_ok=True)
    urllib.request.urlretrieve(f"{base}/{path}", target)


def the_package_is_valid_with_every_file_in_both_languages(base, folder):
    for language in ["", "en/"]:
        place = os.path.join(folder, "package", language)
        os.makedirs(place, exist_ok=True)
        fetched(f"{base}/{language}".rstrip("/"), "datapackage.json", place)
        with open(os.path.join(place, "datapackage.json"), encoding="utf-8") as file:
            told = json.load(file)
        assert len(told["resources"]) > 5, told
        for resource in told["resources"]:
            fetched(f"{base}/{language}".rstrip("/"), resource["path"], place)
        with system.use_context(trusted=True):
            report = Package(os.path.join(place, "datapackage.json")).validate()
        assert report.valid, report.flatten(["title", "rowNumber", "fieldName", "message"])


def a_file_that_is_not_as_described_is_found(base, folder):
    place = os.path.join(folder, "package")
    with open(os.path.join(place, "tu-dien-so-lieu.csv"), "w", encoding="utf-8") as file:
        file.write("x,y\n1,2\n")
    with system.use_context(trusted=True):
        assert not Package(os.path.join(place, "datapackage.json")).validate().valid


if __name__ == "__main__":
    with service(sys.argv[1]) as site:
        checks = [the_package_is_valid_with_every_file_in_both_languages, a_file_that_is_not_as_described_is_found]
        run(checks, site.base, site.data)
