//! Throwing: makes exceptions, finds who catches them, and lets the guest go on there.
//!
//! The search walks the frames of the call from the host that runs, outwards, and looks for a handler of the image that covers the place where
//! each stands. It changes nothing, so that an exception that nobody catches leaves the frames to the backtrace, and takes no native stack.
//! An exception that leaves a call from the host is the embedder's, who may throw it again where the call was made.
//!
//! An exception is an object whose words behind the header are its payload, packed as parameters are.

use super::{HostCall, Stop, Store, backtrace::Frames};
use crate::{
    exec::{context::Registers, machine::Handle},
    gc::{
        Kind,
        layout::{HEADER_BYTES, OBJECT_ALIGN},
    },
    image::format::Handler,
    trap::Trap,
    types::ExternKind,
};

/// Where an exception is caught.
struct Catch {
    instance: u32,
    /// Bytes from the start of the guest stack.
    fp: usize,
    handler: Handler,
}

impl Store {
    /// The tag of an exception, if that is one: a reference of another kind in its place is found here.
    pub fn exception_tag(&self, exception: Handle) -> Option<u32> {
        if exception == 0 || !exception.is_multiple_of(OBJECT_ALIGN) {
            return None;
        }
        let layout = self.objects.layout(self.objects.descriptor(exception));
        (layout.kind == Kind::Exception).then_some(layout.owner)
    }

    /// The payload of an exception: its cells, as parameters of its tag's type are packed.
    ///
    /// # Panics
    /// If it is none.
    pub fn exception_cells(&self, exception: Handle) -> &[u32] {
        &self.objects.object(exception)[(HEADER_BYTES / 4) as usize..]
    }

    /// The same, for writing handles of this store and numbers.
    ///
    /// # Panics
    /// If it is none.
    pub fn exception_cells_mut(&mut self, exception: Handle) -> &mut [u32] {
        &mut self.objects.object_mut(exception)[(HEADER_BYTES / 4) as usize..]
    }

    /// After `Exit::THROW`: goes on where the exception is caught, or says why not.
    #[cold]
    pub(super) fn throw(&mut self) -> Result<(), Stop> {
        let request = self.context().request;
        let exception = if request.window.is_null() {
            request.value
        } else {
            let window = request.window as usize - self.stack.as_ptr() as usize;
            self.new_exception(request.address, window).map_err(Stop::Trap)?
        };
        let Some(tag) = self.exception_tag(exception) else { return Err(Stop::Trap(Trap::NullReference)) };
        match self.find_catch(tag, false) {
            Some(catch) => {
                self.enter_handler(&catch, exception, tag);
                Ok(())
            }
            None => Err(Stop::Thrown(exception)),
        }
    }

    /// A host function that the guest waits for throws an exception; whether the guest catches it, and can go on. If not, the frames are as
    /// they were, and the call has to be abandoned.
    ///
    /// # Panics
    /// If it is no exception of this store.
    pub fn throw_from_host(&mut self, call: &HostCall, exception: Handle) -> bool {
        let tag = self.exception_tag(exception).expect("an exception of this store");
        // A frame that made a tail call is not there any more.
        let catch = self.find_catch(tag, call.leaves.is_some());
        if let Some(catch) = &catch {
            self.enter_handler(catch, exception, tag);
        }
        catch.is_some()
    }

    /// Makes an exception with the tag of this index of the instance that runs, whose payload stands in a window.
    fn new_exception(&mut self, tag: u32, window: usize) -> Result<Handle, Trap> {
        let instance = self.context().instance;
        let tag = self.tag_at(instance, tag).expect("the verifier has seen the tag");
        let descriptor = self.tag_descriptor(tag);
        // What the window holds of references is alive: they were moved there right before, from cells of the frame.
        let handle = self.new_object(descriptor, 0)?;
        self.fill_exception(handle, tag, window);
        Ok(handle)
    }

    fn fill_exception(&mut self, exception: Handle, tag: u32, window: usize) {
        let count = self.tag_type(tag).params().cells() as usize;
        // SAFETY: the window was checked to lie in the frame; the object is elsewhere.
        let cells = unsafe { core::slice::from_raw_parts(self.stack.as_ptr().add(window).cast::<u32>(), count) };
        self.exception_cells_mut(exception)[..count].copy_from_slice(cells);
    }

    /// Address of the tag with this index.
    fn tag_at(&self, instance: u32, index: u32) -> Option<u32> {
        match self.resolve(instance, ExternKind::Tag, index) {
            Some(super::External::Tag(address)) => Some(address),
            _ => None,
        }
    }

    /// The innermost handler for a tag; of the frames from the current one on, or from its caller.
    fn find_catch(&self, tag: u32, skips_first: bool) -> Option<Catch> {
        let mut frames: Frames<'_> = self.frames();
        let mut skips = skips_first;
        while let Some((instance, unit, fp)) = frames.position() {
            if !skips {
                let is_caught = |handler: &Handler| {
                    handler.covers(unit) && handler.tag.is_none_or(|index| self.tag_at(instance, index.0) == Some(tag))
                };
                if let Some(handler) = self.handler_at(instance, unit, is_caught) {
                    return Some(Catch { instance, fp, handler });
                }
            }
            skips = false;
            frames.next()?;
        }
        None
    }

    /// Puts the payload where the handler's code expects it, and lets the guest go on there.
    fn enter_handler(&mut self, catch: &Catch, exception: Handle, tag: u32) {
        let Catch { instance, fp, handler } = *catch;
        let stack = self.stack.as_ptr();
        // SAFETY: the verifier has seen that the handler's cells lie in its function's frame, and fit the kinds of the payload; the frame
        // lies in the stack.
        let put = |offset: u32, words: &[u32]| unsafe {
            let cell = stack.add(fp + offset as usize).cast::<u32>();
            cell.copy_from_nonoverlapping(words.as_ptr(), words.len());
        };
        let (mut data, mut refs) = (handler.data, handler.refs);
        if handler.tag.is_some() {
            let cells = self.exception_cells(exception);
            for (ty, cell) in self.tag_type(tag).params().layout() {
                let words = &cells[cell as usize..][..ty.cells() as usize];
                let offset = if ty.is_ref() { &mut refs } else { &mut data };
                put(*offset, words);
                *offset += ty.bytes();
            }
        }
        if handler.has_ref {
            put(refs, &[exception]);
        }
        let ip = self.code_ptr(instance).wrapping_add(handler.target as usize);
        let cx = self.context_mut();
        cx.saved = Registers { ip, fp: stack.wrapping_add(fp), r0: 0, f0: 0.0 };
        cx.instance = instance;
        self.set_stale();
    }
}
