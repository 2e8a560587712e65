//! The heap against a model: random graphs, roots, arrays of all sizes, with and without stress.

extern crate std;
use super::{
    heap::{Handle, Kind, ObjectHeap, View},
    layout::Storage,
};
use crate::store::Heap;
use std::{collections::BTreeMap, vec, vec::Vec};

/// A small generator of random numbers (SplitMix64), so that a failure is there again.
struct Random(u64);

impl Random {
    fn next(&mut self, below: u32) -> u32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % u64::from(below)) as u32
    }
}

/// A heap with what a store has around it.
struct World {
    memory: Heap,
    objects: ObjectHeap,
    view: View,
    roots: Vec<Handle>,
}

impl World {
    fn new(maximum: usize, stress: bool) -> World {
        World {
            memory: Heap::default(),
            objects: ObjectHeap::new(maximum, stress),
            view: View::EMPTY,
            roots: Vec::new(),
        }
    }

    fn describe(&mut self, types: &[Storage]) -> u32 {
        self.objects.describe(&mut self.memory, Kind::Struct, 0, types.iter().copied()).unwrap()
    }

    fn collect(&mut self, bytes: u32) -> bool {
        self.objects.collect(|marking| self.roots.iter().for_each(|root| marking.root(*root)));
        self.objects.start_over(&mut self.memory, &mut self.view, bytes)
    }

    fn allocate(&mut self, descriptor: u32, len: u32) -> Option<Handle> {
        let bytes = self.objects.bytes_for(descriptor, len)?;
        let handle = self.view.take(bytes).or_else(|| {
            let is_there = !self.objects.is_stressed() && self.objects.next_run(&mut self.view, bytes);
            (is_there || self.collect(bytes)).then(|| self.view.take(bytes).expect("room was made"))
        })?;
        self.objects.initialise(handle, descriptor, len);
        Some(handle)
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.objects.free(&mut self.memory);
    }
}

/// Words behind the header that hold references, and those that hold data, of a layout that the model knows.
struct Shape {
    descriptor: u32,
    refs: Vec<usize>,
    data: Vec<usize>,
    is_array: bool,
}

/// What the model knows of an object: its shape, length, and words behind the header.
#[derive(Clone)]
struct Known {
    shape: usize,
    words: Vec<u32>,
}

fn check(world: &World, shapes: &[Shape], model: &BTreeMap<Handle, Known>) {
    // What is reachable in the model is as the model says in the heap.
    let mut seen: BTreeMap<Handle, ()> = BTreeMap::new();
    let mut todo: Vec<Handle> = world.roots.iter().copied().filter(|root| root % 8 == 0 && *root != 0).collect();
    while let Some(handle) = todo.pop() {
        if seen.insert(handle, ()).is_some() {
            continue;
        }
        let known = &model[&handle];
        let shape = &shapes[known.shape];
        let object = world.objects.object(handle);
        assert_eq!(object[0], shape.descriptor);
        let first = if shape.is_array { 3 } else { 2 };
        assert_eq!(object[first..][..known.words.len()], known.words, "object {handle:#x}");
        let refs: Vec<usize> = if shape.is_array && !shape.refs.is_empty() {
            (0..known.words.len()).collect()
        } else {
            shape.refs.clone()
        };
        todo.extend(refs.iter().map(|i| known.words[*i]).filter(|value| value % 8 == 0 && *value != 0));
    }
    // No two of them overlap.
    let mut end = 8;
    for handle in seen.keys() {
        assert!(*handle >= end, "objects overlap at {handle:#x}");
        end = handle + world.objects.bytes_of(*handle);
    }
    assert!(end <= world.objects.bytes());
}

fn random_graphs(seed: u64, steps: u32, stress: bool) {
    let mut random = Random(seed);
    let mut world = World::new(1 << 17, stress);
    let mut shapes = Vec::new();
    for types in [
        vec![],
        vec![Storage::Ref],
        vec![Storage::Ref, Storage::Ref, Storage::I32],
        vec![Storage::I64, Storage::Ref, Storage::V128, Storage::Ref],
        // References beyond the first 32 words, and at both sides of the border.
        (0..90).map(|i| if i % 3 == 1 || i == 31 || i == 32 { Storage::Ref } else { Storage::I32 }).collect(),
    ] {
        let descriptor = world.describe(&types);
        let (mut refs, mut data) = (Vec::new(), Vec::new());
        for (storage, offset) in super::layout::fields(types.iter().copied()) {
            let word = (offset / 4 - 2) as usize;
            match storage {
                Storage::Ref => refs.push(word),
                _ => data.extend(word..word + (storage.bytes() / 4) as usize),
            }
        }
        shapes.push(Shape { descriptor, refs, data, is_array: false });
    }
    let of_refs = world.objects.describe_array(&mut world.memory, 0, Storage::Ref).unwrap();
    shapes.push(Shape { descriptor: of_refs, refs: vec![0], data: vec![], is_array: true });
    let of_data = world.objects.describe_array(&mut world.memory, 0, Storage::I32).unwrap();
    shapes.push(Shape { descriptor: of_data, refs: vec![], data: vec![0], is_array: true });

    let mut model: BTreeMap<Handle, Known> = BTreeMap::new();
    world.roots = vec![0; 12];
    for step in 0..steps {
        let shape = random.next(shapes.len() as u32) as usize;
        let is_array = shapes[shape].is_array;
        let len = if !is_array {
            0
        } else if random.next(50) == 0 {
            random.next(5000)
        } else {
            random.next(12)
        };
        let Some(handle) = world.allocate(shapes[shape].descriptor, len) else {
            // All is alive: let go of half.
            (0..6).for_each(|i| world.roots[2 * i] = 0);
            continue;
        };
        // What was at this place is dead, and what it overlaps with.
        let end = handle + world.objects.bytes_of(handle);
        let gone: Vec<Handle> = model.range(handle..end).map(|(handle, _)| *handle).collect();
        gone.iter().for_each(|handle| {
            model.remove(handle);
        });
        let count = if is_array {
            len as usize
        } else {
            shapes[shape].refs.iter().chain(&shapes[shape].data).max().map_or(0, |last| last + 1)
        };
        model.insert(handle, Known { shape, words: vec![0; count] });
        let place = random.next(12) as usize;
        // Mostly reachable from a root at once, sometimes a number that looks like an i31 or a function.
        world.roots[place] = match random.next(8) {
            0 => random.next(u32::MAX) | 1,
            1 => random.next(u32::MAX) & !7 | 2,
            _ => handle,
        };
        // Writes into what is reachable.
        for _ in 0..3 {
            let root = world.roots[random.next(12) as usize];
            let value = world.roots[random.next(12) as usize];
            let Some(known) = model.get_mut(&root).filter(|_| root.is_multiple_of(8)) else { continue };
            let shape = &shapes[known.shape];
            if known.words.is_empty() {
                continue;
            }
            let (word, value) = match (shape.is_array, shape.refs.is_empty()) {
                (true, false) => (random.next(known.words.len() as u32) as usize, value),
                (true, true) => (random.next(known.words.len() as u32) as usize, random.next(u32::MAX)),
                (false, false) if random.next(3) != 0 => {
                    (shape.refs[random.next(shape.refs.len() as u32) as usize], value)
                }
                (false, _) if shape.data.is_empty() => continue,
                (false, _) => (shape.data[random.next(shape.data.len() as u32) as usize], random.next(u32::MAX)),
            };
            known.words[word] = value;
            let first = if shape.is_array { 3 } else { 2 };
            world.objects.object_mut(root)[first + word] = value;
        }
        // Goes on from an object to one that it refers to, so that graphs become deep.
        if random.next(4) == 0 {
            let root = world.roots[place];
            if let Some(known) = model.get(&root).filter(|_| root.is_multiple_of(8))
                && let Some(word) = shapes[known.shape].refs.first()
                && let Some(value) = known.words.get(*word)
            {
                world.roots[place] = *value;
            }
        }
        if step % 64 == 0 {
            check(&world, &shapes, &model);
        }
    }
    check(&world, &shapes, &model);
    assert!(world.objects.collections_count() > 5, "{} collections", world.objects.collections_count());
}

#[test]
fn random_graphs_are_what_the_model_says() {
    for seed in 0..20 {
        random_graphs(seed, 20_000, false);
    }
}

#[test]
fn random_graphs_are_what_the_model_says_under_stress() {
    for seed in 100..104 {
        random_graphs(seed, 1_500, true);
    }
}

#[test]
fn a_long_list_is_marked_without_recursion_and_nothing_else() {
    let mut world = World::new(64 << 20, false);
    let node = world.describe(&[Storage::Ref, Storage::I32]);
    world.roots = vec![0];
    for _ in 0..1_000_000 {
        let handle = world.allocate(node, 0).unwrap();
        world.objects.object_mut(handle)[2] = world.roots[0];
        world.roots[0] = handle;
        world.allocate(node, 0).unwrap();
    }
    assert!(world.collect(0));
    assert_eq!(world.objects.live_bytes(), 16_000_000);
    world.roots[0] = 0;
    assert!(world.collect(0));
    assert_eq!(world.objects.live_bytes(), 0);
}

#[test]
fn a_heap_ends_at_its_limit_and_goes_on_when_there_is_room_again() {
    let mut world = World::new(100_000, false);
    let node = world.describe(&[Storage::Ref, Storage::Ref]);
    world.roots = vec![0];
    let fill = |world: &mut World| {
        let mut count = 0;
        while let Some(handle) = world.allocate(node, 0) {
            world.objects.object_mut(handle)[2] = world.roots[0];
            world.roots[0] = handle;
            count += 1;
        }
        count
    };
    let first = fill(&mut world);
    // All of it but the null handle's place, and what is less than the bitmap's word.
    assert_eq!(first, (100_000 / 256 * 256 - 8) / 16);
    assert_eq!(world.allocate(node, 0), None);
    world.roots[0] = 0;
    assert_eq!(fill(&mut world), first);
}

#[test]
fn large_objects_do_not_take_the_run_from_small_ones() {
    let mut world = World::new(1 << 20, false);
    let (node, bytes) =
        (world.describe(&[Storage::I32]), world.objects.describe_array(&mut world.memory, 0, Storage::I8).unwrap());
    // A gap of 99 small objects, then one that is alive.
    (0..99).for_each(|_| _ = world.allocate(node, 0));
    let alive = world.allocate(node, 0).unwrap();
    world.roots = vec![alive];
    assert!(world.collect(0));
    let count = world.objects.collections_count();
    let first = world.allocate(node, 0).unwrap();
    let large = world.allocate(bytes, 100_000).unwrap();
    // The large one stands behind what is alive; small ones use up the gap, then go around both.
    assert_eq!((first, large), (8, alive + 16));
    for handle in (24..alive).step_by(16) {
        assert_eq!(world.allocate(node, 0), Some(handle));
    }
    assert_eq!(world.allocate(node, 0), Some(large + world.objects.bytes_of(large)));
    assert_eq!(world.objects.collections_count(), count);
}

#[test]
fn what_is_too_large_for_the_heap_is_refused() {
    let mut world = World::new(1 << 20, false);
    let bytes = world.objects.describe_array(&mut world.memory, 0, Storage::I8).unwrap();
    assert_eq!(world.allocate(bytes, 1 << 20), None);
    assert_eq!(world.allocate(bytes, u32::MAX), None);
    assert!(world.allocate(bytes, 1 << 19).is_some());
}
