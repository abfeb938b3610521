"""The file that `bdnnc new` writes."""

STARTER = """\
# {name}: a network with a few hidden units that tells malignant from benign tumours.
# Check it with `bdnnc check {name}.bdnn`, train it with `bdnnc train {name}.bdnn -o {name}.json`.

param width  = 2                      # change it here, or on the command line: -D width=3
param points = 40

data {{
  from sklearn("breast_cancer")       # or a file beside this one: from "points.csv", and target "class"
  features 0..4                       # columns of the data, or all
  scale    minmax(0, 1) round 2       # each feature to the range 0 to 1, with two decimals
  take     points stratified seed 1   # a part of the points, the same one on every machine
  hold     test 100 stratified seed 1 # points that are not trained on, to see what the network has learnt
}}

network {{
  layer hidden: width step units      # a unit is 1 if its weighted sum of inputs plus its bias is at least 0
    weights in {{-1, 0, 1}}
  layer output: 1 step unit           # one unit for two classes
    weights in {{-1, 0, 1}}
}}

minimize hamming                      # the number of wrong outputs
# then minimize features_used         # a second goal: of the best networks, one that reads the fewest columns

train exact {{
  time_limit 10                       # seconds; the best network until then is kept
}}
"""


def starter(name: str) -> str:
    """A commented file to begin with, for ``NAME.bdnn``: built-in data, trained in a few seconds."""
    return STARTER.format(name=name)
