//! Packed files and other encodings: what a reader sees is a plain file, whose bytes are those inside. They are
//! unpacked as a stream into a nameless temporary file, so that memory stays bounded and nothing is left behind.

use crate::error::{Error, Result};
use crate::spill::Spill;
use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Packings inside each other, as a `.gz` in a `.zip`.
const MAX_LAYERS: usize = 3;
/// A file may grow to this size whatever its ratio.
const FREE_BYTES: u64 = 64 << 20;
/// Bars shrink to a twentieth at best: what grows to more than this many times its size is an attack or damaged.
const MAX_RATIO: u64 = 200;
const CHUNK: usize = 1 << 16;

/// A file to read: its name for messages, and its bytes.
pub(crate) struct Source {
    path: PathBuf,
    unpacked: Option<File>,
    /// The name of the file in an archive, without its ending.
    pub inner: Option<String>,
    /// What was done to the file, in sentences.
    pub notes: Vec<String>,
    /// Where its rows wait.
    pub rows: Arc<Spill>,
}

/// How a file is packed or written.
#[derive(Clone, Copy)]
enum Packing {
    Gzip,
    Zstd,
    Zip,
    Utf16 { little: bool },
}

impl Packing {
    fn of(head: &[u8]) -> Option<Self> {
        match head {
            [0x1f, 0x8b, ..] => Some(Packing::Gzip),
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Some(Packing::Zstd),
            [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => Some(Packing::Zip),
            [0xff, 0xfe, third, ..] if *third != 0xff => Some(Packing::Utf16 { little: true }),
            [0xfe, 0xff, ..] => Some(Packing::Utf16 { little: false }),
            // Without a mark: every second byte of plain text is 0.
            [a, 0, b, 0, c, 0, ..] if [a, b, c].iter().all(|b| **b != 0) => {
                Some(Packing::Utf16 { little: true })
            }
            [0, a, 0, b, 0, c, ..] if [a, b, c].iter().all(|b| **b != 0) => {
                Some(Packing::Utf16 { little: false })
            }
            _ => None,
        }
    }
}

impl Source {
    /// Opens the file at `path`, whose rows wait in `rows`, and unpacks it if it is packed.
    ///
    /// # Errors
    /// `Missing` or `Io` if it cannot be read, `Invalid` if it cannot be unpacked.
    pub fn open(path: &Path, rows: &Arc<Spill>) -> Result<Self> {
        let (path, rows) = (path.to_owned(), rows.clone());
        let mut source = Self { path, unpacked: None, inner: None, notes: Vec::new(), rows };
        for _ in 0..MAX_LAYERS {
            let Some(packing) = Packing::of(&source.head(6)?) else { return Ok(source) };
            let packed = source.file()?;
            source.unpacked = Some(source.unpack(packing, packed)?);
        }
        match Packing::of(&source.head(6)?) {
            None => Ok(source),
            Some(_) => Err(source.wrong("is packed many times: unpack it first")),
        }
    }

    /// The name of the file, for messages.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The plain bytes, from their beginning.
    ///
    /// # Errors
    /// `Missing` or `Io` if the file cannot be opened.
    pub fn file(&self) -> Result<File> {
        let failed = |e| Error::io("read", &self.path, e);
        match &self.unpacked {
            None => File::open(&self.path).map_err(failed),
            Some(file) => {
                let mut file = file.try_clone().map_err(failed)?;
                file.rewind().map_err(failed)?;
                Ok(file)
            }
        }
    }

    /// The first bytes.
    pub fn head(&self, bytes: u64) -> Result<Vec<u8>> {
        let mut head = Vec::new();
        self.file()?.take(bytes).read_to_end(&mut head).map_err(|e| Error::io("read", &self.path, e))?;
        Ok(head)
    }

    fn wrong(&self, problem: impl Into<String>) -> Error {
        Error::layout(&self.path, problem)
    }

    fn unpack(&mut self, packing: Packing, packed: File) -> Result<File> {
        let size = packed.metadata().map_err(|e| Error::io("read", &self.path, e))?.len();
        let plain = tempfile::tempfile().map_err(|e| Error::io("unpack", &self.path, e))?;
        let limit = FREE_BYTES.max(size.saturating_mul(MAX_RATIO));
        match packing {
            Packing::Gzip => self.copy("gzip", flate2::read::MultiGzDecoder::new(packed), &plain, limit)?,
            Packing::Zstd => {
                let decoder = zstd::stream::read::Decoder::new(packed);
                let mut decoder = decoder.map_err(|e| self.cut("zstd", &e))?;
                // Windows beyond this would be held in memory.
                decoder.window_log_max(27).map_err(|e| self.cut("zstd", &e))?;
                self.copy("zstd", decoder, &plain, limit)?;
            }
            Packing::Zip => self.zip(packed, &plain, limit)?,
            Packing::Utf16 { little } => self.utf16(packed, &plain, little)?,
        }
        Ok(plain)
    }

    fn cut(&self, kind: &str, problem: &dyn std::fmt::Display) -> Error {
        self.wrong(format!("cannot be unpacked ({kind}), it may be cut: {problem}"))
    }

    /// Copies what a decoder gives, up to `limit` bytes.
    fn copy(&self, kind: &str, mut decoder: impl Read, mut plain: &File, limit: u64) -> Result<()> {
        let (mut buffer, mut total) = (vec![0; CHUNK], 0u64);
        loop {
            let read = match decoder.read(&mut buffer) {
                Ok(0) => return Ok(()),
                Ok(read) => read,
                Err(e) if e.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(e) => return Err(self.cut(kind, &e)),
            };
            total += read as u64;
            if total > limit {
                let problem = format!(
                    "grows to more than {MAX_RATIO} times its size when it is unpacked, as no bars do: unpack it first and look"
                );
                return Err(self.wrong(problem));
            }
            plain.write_all(&buffer[..read]).map_err(|e| Error::io("unpack", &self.path, e))?;
        }
    }

    /// The one file of an archive.
    fn zip(&mut self, packed: File, plain: &File, limit: u64) -> Result<()> {
        let opened = zip::ZipArchive::new(BufReader::new(packed));
        let mut archive = opened.map_err(|e| self.cut("ZIP", &e))?;
        let names: Vec<String> = archive.file_names().map(str::to_owned).collect();
        if names.iter().any(|n| n == "[Content_Types].xml" || n == "mimetype") {
            return Err(self.wrong("is a spreadsheet: save it as CSV"));
        }
        let ours = |name: &&String| !name.ends_with('/') && !name.starts_with("__MACOSX/");
        // The archive of a month brings its checksum along.
        let bars = |name: &&String| ours(name) && !name.to_lowercase().ends_with(".checksum");
        let inside: Vec<&String> = names.iter().filter(bars).collect();
        let [name] = inside.as_slice() else {
            let listed = super::some(&inside.iter().map(|n| (*n).clone()).collect::<Vec<_>>());
            let problem = match inside.len() {
                0 => "is a ZIP archive without a file".to_owned(),
                n => format!("is a ZIP archive of {n} files ({listed}): unpack it and name those to import"),
            };
            return Err(self.wrong(problem));
        };
        let entry = archive.by_name(name).map_err(|e| self.cut("ZIP", &e))?;
        self.copy("ZIP", entry, plain, limit)?;
        self.inner = Path::new(name).file_stem().map(|stem| stem.to_string_lossy().into_owned());
        let left: Vec<&str> = names.iter().filter(ours).filter(|n| n != name).map(String::as_str).collect();
        if !left.is_empty() {
            self.notes.push(format!("left out of the ZIP archive: {}", left.join(", ")));
        }
        Ok(())
    }

    fn utf16(&self, packed: File, plain: &File, little: bool) -> Result<()> {
        let mut bytes = BufReader::with_capacity(CHUNK, packed).bytes();
        let mut out = BufWriter::with_capacity(CHUNK, plain);
        let mut failed = None;
        let units = std::iter::from_fn(|| {
            let mut next = || match bytes.next()? {
                Ok(byte) => Some(byte),
                Err(e) => {
                    failed = Some(e);
                    None
                }
            };
            let first = next()?;
            // Half a unit at the end is no character: 0xdc00 alone never is one.
            let Some(second) = next() else { return Some(0xdc00) };
            let pair = [first, second];
            Some(if little { u16::from_le_bytes(pair) } else { u16::from_be_bytes(pair) })
        });
        for unit in char::decode_utf16(units) {
            let unit = unit.map_err(|_| self.wrong("is no valid UTF-16: save it as UTF-8"))?;
            let mut buffer = [0; 4];
            let text = unit.encode_utf8(&mut buffer);
            out.write_all(text.as_bytes()).map_err(|e| Error::io("unpack", &self.path, e))?;
        }
        out.flush().map_err(|e| Error::io("unpack", &self.path, e))?;
        drop(out);
        failed.map_or(Ok(()), |e| Err(Error::io("read", &self.path, e)))
    }
}
