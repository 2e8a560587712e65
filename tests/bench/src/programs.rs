//! The benchmark programs: `programs.toml` and the modules that it names.

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// One row of `programs.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    name: String,
    file: String,
    n: i32,
    checksum: i64,
    what: String,
}

/// A row of the programs with objects.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ObjectsRow {
    name: String,
    file: String,
    arguments: [i32; 2],
    checksum: i64,
    what: String,
    unit: String,
    units: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    program: Vec<Row>,
    objects: Vec<ObjectsRow>,
    vectors: Vec<Row>,
}

/// A program, ready to load.
pub struct Program {
    /// The name in tables and on the command line.
    pub name: String,
    /// The module.
    pub wasm: Vec<u8>,
    /// The arguments of `run`: how much to do.
    pub arguments: Vec<i32>,
    /// What `run` must return.
    pub checksum: i64,
    /// What it exercises.
    pub what: String,
    /// What it does many times, and how often; of programs with objects.
    pub unit: Option<(String, u32)>,
}

/// The folder of this crate, where programs and modules are.
pub fn folder() -> PathBuf {
    std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from)
}

/// What there is to run.
pub struct Programs {
    /// The programs that engines are judged by.
    pub all: Vec<Program>,
    /// Programs with vectors, each once without (`NAME.scalar`) and once with them (`NAME.simd`), in that order.
    pub vectors: Vec<Program>,
    /// Programs with objects, which other engines run.
    pub objects: Vec<Program>,
}

/// Reads the programs that a list names, or all.
///
/// # Errors
/// An unreadable manifest or module; a name that is not in the manifest.
pub fn read(names: Option<&[String]>) -> Result<Programs> {
    let path = folder().join("programs.toml");
    let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let manifest: Manifest = toml::from_str(&text).with_context(|| format!("in {}", path.display()))?;
    let has = |name: &String| {
        manifest.program.iter().chain(&manifest.vectors).any(|row| row.name == *name)
            || manifest.objects.iter().any(|row| row.name == *name)
    };
    if let Some(unknown) = names.unwrap_or_default().iter().find(|name| !has(name)) {
        bail!("no program {unknown:?}; `--list` shows them");
    }
    let bytes = |file: &str| {
        let path = folder().join(file);
        std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))
    };
    let read = |rows: Vec<Row>| {
        let wanted = rows.into_iter().filter(|row| names.is_none_or(|names| names.contains(&row.name)));
        let program = |row: Row| {
            let (wasm, arguments) = (bytes(&format!("programs/wasm/{}", row.file))?, vec![row.n]);
            Ok(Program { name: row.name, wasm, arguments, checksum: row.checksum, what: row.what, unit: None })
        };
        wanted.map(program).collect::<Result<Vec<_>>>()
    };
    let objects = manifest.objects.into_iter().filter(|row| names.is_none_or(|names| names.contains(&row.name)));
    let objects = objects.map(|row| {
        let wasm = wat::parse_bytes(&bytes(&row.file)?)?.into_owned();
        let (arguments, unit) = (row.arguments.to_vec(), Some((row.unit, row.units)));
        Ok(Program { name: row.name, wasm, arguments, checksum: row.checksum, what: row.what, unit })
    });
    Ok(Programs {
        all: read(manifest.program)?,
        vectors: read(manifest.vectors)?,
        objects: objects.collect::<Result<_>>()?,
    })
}

/// Every committed module, by name: the programs here and the guests of `examples/guests`. What loading is measured with.
///
/// # Errors
/// An unreadable folder or module.
pub fn modules() -> Result<Vec<(String, Vec<u8>)>> {
    let mut modules = Vec::new();
    for folder in [folder().join("programs/wasm"), folder().join("../../examples/guests")] {
        if !folder.is_dir() {
            continue;
        }
        let mut paths: Vec<PathBuf> =
            std::fs::read_dir(&folder)?.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
        paths.retain(|path| path.extension().is_some_and(|extension| extension == "wasm"));
        paths.sort();
        for path in paths {
            modules.push((
                name_of(&path),
                std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?,
            ));
        }
    }
    Ok(modules)
}

fn name_of(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}
