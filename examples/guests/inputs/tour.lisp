; What the language has: closures, tail calls, lists, and a collector that takes back what is not used any more.
(define (map f list) (if list (cons (f (head list)) (map f (tail list)))))
(define (filter f list)
  (cond ((null? list) nil)
        ((f (head list)) (cons (head list) (filter f (tail list))))
        (else (filter f (tail list)))))
(define (fold f start list) (if list (fold f (f start (head list)) (tail list)) start))
(define (range from to) (if (< from to) (cons from (range (+ from 1) to))))
(define (append a b) (if a (cons (head a) (append (tail a) b)) b))

(println "squares:   " (map (lambda (x) (* x x)) (range 1 13)))
(println "sum:       " (fold + 0 (range 1 101)))

(define (prime? n)
  (let ((divisor 2) (answer t))
    (while (and answer (not (> (* divisor divisor) n)))
      (if (= (% n divisor) 0) (set! answer nil))
      (set! divisor (+ divisor 1)))
    answer))
(println "primes:    " (filter prime? (range 2 60)))

(define (sort list)
  (if list
      (let ((pivot (head list)) (rest (tail list)))
        (append (sort (filter (lambda (x) (< x pivot)) rest))
                (cons pivot (sort (filter (lambda (x) (not (< x pivot))) rest)))))))
(println "sorted:    " (sort '(31 4 15 92 65 35 89 79 32 38 46 26)))

(define (counter)
  (let ((n 0)) (lambda () (set! n (+ n 1)))))
(define tick (counter))
(tick)
(tick)
(println "counter:   " (tick))

(define (fib n) (if (< n 2) n (+ (fib (- n 1)) (fib (- n 2)))))
(println "fib:       " (map fib (range 0 21)))

(define (loop n sum) (if (= n 0) sum (loop (- n 1) (+ sum n))))
(println "10^5 tail calls: " (loop 100000 0))

(define (hanoi n from to over)
  (if (= n 0) 0 (+ (hanoi (- n 1) from over to) 1 (hanoi (- n 1) over to from))))
(println "hanoi:     " (hanoi 12 'left 'right 'middle) " moves")
(println "collected: " (if (> (collections) 0) "yes" "no"))
(println 'dotted " " (cons 1 2) " " '(a "text" (b c)) " " fib " " +)
