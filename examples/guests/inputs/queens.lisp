; All solutions of the queens problem by depth-first search, and the first of them as a board.
; `args` may hold the size of the board.
(define size (if args (number (head args)) 8))

(define (safe? column queens distance)
  (cond ((null? queens) t)
        ((= (head queens) column) nil)
        ((= (head queens) (+ column distance)) nil)
        ((= (head queens) (- column distance)) nil)
        (else (safe? column (tail queens) (+ distance 1)))))

(define count 0)
(define first nil)

(define (place row queens)
  (if (= row size)
      (begin (if (null? first) (set! first queens))
             (set! count (+ count 1)))
      (try row 0 queens)))

(define (try row column queens)
  (if (< column size)
      (begin (if (safe? column queens 1) (place (+ row 1) (cons column queens)))
             (try row (+ column 1) queens))))

(define (draw-row queen column)
  (if (= column size)
      (println "")
      (begin (print (if (= column queen) " Q" " ."))
             (draw-row queen (+ column 1)))))

(define (draw queens)
  (if queens (begin (draw-row (head queens) 0) (draw (tail queens)))))

(place 0 nil)
(println size " queens: " count " solutions")
(draw first)
