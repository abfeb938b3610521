NAME random_model
ROWS
 N objective
 E active(hidden,0)
 L active(hidden,1)
 G active(hidden,2)
COLUMNS
 one objective 2
 one active(hidden,0) 1
 one active(hidden,2) 3
 MARKER 'MARKER' 'INTORG'
 e(0) active(hidden,2) 0.1
 e(1) objective -1
 e(1) active(hidden,0) -2.5
 MARKER 'MARKER' 'INTEND'
RHS
 RHS active(hidden,0) 1
 RHS active(hidden,1) 4
 RHS active(hidden,2) -1
RANGES
 RNG active(hidden,2) 3.5
BOUNDS
 FX BND one 1
 LO BND e(0) 0
 UP BND e(0) 1
 LO BND e(1) -3
 UP BND e(1) 8
ENDATA
