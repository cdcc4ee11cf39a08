"""Every table there is: importing this module fills the metadata."""

import mltui_server.artifacts.models
import mltui_server.code.models
import mltui_server.datasets.models
import mltui_server.events.models
import mltui_server.executions.models
import mltui_server.ingestion.models
import mltui_server.logs.models
import mltui_server.metrics.models
import mltui_server.pipelines.models
import mltui_server.registry.models
import mltui_server.runs.models
import mltui_server.samples.models  # noqa: F401
from mltui_server.db.base import Base

metadata = Base.metadata
