//! Shared memories: one guest in several threads, waiting and waking, growth, imports, and what is not to be borrowed.
#![cfg(all(feature = "wat", target_has_atomic = "64"))]

use sheave::{
    Config, Engine, Extern, Instance, Linker, Memory, MemoryType, Module, SharedMemory, Store, Trap, WaitResult,
};
use std::{
    sync::atomic::{AtomicU32, Ordering},
    thread,
    time::{Duration, Instant},
};

/// Spawns threads of itself, which count with a lock and without, and waits for them.
const WORKERS: &str = include_str!("../../examples/guests/threads/workers.wat");

const THREADS: i32 = 4;
/// Of each thread.
const LOCKED: i32 = 150_000;
const ADDED: i32 = 250_000;

fn number(memory: &SharedMemory, at: usize) -> u64 {
    let mut bytes = [0; 8];
    memory.read(at, &mut bytes).expect("inside");
    u64::from_le_bytes(bytes)
}

#[test]
fn threads_count_to_the_same_number_with_a_lock_and_with_atomics() {
    let engine = Engine::default();
    let module = Module::new(&engine, WORKERS).expect("a module");
    let memory = SharedMemory::new(&engine, MemoryType::shared(1, 4)).expect("a memory");
    thread::scope(|scope| {
        let (to_spawn, spawned) = std::sync::mpsc::channel::<i32>();
        let store_of = |spawn: Box<dyn Fn(i32) + Send + Sync>| {
            let mut store = Store::new(&engine, ());
            let mut linker = Linker::new(&engine);
            linker.define("host", "memory", memory.clone()).expect("a new name");
            linker.func_wrap("host", "spawn", spawn).expect("a new name");
            let instance = linker.instantiate_and_start(&mut store, &module).expect("an instance");
            (store, instance)
        };
        let main = scope.spawn(move || {
            let to_spawn = std::sync::Mutex::new(to_spawn);
            let (mut store, instance) = store_of(Box::new(move |i| to_spawn.lock().unwrap().send(i).unwrap()));
            instance.get_typed_func::<i32, ()>(&store, "main").unwrap().call(&mut store, THREADS).expect("it ends");
        });
        for _ in spawned {
            scope.spawn(move || {
                let (mut store, instance) = store_of(Box::new(|_| unreachable!("only main spawns")));
                let thread = instance.get_typed_func::<(i32, i32), ()>(&store, "thread").unwrap();
                thread.call(&mut store, (LOCKED, ADDED)).expect("it ends");
            });
        }
        main.join().unwrap();
    });
    assert_eq!(number(&memory, 8), (THREADS * LOCKED) as u64);
    assert_eq!(number(&memory, 16), (THREADS * ADDED) as u64);
    assert_eq!(number(&memory, 0) as u32, 0, "unlocked");
}

#[test]
fn waits_end_by_mismatch_by_time_and_by_a_wake() {
    let engine = Engine::default();
    let memory = SharedMemory::new(&engine, MemoryType::shared(1, 1)).unwrap();
    let begin = Instant::now();
    assert_eq!(memory.atomic_wait32(8, 1, None), Ok(WaitResult::Mismatch));
    assert_eq!(memory.atomic_wait64(8, 0, Some(Duration::from_millis(30))), Ok(WaitResult::TimedOut));
    assert!(begin.elapsed() >= Duration::from_millis(30));
    assert!(memory.atomic_wait32(6, 0, None).is_err(), "not aligned");
    assert!(memory.atomic_wait32(65_536, 0, None).is_err(), "outside");
    assert_eq!(memory.atomic_notify(8, u32::MAX), Ok(0), "nobody is left in the list");
    let ended = AtomicU32::new(0);
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                assert_eq!(memory.atomic_wait32(8, 0, None), Ok(WaitResult::Ok));
                ended.fetch_add(1, Ordering::SeqCst);
            });
        }
        // Two at another place, of whom none is woken by that.
        for _ in 0..2 {
            scope.spawn(|| {
                assert_eq!(memory.atomic_wait32(12, 0, Some(Duration::from_millis(300))), Ok(WaitResult::TimedOut))
            });
        }
        let mut woken = 0;
        while woken < 3 {
            woken += memory.atomic_notify(8, 2).unwrap();
        }
        assert_eq!(woken, 3, "each is woken once");
    });
    assert_eq!(ended.into_inner(), 3);
}

#[test]
fn a_guest_that_waits_can_be_interrupted() {
    let engine = Engine::new(Config::default().interruptible(true));
    let text = r#"(module (memory 1 1 shared) (func (export "wait") (drop (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const -1)))))"#;
    let module = Module::new(&engine, text).unwrap();
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    let wait = instance.get_typed_func::<(), ()>(&store, "wait").unwrap();
    let handle = store.interrupt_handle();
    thread::scope(|scope| {
        scope.spawn(move || {
            thread::sleep(Duration::from_millis(50));
            handle.interrupt();
        });
        assert_eq!(wait.call(&mut store, ()).unwrap_err().as_trap(), Some(Trap::Interrupted));
    });
}

/// What another thread has added is there at once, for every kind of access.
#[test]
fn growth_in_one_store_is_seen_in_another() {
    let engine = Engine::default();
    let text = r#"(module (import "host" "memory" (memory 1 3 shared))
        (func (export "size") (result i32) (memory.size)) (func (export "grow") (result i32) (memory.grow (i32.const 1)))
        (func (export "near") (param i32) (result i32) (i32.store (local.get 0) (i32.const 7)) (i32.load (local.get 0)))
        (func (export "far") (param i32) (result i32) (i32.load offset=65536 (local.get 0)))
        (func (export "add") (param i32) (result i32) (i32.atomic.rmw.add (local.get 0) (i32.const 1)))
        (func (export "fill") (param i32) (result i32) (memory.fill (local.get 0) (i32.const 1) (i32.const 4)) (i32.const 0)))"#;
    let module = Module::new(&engine, text).unwrap();
    let memory = SharedMemory::new(&engine, MemoryType::shared(1, 3)).unwrap();
    let instance = || {
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &module, &[memory.clone().into()]).unwrap();
        (store, instance)
    };
    let ((mut one, first), (mut other, second)) = (instance(), instance());
    let accesses = [("near", 65_536), ("far", 0), ("add", 65_536), ("fill", 65_536)];
    for (name, at) in accesses {
        let func = second.get_typed_func::<i32, i32>(&other, name).unwrap();
        assert_eq!(func.call(&mut other, at).unwrap_err().as_trap(), Some(Trap::MemoryOutOfBounds), "{name}");
    }
    let grow = first.get_typed_func::<(), i32>(&one, "grow").unwrap();
    assert_eq!(grow.call(&mut one, ()).unwrap(), 1);
    for (name, at) in accesses {
        let func = second.get_typed_func::<i32, i32>(&other, name).unwrap();
        func.call(&mut other, at).unwrap_or_else(|error| panic!("{name}: {error}"));
    }
    let size = second.get_typed_func::<(), i32>(&other, "size").unwrap();
    assert_eq!(size.call(&mut other, ()).unwrap(), 2);
    assert_eq!(memory.grow(1), Ok(2));
    assert_eq!((grow.call(&mut one, ()).unwrap(), memory.grow(1).is_err(), memory.data_size()), (-1, true, 3 << 16));
}

#[test]
fn shared_memories_are_imported_and_exported_as_what_they_are() {
    let engine = Engine::default();
    let module = |text: &str| Module::new(&engine, text).unwrap();
    let mut store = Store::new(&engine, ());
    let owner = module(r#"(module (memory (export "m") 1 2 shared) (data (i32.const 3) "abc"))"#);
    let owner = Instance::new(&mut store, &owner, &[]).unwrap();
    assert_eq!(owner.get_memory(&store, "m"), None, "there are no bytes to borrow");
    let memory = owner.get_shared_memory(&store, "m").unwrap();
    let mut bytes = [0; 3];
    memory.read(3, &mut bytes).unwrap();
    assert_eq!(&bytes, b"abc");
    assert!(
        memory.ty().is_shared()
            && memory.read(65_534, &mut bytes).is_err()
            && memory.write(usize::MAX, &bytes).is_err()
    );
    // Into another store, twice: one memory of it.
    let user = module(
        r#"(module (import "" "a" (memory 1 2 shared)) (import "" "b" (memory 1 2 shared))
        (func (export "copy") (memory.copy 0 1 (i32.const 10) (i32.const 3) (i32.const 3)) (memory.copy 0 0 (i32.const 11) (i32.const 10) (i32.const 12))
            (memory.copy 0 0 (i32.const 40) (i32.const 41) (i32.const 12))))"#,
    );
    let mut other = Store::new(&engine, ());
    let imports: [Extern; 2] = [memory.clone().into(), memory.clone().into()];
    let user = Instance::new(&mut other, &user, &imports).unwrap();
    memory.write(13, b"123456789").unwrap();
    memory.write(40, b"0123456789abcdef").unwrap();
    user.get_typed_func::<(), ()>(&other, "copy").unwrap().call(&mut other, ()).unwrap();
    let mut bytes = [0; 13];
    memory.read(10, &mut bytes).unwrap();
    assert_eq!(&bytes, b"aabc123456789", "as if copied to another place first");
    memory.read(40, &mut bytes).unwrap();
    assert_eq!(&bytes, b"123456789abcc");
    // Of another type than is asked for.
    for (text, is_right) in [
        (r#"(module (import "" "m" (memory 1 2 shared)))"#, true),
        (r#"(module (import "" "m" (memory 1 2)))"#, false),
        (r#"(module (import "" "m" (memory 1 1 shared)))"#, false),
        (r#"(module (import "" "m" (memory 2 2 shared)))"#, false),
    ] {
        assert_eq!(Instance::new(&mut store, &module(text), &[memory.clone().into()]).is_ok(), is_right, "{text}");
    }
    let plain = Memory::new(&mut store, MemoryType::new(1, Some(2))).unwrap();
    let wanted = module(r#"(module (import "" "m" (memory 1 2 shared)))"#);
    assert!(Instance::new(&mut store, &wanted, &[plain.into()]).is_err());
    assert!(Memory::new(&mut store, MemoryType::shared(1, 2)).is_err(), "that is a SharedMemory");
    assert!(SharedMemory::new(&engine, MemoryType::new(1, Some(2))).is_err());
}

/// Every load and store of vectors, on a memory that is shared or not, and with addresses of 32 bits or 64.
fn vector_accesses(shared: &str, index: &str) -> String {
    let loads = [
        "load",
        "load8x8_s",
        "load8x8_u",
        "load16x4_s",
        "load16x4_u",
        "load32x2_s",
        "load32x2_u",
        "load8_splat",
        "load16_splat",
        "load32_splat",
        "load64_splat",
        "load32_zero",
        "load64_zero",
    ];
    let mut text = format!("(module (memory {index} 1 1 {shared}) (memory $other {index} 1 1 {shared})\n");
    for load in loads {
        // The offset near, and far; the address in an accumulator; the other memory.
        text += &format!(
            "(func (export \"{load}\") (param $at {index}) (result v128 v128 v128)
                (v128.{load} offset=3 (local.get $at))
                (v128.{load} offset=65517 ({index}.shr_u (local.get $at) ({index}.const 12)))
                (v128.{load} $other ({index}.const 7)))\n"
        );
    }
    for (width, lane) in [(8, 13), (16, 6), (32, 2), (64, 1)] {
        text += &format!(
            "(func (export \"lane{width}\") (param $at {index}) (result v128 v128 v128)
                (v128.store{width}_lane offset=1 {lane} (local.get $at) (v128.const i64x2 0x0706050403020100 0x0f0e0d0c0b0a0908))
                (v128.load{width}_lane offset=2 {lane} (local.get $at) (v128.const i64x2 1 2))
                (v128.load (local.get $at)) (v128.load ({index}.const 32)))\n"
        );
    }
    text + &format!(
        "(func (export \"store\") (param $at {index}) (result v128 v128 v128) (local $v v128)
            (local.set $v (v128.const i64x2 0x1716151413121110 0x1f1e1d1c1b1a1918))
            (v128.store offset=5 (local.get $at) (local.get $v))
            (v128.store ({index}.shr_u (local.get $at) ({index}.const 1)) (v128.not (local.get $v)))
            (v128.store ({index}.const 64) (local.get $v))
            (v128.store $other (local.get $at) (v128.load (local.get $at)))
            (v128.load (local.get $at)) (v128.load offset=60 ({index}.const 0)) (v128.load $other (local.get $at)))
        (func (export \"fill\") (local $i {index})
            (loop $again
                (i64.store (local.get $i) (i64.mul (i64.const 0x9e3779b97f4a7c15) (i64.load (local.get $i))))
                (i32.store8 (local.get $i) (i32.add (i32.const 77) (i32.load8_u (local.get $i))))
                (i32.store8 $other (local.get $i) (i32.load8_u (local.get $i)))
                (br_if $again ({index}.lt_u (local.tee $i ({index}.add (local.get $i) ({index}.const 1))) ({index}.const 65528)))))
        (func (export \"sum\") (result i64) (local $i {index}) (local $sum i64)
            (loop $again
                (local.set $sum (i64.add (i64.mul (local.get $sum) (i64.const 31)) (i64.load (local.get $i))))
                (br_if $again ({index}.lt_u (local.tee $i ({index}.add (local.get $i) ({index}.const 8))) ({index}.const 65536))))
            (local.get $sum)))"
    )
}

/// A vector in a shared memory is what it is in another one; nothing is written by a store that traps.
#[test]
fn vectors_in_a_shared_memory() {
    type Three = (sheave::V128, sheave::V128, sheave::V128);
    let run = |shared: &str, index: &str| {
        let engine = Engine::default();
        let module = Module::new(&engine, vector_accesses(shared, index)).expect("a valid module");
        let mut store = Store::new(&engine, ());
        let instance = <Linker<()>>::new(&engine).instantiate_and_start(&mut store, &module).expect("no imports");
        let fill = instance.get_typed_func::<(), ()>(&store, "fill").expect("exported");
        fill.call(&mut store, ()).expect("no trap");
        let names: Vec<String> = module.exports().map(|export| export.name().to_owned()).collect();
        let mut results = Vec::new();
        for name in names.iter().filter(|name| *name != "fill" && *name != "sum") {
            for at in
                [0_u32, 1, 40, 4099, 65500, 65515, 65517, 65518, 65519, 65520, 65523, 65528, 65535, 65536, u32::MAX]
            {
                let result = if index == "i32" {
                    let func = instance.get_typed_func::<u32, Three>(&store, name).expect("exported");
                    func.call(&mut store, at)
                } else {
                    let func = instance.get_typed_func::<u64, Three>(&store, name).expect("exported");
                    func.call(&mut store, if at == u32::MAX { u64::MAX } else { at.into() })
                };
                let result = result.map_err(|error| error.as_trap().expect("a trap").to_string());
                results.push(format!("{name} {at}: {result:?}"));
            }
            let sum = instance.get_typed_func::<(), i64>(&store, "sum").expect("exported");
            results.push(format!("{name}: {}", sum.call(&mut store, ()).expect("no trap")));
        }
        results
    };
    for index in ["i32", "i64"] {
        let (plain, shared) = (run("", index), run("shared", index));
        assert!(plain.iter().any(|result| result.contains("Err")) && plain.iter().any(|result| result.contains("Ok")));
        for (plain, shared) in plain.iter().zip(&shared) {
            assert_eq!(plain, shared, "{index}");
        }
    }
}
