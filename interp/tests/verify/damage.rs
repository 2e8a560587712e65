//! Random damage to code, cell maps, block starts and function types: what the verifier lets pass is run, and must keep to
//! its sandbox: handles it has are handles it was given.
//!
//! The stack is full of junk before a function is entered, so that a reference cell which is not nulled shows. Fuel bounds
//! the runs: that loops charge it is among the things verified.

use crate::{corpus::CORPUS, patch::Patch};
use core::sync::atomic::AtomicU32;
use sheave_interp::{
    image::{Image, format},
    instance::{Supply, instantiate},
    isa,
    store::{
        External, Heap, Stop, Store,
        limits::{Denied, Limiter, Limits},
    },
    translate::Config,
    types::{ExternKind, ExternType, FuncIndex, FuncType},
};

/// A generator of numbers: xorshift, seeded.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % end
    }
}

/// Damages what the verifier answers for: code with frame units, cell maps, block starts.
fn damage(patch: &mut Patch, random: &mut Random) {
    use format::section::{BLOCK_STARTS, CELL_MAPS, CODE, FUNC_TYPES};
    for _ in 0..=random.below(3) {
        let id = [CODE, CODE, CODE, CODE, CODE, CELL_MAPS, BLOCK_STARTS, FUNC_TYPES][random.below(8)];
        let has_maps = patch.original.parse().unwrap().code_funcs().any(|func| func.cell_map.has_references());
        let (at, bytes) = patch.section(if id == CELL_MAPS && !has_maps { CODE } else { id });
        let unit = at + random.below(bytes) / 2 * 2;
        // Small changes pass more rules than wild ones.
        let value = match random.below(4) {
            0 => random.below(0x1_0000) as u16,
            1 => random.below(usize::from(isa::TOKENS)) as u16,
            2 => 4 * random.below(20) as u16,
            _ => u16::from_le_bytes([patch.image[unit], patch.image[unit + 1]]) ^ 1 << random.below(16),
        };
        let value = value.to_le_bytes();
        let end = (at + bytes).min(unit + 2);
        patch.image[unit..end].copy_from_slice(&value[..end - unit]);
    }
}

static SIGNAL: AtomicU32 = AtomicU32::new(0);
const STACK_BYTES: usize = 32 << 10;
/// Would be the handle of a function that does not exist.
const JUNK: u32 = 0x7fff_fff2;

/// Lets memories and tables be small.
struct Small;

impl Limiter for Small {
    fn memory_growing(&mut self, _: u64, desired: u64, _: Option<u64>) -> Result<bool, Denied> {
        Ok(desired <= 1 << 18)
    }
    fn table_growing(&mut self, _: u32, desired: u32, _: Option<u32>) -> Result<bool, Denied> {
        Ok(desired <= 1000)
    }
}

/// Things of the host that the image's imports ask for.
fn imports(store: &mut Store, image: &Image<'_>) -> Vec<Supply> {
    let import = |store: &mut Store, ty| match ty {
        ExternType::Func(_) => Supply::Host(0),
        ExternType::Table(ty) => Supply::External(External::Table(store.new_table(ty, 0, &mut Small).unwrap())),
        ExternType::Memory(ty) => Supply::External(External::Memory(store.new_memory(ty, &mut Small).unwrap())),
        ExternType::Global(ty) => Supply::External(External::Global(store.new_global(ty, 0).unwrap())),
        ExternType::Tag(_) => unreachable!("verified images have no tags"),
    };
    image.imports().map(|each| import(store, each.ty)).collect()
}

/// Runs every function of an accepted image, with small numbers and null as arguments.
fn run(image: &Image<'_>, random: &mut Random) {
    let limits = Limits { stack_bytes: STACK_BYTES, table_elements: 1000, ..Limits::default() };
    // SAFETY: the signal word is static.
    let mut store = unsafe { Store::new(Heap::default(), limits, &SIGNAL) }.unwrap();
    let imports = imports(&mut store, image);
    let supply = |number: u32| imports.get(number as usize).copied();
    // SAFETY: the image was verified, and outlives the store, which this function drops.
    let Ok(instance) = (unsafe { instantiate(&mut store, image, &supply, &mut Small) }) else { return };
    for i in 0..image.code_funcs_count() - image.hidden_funcs_count() {
        let index = FuncIndex(image.imported_count(ExternKind::Func) + i);
        let ty = image.type_of_func(index).unwrap();
        store.cells_mut(0, STACK_BYTES / 4).fill(JUNK);
        store.set_fuel(2000, true);
        let func = store.func_address(instance, index).unwrap();
        call(&mut store, func, ty, random);
        check_handles(&store, image, instance);
    }
}

fn call(store: &mut Store, func: u32, ty: FuncType<'_>, random: &mut Random) {
    let Ok(call) = store.begin(func) else { return };
    for (param, cell) in ty.params().layout() {
        let value = if param.is_ref() { 0 } else { random.below(8) as u32 };
        store.cells_mut(call.window, call.cells)[cell as usize..][..param.cells() as usize].fill(value);
    }
    if store.enter(&call).is_err() {
        return store.abandon(&call);
    }
    for _ in 0..100 {
        match store.run(&mut Small) {
            Stop::HostCall(host) => {
                let ty = store.func_type(host.func);
                let cells = store.cells(host.window, host.cells);
                for (param, cell) in ty.params().layout() {
                    assert!(!param.is_ref() || store.is_valid_handle(cells[cell as usize]), "forged argument");
                }
                store.cells_mut(host.window, host.cells).fill(0);
                store.host_return(&host);
            }
            Stop::Finished => {
                store.finish(&call);
                let cells = store.cells(call.window, call.cells);
                for (result, cell) in ty.results().layout() {
                    assert!(!result.is_ref() || store.is_valid_handle(cells[cell as usize]), "forged result");
                }
                return;
            }
            _ => break,
        }
    }
    // Walks the frames, wherever the guest stopped.
    assert!(store.frames().take(100).count() <= 100);
    store.abandon(&call);
}

/// Tables and globals hold handles of things that exist.
fn check_handles(store: &Store, image: &Image<'_>, instance: u32) {
    for index in 0..image.count(ExternKind::Table) {
        let Some(External::Table(address)) = store.resolve(instance, ExternKind::Table, index) else { unreachable!() };
        assert!(store.table(address).iter().all(|handle| store.is_valid_handle(*handle)), "forged element");
    }
    for index in 0..image.count(ExternKind::Global) {
        let Some(External::Global(address)) = store.resolve(instance, ExternKind::Global, index) else {
            unreachable!()
        };
        let is_ref = store.global_type(address).content.is_ref();
        assert!(!is_ref || store.is_valid_handle(store.global(address) as u32), "forged global");
    }
}

#[test]
fn damaged_code_is_refused_or_harmless() {
    let mut random = Random(0x5eed_1234_5678_9abd);
    let config = Config { fuel: true, ..Config::default() };
    let (mut accepted, mut refused) = (0, 0);
    for (_, wat) in CORPUS {
        let mut patch = Patch::new(wat, &config);
        let whole = patch.image.clone();
        for _ in 0..20_000 {
            patch.image.copy_from_slice(&whole);
            damage(&mut patch, &mut random);
            match patch.verified() {
                Ok(image) => {
                    accepted += 1;
                    run(&image.parse().unwrap(), &mut random);
                }
                Err(_) => refused += 1,
            }
        }
    }
    // Neither everything nor nothing: changed constants are harmless, changed slots mostly not.
    assert!(accepted > 5_000 && refused > 50_000, "{accepted} accepted, {refused} refused");
}
