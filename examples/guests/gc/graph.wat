;; A graph in a map: vertices by name in a hash map that grows, edges as lists, a breadth-first search with a queue, and rounds in which vertices
;; come and go. What is alive at once is one graph, so that the heap stays bounded.
(module
  ;; What can be in a map: anything with a key.
  (type $entry (sub (struct (field $key i32))))
  (rec
    (type $vertex (sub $entry (struct
      (field $key i32)
      (field $edges (mut (ref null $edge)))
      (field $distance (mut i32)))))
    (type $edge (struct
      (field $to (ref $vertex))
      (field $weight i32)
      (field $next (ref null $edge)))))
  ;; A bucket of a map is a list.
  (type $link (struct (field $entry (ref $entry)) (field $next (mut (ref null $link)))))
  (type $links (array (mut (ref null $link))))
  (type $map (struct (field $buckets (mut (ref $links))) (field $count (mut i32))))
  ;; A queue is a ring of references.
  (type $ring (array (mut eqref)))
  (type $queue (struct (field $ring (mut (ref $ring))) (field $first (mut i32)) (field $count (mut i32))))

  (global $seed (mut i32) (i32.const 12345))

  ;; The next number that looks random, below `end`.
  (func $random (param $end i32) (result i32)
    (global.set $seed (i32.add (i32.mul (global.get $seed) (i32.const 1103515245)) (i32.const 12345)))
    (i32.rem_u (i32.shr_u (global.get $seed) (i32.const 8)) (local.get $end)))

  ;; Maps.

  (func $map_new (result (ref $map))
    (struct.new $map (array.new_default $links (i32.const 8)) (i32.const 0)))

  ;; Bucket of a key.
  (func $bucket (param $map (ref $map)) (param $key i32) (result i32)
    (i32.and
      (i32.shr_u (i32.mul (local.get $key) (i32.const 0x9e3779b1)) (i32.const 7))
      (i32.sub (array.len (struct.get $map $buckets (local.get $map))) (i32.const 1))))

  ;; The entry of a key, or null.
  (func $map_get (param $map (ref $map)) (param $key i32) (result (ref null $entry))
    (local $link (ref null $link))
    (local.set $link
      (array.get $links
        (struct.get $map $buckets (local.get $map))
        (call $bucket (local.get $map) (local.get $key))))
    (block $none
      (loop $next
        (br_on_null $none (local.get $link))
        (drop)
        (if (i32.eq (local.get $key) (struct.get $entry $key (struct.get $link $entry (local.get $link))))
          (then (return (struct.get $link $entry (local.get $link)))))
        (local.set $link (struct.get $link $next (local.get $link)))
        (br $next)))
    (ref.null $entry))

  ;; Puts a link into the bucket of its entry.
  (func $put (param $map (ref $map)) (param $link (ref $link))
    (local $buckets (ref null $links)) (local $at i32)
    (local.set $buckets (struct.get $map $buckets (local.get $map)))
    (local.set $at
      (call $bucket (local.get $map) (struct.get $entry $key (struct.get $link $entry (local.get $link)))))
    (struct.set $link $next (local.get $link) (array.get $links (local.get $buckets) (local.get $at)))
    (array.set $links (local.get $buckets) (local.get $at) (local.get $link)))

  ;; Twice as many buckets: links go over as they are.
  (func $grow (param $map (ref $map))
    (local $old (ref null $links)) (local $at i32) (local $link (ref null $link)) (local $next (ref null $link))
    (local.set $old (struct.get $map $buckets (local.get $map)))
    (struct.set $map $buckets (local.get $map)
      (array.new_default $links (i32.shl (array.len (local.get $old)) (i32.const 1))))
    (loop $bucket
      (local.set $link (array.get $links (local.get $old) (local.get $at)))
      (block $end
        (loop $each
          (br_if $end (ref.is_null (local.get $link)))
          (local.set $next (struct.get $link $next (local.get $link)))
          (call $put (local.get $map) (ref.as_non_null (local.get $link)))
          (local.set $link (local.get $next))
          (br $each)))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br_if $bucket (i32.lt_u (local.get $at) (array.len (local.get $old))))))

  ;; Adds an entry whose key is new.
  (func $map_add (param $map (ref $map)) (param $entry (ref $entry))
    (if (i32.ge_u
          (struct.get $map $count (local.get $map))
          (array.len (struct.get $map $buckets (local.get $map))))
      (then (call $grow (local.get $map))))
    (call $put (local.get $map) (struct.new $link (local.get $entry) (ref.null $link)))
    (struct.set $map $count (local.get $map)
      (i32.add (struct.get $map $count (local.get $map)) (i32.const 1))))

  ;; Queues.

  (func $queue_new (result (ref $queue))
    (struct.new $queue (array.new_default $ring (i32.const 4)) (i32.const 0) (i32.const 0)))

  ;; Appends something, with twice the room where there is none.
  (func $push (param $queue (ref $queue)) (param $what eqref)
    (local $ring (ref null $ring)) (local $len i32) (local $first i32) (local $more (ref null $ring))
    (local.set $ring (struct.get $queue $ring (local.get $queue)))
    (local.set $len (array.len (local.get $ring)))
    (if (i32.eq (struct.get $queue $count (local.get $queue)) (local.get $len))
      (then
        (local.set $first (struct.get $queue $first (local.get $queue)))
        (local.set $more (array.new_default $ring (i32.shl (local.get $len) (i32.const 1))))
        (array.copy $ring $ring
          (local.get $more) (i32.const 0)
          (local.get $ring) (local.get $first)
          (i32.sub (local.get $len) (local.get $first)))
        (array.copy $ring $ring
          (local.get $more) (i32.sub (local.get $len) (local.get $first))
          (local.get $ring) (i32.const 0)
          (local.get $first))
        (struct.set $queue $ring (local.get $queue) (ref.as_non_null (local.get $more)))
        (struct.set $queue $first (local.get $queue) (i32.const 0))
        (local.set $ring (local.get $more))
        (local.set $len (array.len (local.get $more)))))
    (array.set $ring (local.get $ring)
      (i32.and
        (i32.add
          (struct.get $queue $first (local.get $queue))
          (struct.get $queue $count (local.get $queue)))
        (i32.sub (local.get $len) (i32.const 1)))
      (local.get $what))
    (struct.set $queue $count (local.get $queue)
      (i32.add (struct.get $queue $count (local.get $queue)) (i32.const 1))))

  ;; Takes what was appended first; null if nothing is left.
  (func $pop (param $queue (ref $queue)) (result eqref)
    (local $ring (ref null $ring)) (local $first i32) (local $found eqref)
    (if (i32.eqz (struct.get $queue $count (local.get $queue)))
      (then (return (ref.null eq))))
    (local.set $ring (struct.get $queue $ring (local.get $queue)))
    (local.set $first (struct.get $queue $first (local.get $queue)))
    (local.set $found (array.get $ring (local.get $ring) (local.get $first)))
    ;; What is taken is not kept alive by the ring.
    (array.set $ring (local.get $ring) (local.get $first) (ref.null eq))
    (struct.set $queue $first (local.get $queue)
      (i32.and
        (i32.add (local.get $first) (i32.const 1))
        (i32.sub (array.len (local.get $ring)) (i32.const 1))))
    (struct.set $queue $count (local.get $queue)
      (i32.sub (struct.get $queue $count (local.get $queue)) (i32.const 1)))
    (local.get $found))

  ;; Graphs.

  ;; The vertex of a key; a new one if there is none.
  (func $vertex (param $map (ref $map)) (param $key i32) (result (ref $vertex))
    (local $new (ref null $vertex))
    (block $other (result anyref)
      (br_on_cast_fail $other (ref null $entry) (ref $vertex) (call $map_get (local.get $map) (local.get $key)))
      (return))
    (drop)
    (local.set $new (struct.new $vertex (local.get $key) (ref.null $edge) (i32.const -1)))
    (call $map_add (local.get $map) (ref.as_non_null (local.get $new)))
    (ref.as_non_null (local.get $new)))

  (func $connect (param $map (ref $map)) (param $from i32) (param $to i32)
    (local $vertex (ref null $vertex))
    (local.set $vertex (call $vertex (local.get $map) (local.get $from)))
    (struct.set $vertex $edges (local.get $vertex)
      (struct.new $edge
        (call $vertex (local.get $map) (local.get $to))
        (i32.const 1)
        (struct.get $vertex $edges (local.get $vertex)))))

  ;; Sum of the distances from the vertex with this key of all that can be reached.
  (func $search (param $map (ref $map)) (param $key i32) (result i32)
    (local $queue (ref null $queue)) (local $vertex (ref null $vertex)) (local $edge (ref null $edge))
    (local $to (ref null $vertex)) (local $sum i32) (local $distance i32)
    (local.set $queue (call $queue_new))
    (local.set $vertex (call $vertex (local.get $map) (local.get $key)))
    (struct.set $vertex $distance (local.get $vertex) (i32.const 0))
    (call $push (ref.as_non_null (local.get $queue)) (local.get $vertex))
    (block $end
      (loop $next
        (local.set $vertex (ref.cast (ref null $vertex) (call $pop (ref.as_non_null (local.get $queue)))))
        (br_if $end (ref.is_null (local.get $vertex)))
        (local.set $distance (struct.get $vertex $distance (local.get $vertex)))
        (local.set $sum (i32.add (local.get $sum) (local.get $distance)))
        (local.set $edge (struct.get $vertex $edges (local.get $vertex)))
        (block $last
          (loop $each
            (br_if $last (ref.is_null (local.get $edge)))
            (local.set $to (struct.get $edge $to (local.get $edge)))
            (if (i32.lt_s (struct.get $vertex $distance (local.get $to)) (i32.const 0))
              (then
                (struct.set $vertex $distance (local.get $to)
                  (i32.add (local.get $distance) (struct.get $edge $weight (local.get $edge))))
                (call $push (ref.as_non_null (local.get $queue)) (local.get $to))))
            (local.set $edge (struct.get $edge $next (local.get $edge)))
            (br $each)))
        (br $next)))
    (local.get $sum))

  ;; `rounds` graphs of so many vertices, each with three edges; the sum of what the searches give.
  (func (export "run") (param $vertices i32) (param $rounds i32) (result i32)
    (local $map (ref null $map)) (local $i i32) (local $sum i32)
    (loop $round
      (local.set $map (call $map_new))
      (local.set $i (i32.const 0))
      (loop $each
        (call $connect (ref.as_non_null (local.get $map)) (local.get $i) (call $random (local.get $vertices)))
        (call $connect (ref.as_non_null (local.get $map)) (local.get $i) (call $random (local.get $vertices)))
        (call $connect (ref.as_non_null (local.get $map)) (local.get $i) (call $random (local.get $vertices)))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br_if $each (i32.lt_u (local.get $i) (local.get $vertices))))
      (local.set $sum (i32.add (local.get $sum) (call $search (ref.as_non_null (local.get $map)) (i32.const 0))))
      (br_if $round (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
    (local.get $sum))
)
