# one bracket too many
+[->+<]]
