"""Compares the trained models on images that neither has seen, and writes a report."""

import json

import joblib
from dataset import load
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score, log_loss
from stage import OUTPUT, output_of

import mltui

MODELS = ("linear", "network")


def scores(name: str) -> dict[str, float]:
    images, labels = load("test")
    model = joblib.load(output_of(f"train-{name}") / "model.joblib")
    guesses = model.predict(images)
    return {
        "accuracy": float(accuracy_score(labels, guesses)),
        "f1": float(f1_score(labels, guesses, average="macro")),
        "loss": float(log_loss(labels, model.predict_proba(images).clip(1e-9, 1))),
        "mistakes": float((guesses != labels).sum()),
        "worst_digit": float(confusion_matrix(labels, guesses, normalize="true").diagonal().argmin()),
    }


def main() -> None:
    results = {name: scores(name) for name in MODELS}
    columns = list(results[MODELS[0]])
    print(f"{'model':<10}" + "".join(f"{column:>13}" for column in columns))
    for name, row in results.items():
        print(f"{name:<10}" + "".join(f"{row[column]:>13.4g}" for column in columns))
    best = max(MODELS, key=lambda name: results[name]["accuracy"])
    print(f"\n{best} is better: {results[best]['accuracy']:.2%} of the test images right")

    (OUTPUT / "report.json").write_text(json.dumps({"best": best, "models": results}, indent=2) + "\n")
    with mltui.start_run("evaluate") as run:
        run.log({f"{name}/test/{key}": value for name, row in results.items() for key, value in row.items()})
        run.register_model(
            "digits", output_of(f"train-{best}") / "model.joblib", algorithm=best, model_type="classifier",
            metrics=results[best],
        )  # fmt: skip
        run.output(best=best, test_accuracy=results[best]["accuracy"], report=str(OUTPUT / "report.json"))


if __name__ == "__main__":
    main()
