
.
xPlaceholder*
dtype0*
shape:

yNegx*
T0

x_out0Identityx*
T0"¿