Þ
"serven
6
xPlaceholder*
dtype0*
shape:
/
ySqueezex*
T0*
squeeze_dims
"¿*c
serving_defaultP

x
x:0
y
y:0tensorflow/serving/predict