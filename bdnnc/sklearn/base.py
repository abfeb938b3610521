# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportMissingTypeStubs=false
"""What both estimators do: parameters to a spec, a spec and arrays to a certified network, and its figures as attributes."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from fractions import Fraction
from inspect import signature
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from bdnnc.api import Result, TrainedNetwork
from bdnnc.data.sources import sources
from bdnnc.network.document import Certificate
from bdnnc.pipeline import Pipeline
from bdnnc.sklearn.errors import as_value_errors, invalid
from bdnnc.sklearn.fitting import Points, fit, spec_pipeline, text_pipeline
from bdnnc.sklearn.keywords import integer_of, seconds_of, text_of, texts_of, widths_of
from bdnnc.sklearn.text import METHOD, Output, Wanted, spec_text
from bdnnc.sklearn.validation import checked_inputs, checked_points, checked_weights, jobs_of, seed_of
from bdnnc.sklearn.weights import multiplicities
from bdnnc.training.settings import Request

REPLACED_BY_SPEC = (
    *("hidden_units", "unit", "weights", "output_weights", "bias", "scale", "loss", "robust", "subject_to", "work_limit"),
    "one_vs_one",
)
"""Parameters that say what a spec says itself."""


class Estimator(BaseEstimator):
    """The base of BDNNClassifier and BDNNRegressor, where its parameters are described."""

    _is_regressor: ClassVar[bool]

    network_: TrainedNetwork
    loss_: Fraction
    bound_: Fraction | None
    gap_: Fraction | None
    status_: str
    certificate_: Certificate
    spec_: str
    n_features_in_: int

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
        method: str | None = None,
        solver: str = "auto",
        work_limit: int | None = None,
        time_limit: float | None = None,
        random_state: int | np.random.RandomState | None = None,
        n_jobs: int | None = None,
        spec: str | Path | None = None,
        spec_params: Mapping[str, Any] | None = None,
    ) -> None:
        self.hidden_units = hidden_units
        self.weights = weights
        self.output_weights = output_weights
        self.bias = bias
        self.unit = unit
        self.scale = scale
        self.loss = loss
        self.subject_to = subject_to
        self.robust = robust
        self.method = method
        self.solver = solver
        self.work_limit = work_limit
        self.time_limit = time_limit
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.spec = spec
        self.spec_params = spec_params

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train on ``X`` (rows, inputs) and ``y`` (rows,).

        ``sample_weight`` (rows,): how often each point stands; weights that are no integers count in their exact proportions,
        0 leaves a point out. Raises ValueError for wrong data and parameters: scikit-learn's own, or an InvalidInput with
        diagnostics; WorkFailed where no network keeps the constraints, or none was found in time.
        """
        self.__dict__.pop("network_", None)  # what fails leaves nothing that predicts
        with as_value_errors():
            file = self._file()
            result = self._fitted(file, *self._checked(X, y, file), sample_weight)
        self.network_ = result.network
        self.loss_ = result.loss
        self.bound_ = result.bound
        self.gap_ = result.gap
        self.status_ = result.status
        self.certificate_ = result.certificate
        self.spec_ = result.network.model.spec
        return self

    def _fitted(self, file: Pipeline | None, X: NDArray[Any], y: NDArray[Any], sample_weight: Any) -> Result:
        points = Points(X, self._targets(y), self._names())
        if sample_weight is not None:
            points = points.repeated(multiplicities(checked_weights(sample_weight, len(X))))
        if file is not None:
            return fit(file, points, self._request())
        points, jobs = points.sorted(), jobs_of(self.n_jobs)
        text = text_pipeline(spec_text(self._wanted(points.y)), type(self).__name__)
        return fit(text, points, Request(solver=self._solver(), threads=jobs, jobs=jobs))

    def _inputs(self, X: Any) -> NDArray[Any]:
        """The columns of ``X`` that the network reads, as it takes them. Raises NotFittedError."""
        check_is_fitted(self, "network_")
        read, _ = sources(self.network_.model.network.inputs)
        used = list(dict.fromkeys(source.column for source in read))
        dtype = None if any(source.as_text for source in read) else "numeric"
        return checked_inputs(self, X, dtype=dtype)[:, used]

    def _file(self) -> Pipeline | None:
        """The pipeline of ``spec``, checked against the other parameters; None where there is none."""
        if self.spec is None:
            if self.spec_params is not None:
                raise invalid("E635", "`spec_params` are params of a `spec`, and there is none", "give `spec`, or leave it out")
            return None
        usual = signature(type(self).__init__).parameters
        for name in REPLACED_BY_SPEC:
            if name in usual and repr(getattr(self, name)) != repr(usual[name].default):
                raise invalid("E636", f"`{name}` has no effect beside `spec`", "leave it out, and change the spec itself")
        file = spec_pipeline(self.spec, self.spec_params)
        if file.data_spec.regression != self._is_regressor:
            other = "BDNNClassifier" if self._is_regressor else "BDNNRegressor"
            has = "is not" if self._is_regressor else "is"
            raise invalid("E637", f"the loss of `{file.source.name}` {has} `absolute`", f"use `{other}`, or another loss")
        return file

    def _checked(self, X: Any, y: Any, file: Pipeline | None) -> tuple[NDArray[Any], NDArray[Any]]:
        """Columns that a file makes one-hot may hold texts, all others hold numbers."""
        is_text = file is not None and any(encode.kind == "onehot" for encode in file.data_spec.encodes)
        return checked_points(self, X, y, dtype=None if is_text else "numeric", y_numeric=self._is_regressor)

    def _names(self) -> tuple[str, ...] | None:
        names = getattr(self, "feature_names_in_", None)
        return None if names is None else tuple(names.tolist())

    def _wanted(self, y: NDArray[Any]) -> Wanted:
        """The parameters as the parts of a spec. Raises InvalidInput E635."""
        widths = widths_of(self.hidden_units)
        is_linear = self._is_linear_program(bool(widths))
        method = self._optional("method", self.method, METHOD) or ("exact" if is_linear else METHOD)
        return Wanted(
            hidden_units=widths,
            unit=text_of("unit", self.unit, "step"),
            weights=text_of("weights", self.weights, "{-1, 0, 1}"),
            bias=self._optional("bias", self.bias, "{-3..3}"),
            output=self._output(y, bool(widths)),
            scale=text_of("scale", self.scale, "minmax(0, 1)"),
            loss=self._optional("loss", self.loss, "zero_one") or self._usual_loss(),
            subject_to=texts_of("subject_to", self.subject_to, "fan_in(hidden) <= 3"),
            robust=self._optional("robust", self.robust, "static { inputs within linf(0.1) }"),
            method=method,
            work_limit=integer_of("work_limit", self.work_limit, 1),
            time_limit=seconds_of("time_limit", self.time_limit),
            seed=seed_of(self.random_state),
            is_ensemble=self._is_ensemble(),
            start="none" if is_linear and method == "exact" else None,
        )

    def _request(self) -> Request:
        """What the parameters change of a file's own `train` block."""
        jobs = None if self.n_jobs is None else jobs_of(self.n_jobs)
        return Request(
            method=self._optional("method", self.method, METHOD),
            solver=self._solver(),
            time_limit=seconds_of("time_limit", self.time_limit),
            seed=None if self.random_state is None else seed_of(self.random_state),
            threads=jobs,
            jobs=jobs,
        )

    def _solver(self) -> str | None:
        solver = text_of("solver", self.solver, "highs")
        return None if solver == "auto" else solver

    @staticmethod
    def _optional(name: str, value: Any, example: str) -> str | None:
        return None if value is None else text_of(name, value, example)

    @abstractmethod
    def _targets(self, y: NDArray[Any]) -> NDArray[Any]:
        """``y`` as the compiler takes it."""

    @abstractmethod
    def _output(self, y: NDArray[Any], is_hidden: bool) -> Output:
        """The output layer for these targets, behind hidden layers or not."""

    @abstractmethod
    def _usual_loss(self) -> str: ...

    def _is_ensemble(self) -> bool:
        """Whether each pair of classes has a network."""
        return False

    def _is_linear_program(self, is_hidden: bool) -> bool:
        """Whether nothing has to be searched: the solver finds the best network at once."""
        return False
