//! Each trap as a user sees it: the message, then the frames from the innermost outwards, with function names and places in the wasm.
//!
//! A module in `trap/` exports `run`; what calling it displays stands at the end of the file, `SHEAVE_BLESS=1` rewrites it.

use sheave::{Config, Engine, Instance, Module, Store, Trap};
use sheave_tests::blessed::check_folder;
use std::cell::RefCell;
use std::collections::BTreeSet;

/// Traps that a guest alone does not cause, or that no operator of the supported features raises.
const NOT_FROM_A_GUEST: [Trap; 4] = [Trap::OutOfFuel, Trap::Interrupted, Trap::HostNesting, Trap::EndlessWait];

#[test]
fn each_trap_shows_its_message_and_where_it_happened() {
    let seen = RefCell::new(BTreeSet::new());
    check_folder("trap", |text| {
        // A heap that a few objects fill.
        let engine = Engine::new(Config::default().max_objects_bytes(16 << 20));
        let module = Module::new(&engine, text).expect("a module");
        let mut store = Store::new(&engine, ());
        let error = match Instance::new(&mut store, &module, &[]) {
            Ok(instance) => {
                let run = instance.get_typed_func::<(), ()>(&store, "run").expect("the function");
                run.call(&mut store, ()).expect_err("a trap")
            }
            Err(error) => error,
        };
        seen.borrow_mut().insert(error.as_trap().expect("a trap, not another error").code());
        assert!(error.backtrace().is_some(), "no backtrace: {error}");
        error.to_string()
    });
    for trap in Trap::ALL {
        let is_seen = seen.borrow().contains(&trap.code());
        assert_eq!(
            is_seen,
            !NOT_FROM_A_GUEST.contains(trap),
            "{trap:?}: a file in trap/ should, or should not, show it"
        );
    }
}
