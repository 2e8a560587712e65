//! An image that the compiler has verified runs as one that is verified when it is loaded.

use sheave::arena::{Caller, Error, Import, Limits, Module, Store, Val, ValType};

static EMBEDDED: Module<'static> = sheave::embed_image!(concat!(env!("OUT_DIR"), "/guest.image"));
static BYTES: &[u8] = sheave::include_image!(concat!(env!("OUT_DIR"), "/guest.image"));

fn led(mut caller: Caller<'_, i32>, params: &[Val], results: &mut [Val]) -> Result<(), Error> {
    if let [Val::I32(brightness)] = params {
        *caller.data_mut() = *brightness;
        results[0] = Val::I32(-brightness);
    }
    Ok(())
}

static IMPORTS: [Import<i32>; 1] = [Import::new("board", "led", &[ValType::I32], &[ValType::I32], led)];

/// All that the guest does, as text.
fn seen(module: &Module<'_>) -> String {
    let mut arena = vec![0; 0x2_0000];
    let limits = Limits { stack_bytes: 4096, ..Limits::default() };
    let mut store = Store::new(&mut arena, limits, &IMPORTS, 0).unwrap();
    let instance = store.instantiate(module).unwrap();
    let mut text = String::new();
    let calls: [(&str, &[Val], Val); 8] = [
        ("apply", &[Val::I32(1), Val::I32(14)], Val::I32(0)),
        ("apply", &[Val::I32(2), Val::I32(10)], Val::I32(0)),
        ("apply", &[Val::I32(0), Val::I32(0)], Val::I32(0)),
        ("apply", &[Val::I32(3), Val::I32(0)], Val::I32(0)),
        ("calls", &[], Val::I64(0)),
        ("mean", &[Val::F32(1.0), Val::F64(2.0)], Val::F64(0.0)),
        ("blink", &[Val::I32(1)], Val::I32(0)),
        ("none", &[], Val::I32(0)),
    ];
    for (name, params, result) in calls {
        let mut results = [result];
        match store.call(instance, name, params, &mut results) {
            Ok(()) => text += &format!("{name} {results:?}\n"),
            Err(error) => text += &format!("{name} {error}\n"),
        }
    }
    let memory = store.memory_mut(instance, "memory").unwrap();
    text += &format!("{} bytes, {:?}, led {}\n", memory.len(), &memory[8..14].to_vec(), store.data());
    text
}

#[test]
fn an_embedded_image_runs() {
    assert_eq!(
        seen(&EMBEDDED),
        "apply [I32(7)]\napply [I32(55)]\napply uninitialized element\napply undefined element\n\
         calls [I64(177)]\nmean [F64(1.5)]\nblink [I32(-116)]\nnone unknown export\n\
         65536 bytes, [115, 104, 101, 97, 118, 101], led 116\n"
    );
}

#[test]
fn it_does_what_a_loaded_one_does() {
    assert_eq!(seen(&EMBEDDED), seen(&Module::from_image(BYTES).unwrap()));
}
