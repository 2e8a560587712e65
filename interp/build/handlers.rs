//! The handler of each instruction as a type, and the list of all of them.

use std::{collections::BTreeSet, fmt::Write as _};

use crate::{
    available::Available,
    instructions, name,
    operations::rust,
    table::{Role, Row, Ty, kind},
};

/// Operand kind of a form as the type that reads or writes it.
fn operand(letter: u8) -> Option<&'static str> {
    Some(match letter {
        kind::REG => "Reg",
        kind::SLOT => "Slot",
        kind::WRITE => "Write",
        kind::IMM16 => "Imm16",
        kind::IMM32 => "Imm32",
        kind::IMM64 => "Imm64",
        _ => return None,
    })
}

/// The handler of one instruction as a type: `Binary<operation::I32Add, Reg, Slot, Write>`.
pub fn handler(row: &Row, form: &[u8]) -> String {
    let mut arguments = Vec::new();
    let computes = [
        "Binary",
        "BranchIf2",
        "BranchUnless2",
        "LoopEdge",
        "Unary",
        "BranchIf1",
        "BranchUnless1",
        "Chain",
        "Wide",
        "MulWide",
        "Load",
        "LoadSum",
        "LoadFar",
        "Store",
        "StoreFar",
        "AtomicLoad",
        "AtomicStore",
        "AtomicRmw",
        "AtomicCmpxchg",
        "ExtractLane",
        "ReplaceLane",
    ];
    if computes.contains(&row.shape.handler) {
        arguments.push(format!("operation::{}", name(row)));
    } else {
        arguments.extend(distinct(row).iter().map(|ty| rust(*ty).to_owned()));
    }
    for (role, letter) in row.shape.roles.iter().zip(form) {
        if *role != Role::Aux {
            arguments.push(operand(*letter).expect("a typed role has a kind that holds a value").to_owned());
        }
    }
    // An absolute address is an immediate without an offset.
    if matches!(row.shape.handler, "Load" | "Store") {
        arguments.push(if form[1] == kind::NONE { "NoOffset" } else { "Offset16" }.to_owned());
    }
    if matches!(row.shape.handler, "Return" | "ReturnValue") {
        arguments.push(match form.last() {
            Some(letter @ b'0'..=kind::HEADER_MAX) => format!("HeaderAt<{}>", 4 * (letter - b'0')),
            _ => "HeaderField".to_owned(),
        });
    }
    if arguments.is_empty() {
        row.shape.handler.to_owned()
    } else {
        format!("{}<{}>", row.shape.handler, arguments.join(", "))
    }
}

/// Type arguments of shapes that move values: the type of the value moved, if it varies.
fn distinct(row: &Row) -> Vec<Ty> {
    match row.shape.handler {
        "Select" => vec![row.types[1]],
        "Step" | "StepTwo" | "ArrayNew" => vec![row.types[0]],
        "StructGet" | "StructSet" => vec![row.types[1]],
        "ArrayGet" | "ArraySet" | "ArrayFill" => vec![row.types[2]],
        "GlobalGet" | "GlobalSet" | "GlobalGetFar" | "GlobalSetFar" | "ReturnValue" | "Move" | "Take" => {
            vec![row.types[0]]
        }
        // The type of addresses or indices; of copies, also that of the other side and of the length.
        "MemorySize" | "MemoryGrow" | "MemoryFill" | "MemoryInit" | "CallIndirect" | "ReturnCallIndirect" => {
            vec![row.types[0]]
        }
        "TableGet" | "TableSet" | "TableSize" | "TableFill" | "TableInit" => vec![row.types[0]],
        "TableGrow" => vec![row.types[1]],
        "MemorySizeShared" | "MemoryFillShared" | "MemoryInitShared" => vec![row.types[0]],
        "AtomicWait" => vec![row.types[1]],
        "MemoryCopy" | "MemoryCopyShared" | "TableCopy" => row.types.to_vec(),
        _ => vec![],
    }
}

/// `for_each_handler!`: calls the given macro with all handler types in the order of their tokens, superinstructions last. Where
/// the build lacks one stands none, or, if there must be no gaps, one that refuses.
pub fn handlers(superinstructions: &[Vec<usize>], available: &Available, without_gaps: bool) -> String {
    let mut text = String::from("macro_rules! for_each_handler { ($with:ident) => { $with! {\n");
    let mut seen = BTreeSet::new();
    let handlers: Vec<String> = instructions().iter().map(|(row, form)| handler(row, row.shape.form(*form))).collect();
    for (token, (handler, (row, form))) in handlers.iter().zip(instructions()).enumerate() {
        if available.lack(row, form).is_some() {
            if without_gaps {
                writeln!(text, "    {token} => Missing;").unwrap();
            }
            continue;
        }
        if !handler.contains('<') {
            assert!(seen.insert(handler), "two rows share the handler {handler}");
        }
        writeln!(text, "    {token} => {handler};").unwrap();
    }
    for (index, elements) in superinstructions.iter().enumerate() {
        let (last, inner) = elements.split_last().expect("superinstructions have elements");
        let handler =
            inner.iter().rfold(handlers[*last].clone(), |rest, first| format!("Then<{}, {rest}>", handlers[*first]));
        writeln!(text, "    {} => {handler};", handlers.len() + index).unwrap();
    }
    text + "} } }\n"
}
