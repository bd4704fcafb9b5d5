´
"serveP
.
xPlaceholder*
dtype0*
shape:

yAddV2xx*
T0"¿*W
serving_defaultD

x
x:0
y
y:0tensorflow/serving/predict