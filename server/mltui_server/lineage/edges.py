"""What leads to what, as SQL: source → ingestion job → run → dataset → run → artifact → model version.

An artifact that is a table is its dataset. Where there is a longer way, the short cut beside it is left out: a version
does not hang on the dataset that its run read, nor a dataset on the job whose run wrote it.
"""

from typing import NamedTuple

STAGE = "LEFT JOIN stage_run s ON s.id = {0}.stage_run_id"
IS_TABLE = "EXISTS (SELECT FROM dataset t WHERE t.artifact_id = {0})"
SHOWN = (
    "a.status <> 'uploading' AND (a.is_active"
    " OR EXISTS (SELECT FROM model_version c WHERE c.artifact_id = a.id AND c.deleted_at IS NULL)"
    " OR EXISTS (SELECT FROM run_input c JOIN dataset t ON t.id = c.dataset_id WHERE t.artifact_id = a.id))"
)
"""Of what a run wrote, seen from the run: what was deleted or replaced is in nobody's way, unless it is in use."""


class Edge(NamedTuple):
    source: str
    """A kind of node."""
    source_id: str
    target: str
    target_id: str
    tables: str
    condition: str = "true"
    going_down: str = "true"
    """What must hold, too, seen from the source."""
    stage: str = "''"


EDGES = (
    Edge("ingestion_job", "j.id", "run", "j.run_id", "ingestion_job j"),
    Edge("ingestion_job", "j.id", "dataset", "d.id",
         "ingestion_job j JOIN dataset d ON d.id = j.dataset_id JOIN artifact a ON a.id = d.artifact_id",
         "(j.run_id IS NULL OR a.run_id IS DISTINCT FROM j.run_id)"),
    Edge("ingestion_job", "l.job_id", "model_version", "v.id",
         "model_version_job l JOIN model_version v ON v.id = l.version_id JOIN ingestion_job j ON j.id = l.job_id",
         "v.deleted_at IS NULL AND (j.dataset_id IS NULL OR j.dataset_id IS DISTINCT FROM v.training_dataset_id)"),
    Edge("run", "r.retry_of", "run", "r.id", "run r"),
    Edge("run", "a.run_id", "dataset", "d.id",
         f"artifact a JOIN dataset d ON d.artifact_id = a.id {STAGE.format('a')}",
         going_down=SHOWN, stage="coalesce(s.name, '')"),
    Edge("run", "a.run_id", "artifact", "a.id", f"artifact a {STAGE.format('a')}",
         f"NOT {IS_TABLE.format('a.id')}", going_down=SHOWN, stage="coalesce(s.name, '')"),
    Edge("run", "v.run_id", "model_version", "v.id", "model_version v LEFT JOIN artifact a ON a.id = v.artifact_id",
         "v.deleted_at IS NULL AND (a.id IS NULL OR a.run_id IS DISTINCT FROM v.run_id)"),
    Edge("dataset", "i.dataset_id", "run", "i.run_id", f"run_input i {STAGE.format('i')}",
         stage="coalesce(s.name, '')"),
    Edge("dataset", "v.training_dataset_id", "model_version", "v.id", "model_version v",
         "v.deleted_at IS NULL AND NOT EXISTS (SELECT FROM run_input i"
         " WHERE i.run_id = v.run_id AND i.dataset_id = v.training_dataset_id)"),
    Edge("dataset", "d.id", "model_version", "v.id", "model_version v JOIN dataset d ON d.artifact_id = v.artifact_id",
         "v.deleted_at IS NULL"),
    Edge("artifact", "v.artifact_id", "model_version", "v.id", "model_version v",
         f"v.deleted_at IS NULL AND NOT {IS_TABLE.format('v.artifact_id')}"),
)  # fmt: skip


def _beside(edge: Edge, *, up: bool) -> str:
    """The neighbours of a node `w` by one kind of edge. Each is found by an index, or not looked for at all."""
    here, here_id, there, there_id = (edge.target, edge.target_id, edge.source, edge.source_id) if up else edge[:4]
    further = "" if up else f" AND {edge.going_down}"
    return (
        # Ordered and cut here, too, so that an index can give the newest of very many.
        f"(SELECT '{there}' AS kind, {there_id} AS id, {edge.stage} AS stage FROM {edge.tables}"
        f" WHERE w.kind = '{here}' AND {here_id} = w.id AND {there_id} IS NOT NULL AND {edge.condition}{further}"
        f" ORDER BY id DESC LIMIT :fan)"
    )


ONE = "SELECT 0, CAST(NULL AS uuid), CAST(:kind AS text), CAST(:id AS uuid), CAST('' AS text)"
SEVERAL = """SELECT 0, CAST(NULL AS uuid), root.kind, root.id, CAST('' AS text)
  FROM unnest(CAST(:kinds AS text[]), CAST(:ids AS uuid[])) AS root (kind, id)"""
"""Where a walk begins. Of one root Postgres knows that it is one, which makes for a better plan."""


def _walk(roots: str, *, up: bool) -> str:
    union = "\nUNION ALL ".join(_beside(edge, up=up) for edge in EDGES)
    return f"""
WITH RECURSIVE walk (depth, here, kind, id, stage) AS (
  {roots}
  UNION
  SELECT w.depth + 1, w.id, e.kind, e.id, e.stage
  FROM (SELECT DISTINCT depth, kind, id FROM walk) w
  CROSS JOIN LATERAL (SELECT * FROM ({union}) beside ORDER BY id DESC LIMIT :fan) e
  WHERE w.depth <= :depth
)
SELECT depth, here, kind, id, stage FROM walk WHERE depth > 0 LIMIT :rows"""


UP, DOWN, DOWN_FROM_SEVERAL = _walk(ONE, up=True), _walk(ONE, up=False), _walk(SEVERAL, up=False)
"""One statement for all of it, as planning one takes longer than running it: edges from `here` to a further node, the
nearest first, at most `fan` of each node, the newest; and one hop more than `depth`, which tells where there is more.
"""

NODES = """
SELECT 'run' AS kind, r.id, r.name, CASE WHEN r.deleted_at IS NULL THEN r.status ELSE 'deleted' END AS state,
       p.name AS note, CASE WHEN r.deleted_at IS NULL THEN r.id END AS run_id, r.created_at, NULL AS uri
FROM run r JOIN pipeline p ON p.id = r.pipeline_id WHERE r.id = ANY(CAST(:run AS uuid[]))
UNION ALL
(SELECT DISTINCT ON (v.run_id) 'run', v.run_id, v.run_name, 'deleted', '', CAST(NULL AS uuid),
        CAST(NULL AS timestamptz), NULL
 FROM model_version v
 WHERE v.run_id = ANY(CAST(:run AS uuid[])) AND NOT EXISTS (SELECT FROM run r WHERE r.id = v.run_id))
UNION ALL
SELECT 'ingestion_job', j.id, j.name, CASE WHEN j.deleted_at IS NULL THEN j.status ELSE 'deleted' END, '', j.run_id,
       j.created_at, j.uri
FROM ingestion_job j WHERE j.id = ANY(CAST(:ingestion_job AS uuid[]))
UNION ALL
SELECT 'dataset', d.id, d.name, CASE WHEN a.is_active AND r.deleted_at IS NULL THEN '' ELSE 'deleted' END,
       d.format || coalesce(', ' || d.row_count || ' rows', ''), a.run_id, d.created_at,
       CASE WHEN NOT EXISTS (SELECT FROM ingestion_job j WHERE j.dataset_id = d.id) THEN d.source_uri END
FROM dataset d JOIN artifact a ON a.id = d.artifact_id LEFT JOIN run r ON r.id = a.run_id
WHERE d.id = ANY(CAST(:dataset AS uuid[]))
UNION ALL
SELECT 'artifact', a.id, a.name, CASE WHEN a.is_active THEN '' ELSE 'deleted' END, a.artifact_type, a.run_id,
       a.created_at, NULL
FROM artifact a WHERE a.id = ANY(CAST(:artifact AS uuid[]))
UNION ALL
SELECT 'model_version', v.id, m.name || '/' || v.version, v.status,
       concat_ws(', ', nullif(v.stage, 'None'),
                 (SELECT string_agg('@' || l.alias, ' ' ORDER BY l.alias)
                  FROM model_alias l WHERE l.version_id = v.id)),
       v.run_id, v.created_at, v.uri
FROM model_version v JOIN registered_model m ON m.id = v.model_id WHERE v.id = ANY(CAST(:model_version AS uuid[]))"""

FIND = """
SELECT 'run' AS kind, id FROM run WHERE id = :id
UNION ALL SELECT 'run', run_id FROM stage_run WHERE id = :id
UNION ALL SELECT 'run', run_id FROM execution WHERE id = :id
UNION ALL SELECT 'ingestion_job', id FROM ingestion_job WHERE id = :id
UNION ALL SELECT 'dataset', id FROM dataset WHERE id = :id OR artifact_id = :id
UNION ALL SELECT 'artifact', id FROM artifact WHERE id = :id
UNION ALL SELECT 'model_version', id FROM model_version WHERE id = :id AND deleted_at IS NULL
UNION ALL SELECT 'run', run_id FROM model_version WHERE run_id = :id AND deleted_at IS NULL
LIMIT 1"""
"""What has an id: a part of a run is the run, an artifact that is a table its dataset; a run that was
deleted for good is known by what came from it."""

CALLED = """
SELECT kind, id FROM (
  (SELECT 'model_version' AS kind, v.id FROM model_version v JOIN registered_model m ON m.id = v.model_id
   WHERE m.name = :name AND m.deleted_at IS NULL AND v.deleted_at IS NULL ORDER BY v.version DESC LIMIT 1)
  UNION ALL
  SELECT 'run', r.id FROM run r WHERE r.name = :name AND r.deleted_at IS NULL
  UNION ALL
  SELECT 'dataset', d.id FROM dataset d JOIN artifact a ON a.id = d.artifact_id LEFT JOIN run r ON r.id = a.run_id
  WHERE d.name = :name AND a.is_active AND r.deleted_at IS NULL
  UNION ALL
  SELECT 'ingestion_job', j.id FROM ingestion_job j
  WHERE j.name = :name AND j.deleted_at IS NULL
    AND NOT EXISTS (SELECT FROM dataset d JOIN artifact a ON a.id = d.artifact_id LEFT JOIN run r ON r.id = a.run_id
                    WHERE d.id = j.dataset_id AND d.name = :name AND a.is_active AND r.deleted_at IS NULL)
) beside ORDER BY id DESC LIMIT :most"""
"""What is there and has a name, the newest first: of a model its newest version, of a job and the dataset of its name
that it brought in the dataset.
"""

FROM_SOURCE = """
SELECT kind, id FROM (
  SELECT 'ingestion_job' AS kind, j.id FROM ingestion_job j WHERE j.uri = :uri
  UNION ALL
  SELECT 'dataset', d.id FROM dataset d
  WHERE d.source_uri = :uri AND NOT EXISTS (SELECT FROM ingestion_job j WHERE j.dataset_id = d.id)
  UNION ALL
  SELECT 'model_version', v.id FROM model_version v WHERE v.uri = :uri AND v.deleted_at IS NULL
) beside ORDER BY id DESC LIMIT :most"""
"""What came straight from a URI, the newest first."""
