Ž
"serve‹
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
T0"¿*u
serving_defaultb

x
x:0
y_out0
y:0
y_out1
y:0tensorflow/serving/predict