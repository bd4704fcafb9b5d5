
.
xPlaceholder*
dtype0*
shape:

yNegx*
T0

y_out0Identityy*
T0

y_out1Identityy*
T0"¿