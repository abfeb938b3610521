# pyright: basic
"""The hot loops compiled by numba: the same changes as in numpy, from the same random numbers.

`histograms` is the kernel of a single step. `walk` takes many steps at once where a network has one hidden layer and its goal
is a sum of costs of patterns that floats add exactly: then the order of a sum does not matter, and nothing else differs.
Imported only where numba is installed.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from bdnnc.search.block import FAR, FINENESS, WEIGHTS
from bdnnc.search.candidates import ANYWHERE, FEW_LEVELS, most_weights
from bdnnc.search.chances import HEAD, NUMBERS, PAIRS, SINGLES
from bdnnc.search.kernels import Candidates
from bdnnc.search.thresholds import WIDEST, Window, stretch

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

compiled_stretch = numba.njit(cache=True)(stretch)
compiled_most_weights = numba.njit(cache=True)(most_weights)


def compiled_kernel(sums: Integers, below: Integers, extra: Floats, candidates: Candidates, window: Window) -> Floats:
    """`numpy_kernel`, compiled."""
    found = np.zeros((len(extra), len(candidates), window.count + 1))
    histograms(
        sums, below, extra, candidates.first, candidates.by, candidates.second, candidates.by_second,
        window.first - window.step, window.step, window.count, found,
    )  # fmt: skip
    return found[:, :, 1:]


def walked(**arrays: Any) -> tuple[float, int]:
    """`walk`, with the table of weights: the best goal, and the changes weighed."""
    best, moves = walk(table=WEIGHTS, **arrays)
    return float(best), int(moves)


def warm_up() -> None:
    """Have both loops compiled for the types that they are used with."""
    one, none = np.zeros((1, 1), dtype=np.int64), np.zeros(1, dtype=np.int64)
    nothing = Candidates(none, none, none, none)
    compiled_kernel(none, one, np.zeros((1, 1)), nothing, Window(0, 1, 1))
    pair, off = (one.copy(), one.copy()), (np.zeros((1, 1), dtype=np.bool_), np.zeros((1, 1), dtype=np.bool_))
    biases, sums, best, best_biases = (tuple(table.copy() for table in of) for of in ((none, none), pair, pair, (none, none)))
    walked(
        numbers=np.zeros((1, NUMBERS)), temperatures=np.ones(1), places=np.zeros((1, 2), dtype=np.int64), X=one, weights=pair,
        biases=biases, sums=sums, active=off, ends=(0, 1), free=pair, fans=(none, none), levels=(none, none),
        firsts=(none, none), steps=(none, none), counts=(none, none), constant=0.0, base=np.zeros(1), bits=np.zeros((1, 1)),
        states=np.zeros((0, 0)), best=0.0, best_weights=best, best_biases=best_biases, limits=(1.0, -1.0), told=0.0,
    )  # fmt: skip


@numba.njit(cache=True, nogil=True)
def histograms(sums, below, extra, first, by, second, by_second, origin, step, count, found):
    """Fills ``found`` (forms, candidates, thresholds + 1); place 0 is of no use."""
    forms, patterns = extra.shape
    for c in range(len(first)):
        one, two = below[first[c]], below[second[c]]
        for p in range(patterns):
            above = sums[p] + by[c] * one[p] + by_second[c] * two[p] - origin
            if above > 0:
                place = min(above if step == 1 else above // step, count)
                for f in range(forms):
                    found[f, c, place] += extra[f, p]
        for f in range(forms):
            for place in range(count - 1, 0, -1):
                found[f, c, place] += found[f, c, place + 1]


@numba.njit(cache=True, nogil=True)
def walk(
    numbers, temperatures, places, X, weights, biases, sums, active, ends, free, fans, levels, firsts, steps, counts,
    constant, base, bits, states, best, best_weights, best_biases, limits, told, table,
):  # fmt: skip
    """Some steps, one a row of ``numbers``; returns ``(best, moves)``.

    Pairs of arrays, first of the hidden layer and then of the outputs: ``weights`` (units, inputs), ``biases``, ``sums`` and
    ``active`` (units, patterns), all of them changed; ``free`` (units, inputs): the free inputs of each unit, ``fans`` of them;
    ``levels``; ``firsts, steps, counts`` of the grids of biases. ``ends``: what a hidden unit gives when it is off and on.
    ``states`` may be empty. ``limits``: moves, and the goal that is enough. ``told``: relative, what counts as better.
    """
    patterns, outputs = X.shape[1], bits.shape[0]
    off, on = ends
    moves = 0
    matter = np.empty(patterns, dtype=np.int64)
    extra = np.empty(patterns)
    out = np.empty(active[0].shape, dtype=np.int64)
    for i in range(out.shape[0]):
        for p in range(patterns):
            out[i, p] = on if active[0][i, p] else off
    most = 1 + SINGLES * FEW_LEVELS + PAIRS
    first, by = np.zeros(most, dtype=np.int64), np.zeros(most, dtype=np.int64)
    second, by_second = np.zeros(most, dtype=np.int64), np.zeros(most, dtype=np.int64)
    energy = np.empty((most, WIDEST + 1))
    row, row_second = np.zeros(most, dtype=np.int64), np.zeros(most, dtype=np.int64)
    gathered = np.empty((SINGLES, patterns), dtype=np.int64)  # the inputs that candidates change, on the patterns that matter
    above, at_origin = np.empty(patterns, dtype=np.int64), np.empty(patterns, dtype=np.int64)
    even, odd = np.empty(WIDEST + 1), np.empty(WIDEST + 1)
    near, chance = np.empty(most * WIDEST, dtype=np.int64), np.empty(most * WIDEST)
    for number in range(len(numbers)):
        if moves >= limits[0] or best <= limits[1]:
            return best, moves
        u, temperature = numbers[number], temperatures[number]
        layer, unit = places[int(u[0] * len(places))]
        below = X if layer == 0 else out
        own_weights, own_sums = weights[layer][unit], sums[layer][unit]
        # what each pattern costs with the unit off, and how much more with it on
        total, used = constant, 0
        for p in range(patterns):
            cost_off, cost_on = base[p], base[p]
            ones_off, ones_on, at_off, at_on = 0, 0, 0, 0
            for o in range(outputs):
                if layer == 0:
                    a = sums[1][o, p] + biases[1][o] + weights[1][o, unit] * (off - out[unit, p])
                    is_off, is_on = a >= 0, a + weights[1][o, unit] * (on - off) >= 0
                else:
                    is_off = active[1][o, p] if o != unit else False
                    is_on = active[1][o, p] if o != unit else True
                if is_off:
                    cost_off += bits[o, p]
                    ones_off, at_off = ones_off + 1, o
                if is_on:
                    cost_on += bits[o, p]
                    ones_on, at_on = ones_on + 1, o
            if len(states):
                cost_off += states[at_off if ones_off == 1 else outputs, p]
                cost_on += states[at_on if ones_on == 1 else outputs, p]
            total += cost_off
            if cost_on != cost_off:
                matter[used], extra[used] = p, cost_on - cost_off
                used += 1
        # candidates
        found, fan = 1, fans[layer][unit]
        own_levels = levels[layer]
        size = len(own_levels)
        if fan > 0 and size <= FEW_LEVELS:
            tried = compiled_most_weights(size)
            for t in range(min(tried, fan)):
                j = free[layer][unit, int(u[HEAD + t] * fan) if fan > tried else t]
                for k in range(used):
                    gathered[t, k] = below[j, matter[k]]
                for level in range(size):
                    if own_levels[level] != own_weights[j]:
                        first[found], by[found], row[found] = j, own_levels[level] - own_weights[j], t
                        found += 1
        elif fan > 0:
            far = 0
            while size >> far:
                far += 1
            for t in range(SINGLES):
                j = free[layer][unit, int(u[HEAD + t] * fan)]
                at = np.searchsorted(own_levels, own_weights[j])
                step = int(u[HEAD + SINGLES + t] * (2 * far))
                to = at - (1 << step // 2) if step % 2 else at + (1 << step // 2)
                to = min(max(to, 0), size - 1)
                if u[HEAD + 2 * SINGLES + t] < ANYWHERE:
                    to = int(u[HEAD + SINGLES + t] * size)
                if own_levels[to] != own_weights[j]:
                    for k in range(used):
                        gathered[t, k] = below[j, matter[k]]
                    first[found], by[found], row[found] = j, own_levels[to] - own_weights[j], t
                    found += 1
        singles = found - 1
        second[:found], by_second[:found] = 0, 0
        if singles > 0:
            for t in range(PAIRS):
                one = 1 + int(u[HEAD + 3 * SINGLES + t] * singles)
                two = 1 + int(u[HEAD + 3 * SINGLES + PAIRS + t] * singles)
                if first[one] != first[two]:
                    first[found], by[found], row[found] = first[one], by[one], row[one]
                    second[found], by_second[found], row_second[found] = first[two], by[two], row[two]
                    found += 1
        # thresholds
        bias, last = biases[layer][unit], counts[layer][unit]
        if last == 0:
            lowest, stride, width = -bias, 1, 1
        elif last < WIDEST:
            stride, width = steps[layer][unit], last + 1
            lowest = -(firsts[layer][unit] + stride * last)
        else:
            spread = own_sums.max() - own_sums.min()
            at = (bias - firsts[layer][unit]) // steps[layer][unit]
            low, stride, width = compiled_stretch(last, steps[layer][unit], at, spread, u[1], u[2])
            lowest = -(firsts[layer][unit] + steps[layer][unit] * (low + stride * (width - 1)))
            stride *= steps[layer][unit]
        # energies: patterns by the thresholds that they reach, in two histograms, so that none waits for the other
        origin, least, ties = lowest - stride, np.inf, 0
        for k in range(used):
            at_origin[k] = own_sums[matter[k]] - origin
        for c in range(found):
            one, plus = gathered[row[c]], by[c]
            if c == 0:
                above[:used] = at_origin[:used]
            elif by_second[c] == 0:
                for k in range(used):
                    above[k] = at_origin[k] + plus * one[k]
            else:
                two, plus_two = gathered[row_second[c]], by_second[c]
                for k in range(used):
                    above[k] = at_origin[k] + plus * one[k] + plus_two * two[k]
            if stride != 1:
                for k in range(used):
                    above[k] = above[k] // stride
            for k in range(used):
                above[k] = min(max(above[k], 0), width)
            even[: width + 1], odd[: width + 1] = 0.0, 0.0
            for k in range(0, used - 1, 2):
                even[above[k]] += extra[k]
                odd[above[k + 1]] += extra[k + 1]
            if used % 2:
                even[above[used - 1]] += extra[used - 1]
            reached = 0.0
            for place in range(width, 0, -1):
                reached += even[place] + odd[place]
                energy[c, place] = total + reached
                if energy[c, place] < least:
                    least, ties = energy[c, place], 1
                elif energy[c, place] == least:
                    ties += 1
        moves += found
        # the choice
        chosen, threshold = 0, 1
        if least < best:
            wanted = int(u[3] * ties)
            for c in range(found):
                for place in range(1, width + 1):
                    if energy[c, place] == least:
                        if wanted == 0:
                            chosen, threshold = c, place
                        wanted -= 1
        else:
            highest, weight, many = least + 1.001 * FAR * temperature, 0.0, 0
            for c in range(found):
                for place in range(1, width + 1):
                    if energy[c, place] <= highest:
                        far_above = (energy[c, place] - least) / temperature
                        if far_above <= FAR:
                            weight += table[int(far_above * FINENESS)]
                            near[many], chance[many] = c * (WIDEST + 1) + place, weight
                            many += 1
            taken = min(np.searchsorted(chance[:many], u[3] * weight, "right"), many - 1)
            chosen, threshold = near[taken] // (WIDEST + 1), near[taken] % (WIDEST + 1)
        # the change
        now = -(lowest + stride * (threshold - 1))
        if chosen > 0 or now != bias:
            biases[layer][unit] = now
            own_weights[first[chosen]] += by[chosen] if chosen > 0 else 0
            own_weights[second[chosen]] += by_second[chosen] if chosen > 0 else 0
            one, two = below[first[chosen]], below[second[chosen]]
            for p in range(patterns):
                if chosen > 0:
                    own_sums[p] += by[chosen] * one[p] + by_second[chosen] * two[p]
                is_on = own_sums[p] + now >= 0
                if is_on != active[layer][unit, p]:
                    active[layer][unit, p] = is_on
                    if layer == 0:
                        out[unit, p] = on if is_on else off
                        for o in range(outputs):
                            sums[1][o, p] += weights[1][o, unit] * ((on - off) if is_on else (off - on))
                            active[1][o, p] = sums[1][o, p] + biases[1][o] >= 0
        goal = energy[chosen, threshold]
        if goal < best - told * max(1.0, abs(best)) or (best == np.inf and goal < best):
            best = goal
            for k in range(2):
                best_weights[k][:], best_biases[k][:] = weights[k], biases[k]
    return best, moves
