„
"serveÁ
5
leftPlaceholder*
dtype0*
shape
:
6
rightPlaceholder*
dtype0*
shape
:
"
sumAddV2leftright*
T0
'

differenceSubleftright*
T0"¿*´
serving_default 

left
left:0

right
right:0
sum
sum:0(

difference
difference:0tensorflow/serving/predict