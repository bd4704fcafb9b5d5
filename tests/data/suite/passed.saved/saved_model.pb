è
"servek
.
xPlaceholder*
dtype0*
shape:

yNegx*
T0

x_out0Identityx*
T0"¿*p
serving_default]

x
x:0
x_out0
x:0
y
y:0tensorflow/serving/predict