"""Draws the pictures of docs/robustness.md from trained models: ``python -m tests.docs.figures``."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np

import bdnnc

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "robustness.md"
POINTS = [(4, 1), (11, 3), (8, 3), (12, 10), (7, 6), (7, 2), (0, 6), (13, 13), (12, 9), (7, 6), (12, 11)]
LABELS = [1, 0, 0, 1, 1, 0, 0, 1, 1, 0, 1]
RADIUS = 2
BLOCKS = {
    "nominal": "",
    "adaptive": "robust adaptive { inputs within linf(2) step 1 }",
    "static soft": "robust static soft { inputs within linf(2) step 1 }",
    "static": "robust static { inputs within linf(2) step 1 }",
}
SPEC = """data {{ from "points.csv" target "y" }}
network {{
  layer h: 2 step units
    weights in {{-2..2}}
  layer o: 1 step unit
    weights in {{-1, 0, 1}}
}}
minimize zero_one
{block}
"""


def trained(block: str) -> bdnnc.Result:
    with tempfile.TemporaryDirectory() as folder:
        rows = "".join(f"{a},{b},{y}\n" for (a, b), y in zip(POINTS, LABELS, strict=True))
        (Path(folder) / "points.csv").write_text("a,b,y\n" + rows)
        (Path(folder) / "spec.bdnn").write_text(SPEC.format(block=block))
        return bdnnc.compile(Path(folder) / "spec.bdnn").train(time_limit=120)


def draw(path: Path) -> None:
    """One panel a meaning: classes as colours, lines where a hidden unit changes, squares for the sets."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "bdnnc"
    from matplotlib import pyplot
    from matplotlib.patches import Rectangle

    figure, axes = pyplot.subplots(1, 4, figsize=(13, 3.6), sharey=True)
    for axis, (name, block) in zip(axes, BLOCKS.items(), strict=True):
        result = trained(block)
        _regions(axis, result)
        for (a, b), label in zip(POINTS, LABELS, strict=True):
            axis.add_patch(Rectangle((a - RADIUS, b - RADIUS), 2 * RADIUS, 2 * RADIUS, fill=False, lw=0.6, ec="0.4"))
            axis.plot(a, b, "o" if label else "s", color="tab:orange" if label else "tab:blue", mec="black", ms=6)
        axis.set_title(f"{name}: {int(result.loss)}", fontsize=11)
        axis.set(xlim=(-3, 16), ylim=(-2, 16), xlabel="a")
    axes[0].set_ylabel("b")
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)


def _regions(axis: Any, result: bdnnc.Result) -> None:
    a, b = np.meshgrid(np.linspace(-3, 16, 381), np.linspace(-2, 16, 361))
    grid = np.stack([a.ravel(), b.ravel()], axis=1)
    hidden, output = result.network.layers.layers
    weights, bias = hidden.weights.astype(float), hidden.bias.astype(float)
    sums = grid @ weights.T + bias
    final = (sums >= 0) @ output.weights.astype(float).T + output.bias.astype(float) >= 0
    axis.contourf(a, b, final.reshape(a.shape), levels=[-0.5, 0.5, 1.5], colors=["#d6e4f5", "#fde3c8"])
    for unit in range(len(bias)):
        axis.contour(a, b, sums[:, unit].reshape(a.shape), levels=[0], colors="black", linewidths=1, linestyles="--")


if __name__ == "__main__":
    draw(PAGE.with_suffix(".svg"))
