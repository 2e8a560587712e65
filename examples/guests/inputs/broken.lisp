(println (fold + 0 '(1 2 3)))
