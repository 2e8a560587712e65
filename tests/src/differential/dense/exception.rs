//! What dense modules do with exceptions: throw them inside a `try_table`, of this function or a caller's, catch them with and without
//! their reference, and throw that again.

use super::Body;
use wasm_encoder::{BlockType, Catch, Instruction as I, RefType, ValType};

/// Types of the values that the tag carries.
pub const PAYLOAD: [ValType; 2] = [ValType::I32, ValType::I64];
const TAG: u32 = 0;

/// Throws, under a condition, where something catches it; elsewhere seldom.
pub fn throw(body: &mut Body<'_>) {
    if body.tries == 0 && !body.rng.one_in(6) {
        return body.assign(0);
    }
    body.condition();
    body.push(I::If(BlockType::Empty));
    body.expression(0, 1);
    body.expression(1, 1);
    body.push(I::Throw(TAG));
    body.push(I::End);
}

/// Statements whose exceptions end here, but for those that are thrown again.
pub fn catch(body: &mut Body<'_>, depth: u32) {
    match body.rng.below(4) {
        // By the tag; the values become locals.
        0 | 1 => {
            let block = BlockType::FunctionType(body.payload_type);
            body.push(I::Block(block));
            inside(body, depth, Catch::One { tag: TAG, label: 0 });
            body.leaf(0);
            body.leaf(1);
            body.push(I::End);
            for ty in [1, 0] {
                let local = body.local(ty);
                body.push(I::LocalSet(local));
            }
        }
        2 => {
            body.push(I::Block(BlockType::Empty));
            inside(body, depth, Catch::All { label: 0 });
            body.push(I::End);
        }
        // With its reference, to be thrown again or forgotten.
        _ => {
            body.push(I::Block(BlockType::Empty));
            body.push(I::Block(BlockType::Result(ValType::Ref(RefType::EXNREF))));
            inside(body, depth, Catch::AllRef { label: 0 });
            body.push(I::Br(1));
            body.push(I::End);
            body.push(if body.tries > 0 { I::ThrowRef } else { I::Drop });
            body.push(I::End);
        }
    }
}

fn inside(body: &mut Body<'_>, depth: u32, catch: Catch) {
    body.push(I::TryTable(BlockType::Empty, vec![catch].into()));
    body.tries += 1;
    body.inside(depth);
    throw(body);
    body.tries -= 1;
    body.push(I::End);
}
