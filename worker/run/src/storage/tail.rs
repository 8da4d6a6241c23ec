//! The end of a file that grows: what is appended is gathered and written at once, since a call of the system for each of
//! a thousand records takes longer than evaluating them.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

/// More than this is written without being asked.
const MOST: usize = 1 << 20;

/// A file with what is yet to be written behind its end.
#[derive(Debug)]
pub(super) struct Tail {
    file: File,
    written: u64,
    pending: Vec<u8>,
}

impl Tail {
    /// A file that ends at `end`; what lies behind is overwritten.
    pub fn new(file: File, end: u64) -> Tail {
        Tail { file, written: end, pending: Vec::new() }
    }

    /// The file, without what is pending.
    pub fn file(&self) -> &File {
        &self.file
    }

    /// The file ends elsewhere than was said.
    pub fn begin_at(&mut self, end: u64) {
        self.written = end;
    }

    /// Where the file ends.
    pub fn written(&self) -> u64 {
        self.written
    }

    /// Where the next bytes will lie.
    pub fn end(&self) -> u64 {
        self.written + self.pending.len() as u64
    }

    /// Appends what `put` adds. After an error nothing of it is known to be written.
    pub fn append(&mut self, put: impl FnOnce(&mut Vec<u8>)) -> io::Result<()> {
        put(&mut self.pending);
        if self.pending.len() > MOST { self.flush() } else { Ok(()) }
    }

    /// Hands everything to the system: it survives the process from here on.
    pub fn flush(&mut self) -> io::Result<()> {
        if !self.pending.is_empty() {
            self.file.write_all_at(&self.pending, self.written)?;
            self.written += self.pending.len() as u64;
            self.pending.clear();
        }
        Ok(())
    }

    /// Fills `bytes` from `offset`, from whichever half holds it. `None`: there is no such part.
    pub fn read(&self, bytes: &mut [u8], offset: u64) -> Option<()> {
        match offset.checked_sub(self.written) {
            Some(at) => {
                let at = usize::try_from(at).ok()?;
                bytes.copy_from_slice(self.pending.get(at..at.checked_add(bytes.len())?)?);
                Some(())
            }
            None => self.file.read_exact_at(bytes, offset).ok(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_pending_is_read_as_what_is_written_and_the_file_has_all_of_it_after_a_flush() {
        let file = tempfile::tempfile().unwrap();
        let mut tail = Tail::new(file, 0);
        tail.append(|out| out.extend_from_slice(b"one")).unwrap();
        tail.flush().unwrap();
        tail.append(|out| out.extend_from_slice(b"two")).unwrap();
        assert_eq!((tail.end(), tail.file().metadata().unwrap().len()), (6, 3));
        let read = |tail: &Tail, offset| {
            let mut bytes = [0; 3];
            tail.read(&mut bytes, offset).map(|()| bytes)
        };
        let both = |tail: &Tail| assert_eq!([read(tail, 0), read(tail, 3)], [Some(*b"one"), Some(*b"two")]);
        both(&tail);
        assert_eq!(read(&tail, 4), None);
        tail.flush().unwrap();
        both(&tail);
        assert_eq!((read(&tail, 4), tail.file().metadata().unwrap().len()), (None, 6));
    }

    #[test]
    fn much_is_written_without_being_asked() {
        let mut tail = Tail::new(tempfile::tempfile().unwrap(), 0);
        tail.append(|out| out.resize(MOST + 1, 7)).unwrap();
        assert_eq!(tail.file().metadata().unwrap().len(), MOST as u64 + 1);
    }
}
