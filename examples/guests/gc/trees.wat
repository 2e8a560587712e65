;; Binary trees, as in the Computer Language Benchmarks Game: many short-lived trees beside one that lives on. Whatever the number of rounds, what
;; is alive at once is two trees, so that the heap stays bounded.
(module
  (type $tree (struct (field $left (ref null $tree)) (field $right (ref null $tree))))

  ;; A whole tree of this depth.
  (func $make (param $depth i32) (result (ref $tree))
    (if (result (ref $tree)) (i32.eqz (local.get $depth))
      (then (struct.new $tree (ref.null $tree) (ref.null $tree)))
      (else
        (local.set $depth (i32.sub (local.get $depth) (i32.const 1)))
        (struct.new $tree (call $make (local.get $depth)) (call $make (local.get $depth))))))

  ;; Number of its nodes.
  (func $count (param $tree (ref null $tree)) (result i32)
    (if (result i32) (ref.is_null (local.get $tree))
      (then (i32.const 0))
      (else
        (i32.add
          (i32.const 1)
          (i32.add
            (call $count (struct.get $tree $left (local.get $tree)))
            (call $count (struct.get $tree $right (local.get $tree))))))))

  ;; Makes `rounds` trees of a depth, one after the other; gives the number of all their nodes, and of one that was there all the time.
  (func (export "run") (param $depth i32) (param $rounds i32) (result i32)
    (local $long (ref null $tree)) (local $nodes i32)
    (local.set $long (call $make (local.get $depth)))
    (loop $next
      (local.set $nodes (i32.add (local.get $nodes) (call $count (call $make (local.get $depth)))))
      (br_if $next (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
    (i32.add (local.get $nodes) (call $count (local.get $long))))
)
