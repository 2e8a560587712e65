A triangle of stars: twelve rows
rows in cell 0                    ++++++++++++
star in cell 2 (six by seven)     >++++++[>+++++++<-]
line end in cell 3                >>++++++++++<<<
for each row
[
  one star more in cell 4         >>>>+
  copy it to 5 over 6             [>+>+<<-]>>[<<+>>-]<
  print that many stars           [<<<.>>>-]
  end the line and count          <<.<<<-
]
