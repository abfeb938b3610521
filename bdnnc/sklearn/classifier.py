# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportMissingTypeStubs=false
"""The classifier."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import ClassifierMixin
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets

from bdnnc.data.rows import array_rows
from bdnnc.network.ensemble import Ensemble, poll
from bdnnc.sklearn.base import Estimator
from bdnnc.sklearn.errors import as_value_errors, invalid
from bdnnc.sklearn.keywords import flag_of, text_of
from bdnnc.sklearn.labels import class_texts, places_of
from bdnnc.sklearn.text import Output


def _has_votes(estimator: BDNNClassifier) -> bool:
    """Whether the estimator is fitted with an ensemble."""
    return hasattr(estimator, "network_") and isinstance(estimator.network_.model.network, Ensemble)


class BDNNClassifier(ClassifierMixin, Estimator):
    """A binarized neural network as a classifier, trained by a mixed-integer program, with a certificate.

    Two classes are told apart by one output unit, more by one each. The parameters write a spec (``spec_`` once fitted), whose
    words they use; all but ``spec_params`` may be searched over. Defaults limit the *work*, so that two fits agree.

    Parameters
    ----------
    hidden_units : tuple of int, default (3,)
        Units of each hidden layer; `()` for none.
    weights, output_weights : str
        The set of all weights, and of those of the last layer where it is another one: `{-1, 0, 1}`, `[-1, 1]`, `bits(2)`.
    bias : str, optional
        A set, `none`, `auto`, or `shared in SET`; by default every threshold that can matter.
    unit : str, default `step`
        `step`, `sign` or `step(v)`; output units are `sign` if this is, else `step`, and `linear` where the loss is a hinge.
    scale : str, default `minmax(0, 1) round 2`
        How inputs are scaled: `none`, `minmax(a, b)`, `standard`, `binarize(t)`, with `round` decimals. Finite weights on
        rounded inputs have exact margins.
    loss : str, default `hamming`
        What is minimized: `zero_one weighted balanced`, `hamming + 0.01 * l0(hidden.weights)`, also goals in order with `then`.
    subject_to : str or sequence of str, optional
        Constraints: `fan_in(hidden) <= 3`, `monotone increasing in "age"`. Layers are called `hidden` (several: `hidden1`,
        `hidden2`, ..) and `output`, classes by their labels, inputs by the columns of a data frame (else `x0`, `x1`, ..).
    robust : str, optional
        `static { inputs within linf(0.1) }` and the like: a `robust` block without its first word.
    one_vs_one : bool, default False
        One network of one output unit for each pair of classes; they vote. Limits are those of a pair.
    method, solver : str
        The strategy (by default `search`; `exact`, `local_search`, `split`) and the solver of those that need one.
    work_limit : int, optional
        Moves for `search` (by default 100,000), nodes of branch and bound for `exact` (200), rounds for others (10).
    time_limit : float, optional
        Seconds, by default 300; a fit that it ends may differ from another.
    random_state : int or RandomState, optional
        The seed; None is 0.
    n_jobs : int, optional
        Processes for restarts and the like, and threads of the solver: 1 by default, -1 for all processors. The network does
        not depend on it as long as work, not time, ends the fit.
    spec : str or path, optional
        A file, or the text of one, whose network, goals and constraints are trained on this data: columns of X count as the
        columns of the file. It replaces all parameters above but the method, the solver, `time_limit`, the seed and `n_jobs`.
    spec_params : dict, optional
        Values of the spec's params.

    Attributes
    ----------
    network_ : TrainedNetwork
        As `bdnnc.load` gives it: exact weights, `save`, `evaluate`. Its classes are the texts of the labels.
    loss_, bound_, gap_ : Fraction (bound and gap None where nothing is known)
        Of the first goal, recomputed exactly; sample weights count as repeated points.
    status_ : str
        `optimal`, `feasible` or `interrupted`.
    certificate_, spec_
        What was proved, and the text that was compiled.
    classes_, n_features_in_, feature_names_in_
        As everywhere in scikit-learn.
    """

    _is_regressor = False

    classes_: NDArray[Any]

    def __init__(
        self,
        hidden_units: Sequence[int] = (3,),
        weights: str = "{-1, 0, 1}",
        output_weights: str | None = None,
        bias: str | None = None,
        unit: str = "step",
        scale: str = "minmax(0, 1) round 2",
        loss: str | None = None,
        subject_to: str | Sequence[str] | None = None,
        robust: str | None = None,
        one_vs_one: bool = False,
        method: str | None = None,
        solver: str = "auto",
        work_limit: int | None = None,
        time_limit: float | None = None,
        random_state: int | np.random.RandomState | None = None,
        n_jobs: int | None = None,
        spec: str | Path | None = None,
        spec_params: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(
            hidden_units=hidden_units,
            weights=weights,
            output_weights=output_weights,
            bias=bias,
            unit=unit,
            scale=scale,
            loss=loss,
            subject_to=subject_to,
            robust=robust,
            method=method,
            solver=solver,
            work_limit=work_limit,
            time_limit=time_limit,
            random_state=random_state,
            n_jobs=n_jobs,
            spec=spec,
            spec_params=spec_params,
        )
        self.one_vs_one = one_vs_one

    def predict(self, X: Any) -> NDArray[Any]:
        """The class of each row of ``X`` (rows, inputs), decided in rational arithmetic. Raises ValueError as `fit`, and
        NotFittedError."""
        inputs = self._inputs(X)
        with as_value_errors():
            labels = self.network_.predict(inputs)
        return self.classes_[places_of(labels, class_texts(self.classes_))]

    @available_if(_has_votes)
    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """The share of the votes that each class has, shape (rows, classes): of ensembles only, whose networks vote for one of
        two classes each. Where shares are equal, `predict` may choose another class than the first (see docs/ensembles.md)."""
        inputs, ensemble = self._inputs(X), self.network_.model.network
        assert isinstance(ensemble, Ensemble)
        with as_value_errors():
            votes = poll(ensemble, array_rows(inputs, ensemble.inputs).X).counts
        columns = places_of(np.array(ensemble.classes, dtype=object), class_texts(self.classes_))
        shares = np.zeros((len(inputs), len(self.classes_)))
        shares[:, columns] = votes / len(ensemble.members)
        return shares

    def _targets(self, y: NDArray[Any]) -> NDArray[Any]:
        check_classification_targets(y)
        self.classes_, codes = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            message = f"a classifier needs at least 2 classes, here is 1 class: `{self.classes_[0]}`"
            raise invalid("E222", message, "add points of another class")
        return np.array(class_texts(self.classes_), dtype=object)[codes.reshape(-1)]

    def _output(self, y: NDArray[Any], is_hidden: bool) -> Output:
        unit = text_of("unit", self.unit, "step")
        kind = "linear" if "hinge" in str(self.loss) else "sign" if unit == "sign" else "step"
        weights = self.weights if self.output_weights is None else self.output_weights
        units = "1" if self._is_ensemble() or len(np.unique(y)) <= 2 else "classes"
        return Output(units, kind, text_of("output_weights", weights, "[-1, 1]"), self.bias)

    def _usual_loss(self) -> str:
        return "hamming"

    def _is_ensemble(self) -> bool:
        return flag_of("one_vs_one", self.one_vs_one)
