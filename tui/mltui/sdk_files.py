"""What a training program keeps of its run in files: artifacts, plots as data, and models with their versions."""

import os
import tempfile
import threading
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, SupportsFloat, Unpack

import uuid_utils

from mltui.agent.complaint import complain
from mltui.agent.files import files_below, keep_file, keep_files, packed_name
from mltui.agent.registering import Facts, version_record
from mltui.agent.spool import MIDDLE, Lane
from mltui.sdk_values import Parameter
from mltui.wire.artifacts import ArtifactType

if TYPE_CHECKING:
    from mltui.plots import Drawn, Points


class RunFiles:
    """The part of a Run that keeps files, in a lane of the spool beside that of its samples."""

    id: str
    name: str
    _folder: Path
    _finished: bool
    _last_values: dict[str, float]
    _all_parameters: dict[str, Parameter]
    _step_lock: threading.RLock
    _files: Lane | None = None
    """Opened by the first file."""

    def log_artifact(self, path: str | os.PathLike[str], name: str = "", *, type: str | None = None) -> None:
        """Keep a file, or all files of a folder, as artifacts of the run: `run.log_artifact("model.pt")`.

        Returns once they are copied into the spool: they may be changed or deleted then, and reach the server as
        samples do. `name` is what they are called there, otherwise what the path ends with; `type` is MODEL, DATASET,
        METRICS, PLOT, LOG, CONFIG, REPORT or OTHER, otherwise guessed from the name. Raises OSError for a file that
        cannot be read or that the spool has no room for, ValueError for a name or a type that cannot be one,
        RuntimeError after the end.
        """
        if self._finished:
            raise RuntimeError(f"run {self.name!r} has ended; it keeps nothing more")
        chosen = None if type is None else ArtifactType(type)
        for record in keep_files(self._folder, self.id, files_below(Path(path), name, complain), chosen):
            self._files_lane().append(record)

    def register_model(self, name: str, artifact: str | os.PathLike[str], **facts: Unpack[Facts]) -> None:
        """Register a version of a model: `run.register_model("digits", "model.pt", algorithm="cnn")`.

        `artifact` is a file, which is kept as `log_artifact` does; a folder, which is kept as one `.tar`, as a version
        is of one artifact; or the name of an artifact that was kept. The version has the last values and the parameters
        that this program recorded so far; what `facts` say wins. Raises as `log_artifact`, and ValueError for a folder
        without files and for what cannot be a version.
        """
        path = Path(artifact)
        file = str(artifact)
        if path.exists():
            file = packed_name(path) if path.is_dir() else path.resolve().name
        said: Facts = {
            **facts,
            "training_config": {**self._all_parameters, **facts.get("training_config", {})},
            "metrics": {**self._last_values, **facts.get("metrics", {})},
        }
        record = version_record(name, {"run": self.id, "artifact": file}, said)
        if self._finished:
            raise RuntimeError(f"run {self.name!r} has ended; it registers nothing more")
        if path.exists():
            chosen = ArtifactType.MODEL if path.is_dir() else None
            self._files_lane().append(keep_file(self._folder, self.id, path, file, chosen, complain))
        # Behind its file: the server must have that first.
        self._files_lane().append(record)

    def log_plot(
        self, name: str, series: "Mapping[str, Points]", *, form: "Drawn" = "lines", x: str = "", y: str = ""
    ) -> None:
        """Keep a plot as data, which the console draws: `run.log_plot("roc", {"val": (fpr, tpr)}, x="FPR", y="TPR")`.

        `form` is `lines`, `points`, or `bars`, whose x are categories; 10,000 points at most. NaN and infinities among
        the y are drawn as marks. Raises ValueError for what cannot be drawn, and what `log_artifact` raises.
        """
        from mltui.plots import plot

        self._keep_plot(name, plot(series, form, x, y))

    def log_confusion_matrix(
        self, name: str, labels: Sequence[object], matrix: Iterable[Iterable[SupportsFloat]]
    ) -> None:
        """Keep a confusion matrix, which the console draws: a row for each true label, in it how often each was
        predicted. 200 labels at most. Raises as `log_plot` does.
        """
        from mltui.plots import confusion_matrix

        self._keep_plot(name, confusion_matrix(labels, matrix))

    def _keep_plot(self, name: str, body: bytes) -> None:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "plot.json")
            file.write_bytes(body)
            self.log_artifact(file, name.removesuffix(".json") + ".json", type=ArtifactType.PLOT)

    def _files_lane(self) -> Lane:
        with self._step_lock:
            if self._files is None:
                self._files = Lane(self._folder, f"{MIDDLE}{uuid_utils.uuid7()}", complain)
            return self._files

    def _close_files(self) -> None:
        if self._files is not None:
            self._files.close()

    def _close_files_in_child(self) -> None:
        if self._files is not None:
            self._files.close_in_child()
            self._files = None
