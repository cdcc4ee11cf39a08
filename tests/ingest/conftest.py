import pytest

from tests.ingest.reading import Result


@pytest.fixture
def ingested(tmp_path):
    return lambda uri, **options: Result(tmp_path, uri, **options)
