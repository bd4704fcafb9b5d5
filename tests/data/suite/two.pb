
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
T0"¿