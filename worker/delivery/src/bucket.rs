//! Results in a bucket: `<prefix>/<namespace>/<job>/<inputs digest>/<result digest>/<file>`, the mark `RESULT` last.
//!
//! A bucket knows no rename, so a result counts once its mark is there. Every object is created only if it is missing;
//! one that is there is compared byte by byte, so a retry after a success that nobody heard of changes nothing.

use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::Path as FilePath;

use futures::{StreamExt, TryStreamExt, stream};
use galapagos_run::storage::run_folder::{MARK, ResultMark};
use object_store::aws::AmazonS3;
use object_store::path::Path;
use object_store::{Error, ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload, WriteMultipart};

use crate::error::DeliveryError;
use crate::finished::Finished;
use crate::sink::{Outcome, Watch};
use crate::store;

/// Objects under way at a time. Each holds three parts in memory at most.
const SIDE_BY_SIDE: usize = 4;
/// What is larger is sent in parts of this size, of which two are under way at a time. A bucket cannot create an object of parts
/// only where it is missing.
const PART: u64 = 8 << 20;
/// The largest mark that is read.
const LARGEST_MARK: u64 = 1 << 16;

/// A bucket.
pub struct Bucket {
    name: String,
    prefix: String,
    store: AmazonS3,
}

impl fmt::Debug for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl Bucket {
    /// Opens it; see [`store::open`].
    pub fn open(name: &str, bucket: &str, prefix: &str) -> Result<Bucket, DeliveryError> {
        let store = store::open(name, bucket)?;
        Ok(Bucket { name: name.to_owned(), prefix: prefix.to_owned(), store })
    }

    /// Uploads a result, unless it is there.
    pub async fn deliver(&self, run: &Finished, watch: &dyn Watch) -> Result<Outcome, DeliveryError> {
        let place = run.place().join("/");
        let place = if self.prefix.is_empty() { place } else { format!("{}/{place}", self.prefix) };
        let mark = Path::from(format!("{place}/{MARK}"));
        if let Some(outcome) = self.marked(&mark, run).await? {
            return Ok(outcome);
        }
        watch.begins(&run.name(), run.bytes());
        let upload = |(name, bytes): &(String, u64)| {
            let (path, bytes) = (run.folder.join(name), *bytes);
            let (key, mark) = (Path::from(format!("{place}/{name}")), &mark);
            async move {
                if bytes > PART {
                    self.parts(&path, &key, bytes, (mark, run), watch).await
                } else {
                    self.whole(&path, &key, (mark, run), watch).await
                }
            }
        };
        stream::iter(run.files.iter().map(upload))
            .buffer_unordered(SIDE_BY_SIDE)
            .try_collect::<Vec<()>>()
            .await?;
        run.still_there()?;
        match self.create(&mark, run.mark_bytes()?.into()).await {
            Ok(()) => Ok(Outcome::Delivered),
            // Another delivery was quicker, or the answer to our own was lost.
            Err(Error::AlreadyExists { .. } | Error::Precondition { .. }) => {
                match self.marked(&mark, run).await? {
                    Some(_) => Ok(Outcome::Delivered),
                    None => Err(DeliveryError::Unavailable {
                        to: self.name.clone(),
                        problem: format!("{mark} was removed while the result was delivered"),
                    }),
                }
            }
            Err(e) => Err(self.failed(&e)),
        }
    }

    /// Whether the mark is there.
    async fn marked(&self, mark: &Path, run: &Finished) -> Result<Option<Outcome>, DeliveryError> {
        let got = match self.store.get(mark).await {
            Err(Error::NotFound { source, .. }) => {
                // A bucket that is missing answers like an object that is.
                return if store::lacks_the_bucket(source.as_ref()) {
                    Err(self.refused(store::NO_BUCKET.to_owned()))
                } else {
                    Ok(None)
                };
            }
            got => got.map_err(|e| self.failed(&e))?,
        };
        let taken =
            |problem: &str| DeliveryError::Taken { place: mark.to_string(), problem: problem.to_owned() };
        if got.meta.size > LARGEST_MARK {
            return Err(taken("it is too large for a mark"));
        }
        let bytes = got.bytes().await.map_err(|e| self.failed(&e))?;
        match serde_json::from_slice::<ResultMark>(&bytes) {
            Ok(found) if found.digest == run.document.result_digest => Ok(Some(Outcome::Present)),
            Ok(_) => Err(taken("it is the mark of another result")),
            Err(_) => Err(taken("it is no mark")),
        }
    }

    async fn whole(
        &self,
        path: &FilePath,
        key: &Path,
        of: (&Path, &Finished),
        watch: &dyn Watch,
    ) -> Result<(), DeliveryError> {
        let mut bytes = Vec::new();
        let file = File::open(path).map_err(DeliveryError::read(path))?;
        file.take(2 * PART).read_to_end(&mut bytes).map_err(DeliveryError::read(path))?;
        let size = bytes.len() as u64;
        let payload = PutPayload::from(bytes);
        match self.create(key, payload.clone()).await {
            Ok(()) => {}
            Err(Error::AlreadyExists { .. } | Error::Precondition { .. }) => {
                // Of an earlier delivery that did not come to its mark. What differs (seconds that the run took, after its
                // result was made again) is not yet counted on by anybody.
                // Unless another delivery has just come to it.
                if !self.holds(key, size, path).await? && self.marked(of.0, of.1).await?.is_none() {
                    self.store.put(key, payload).await.map_err(|e| self.failed(&e))?;
                }
            }
            Err(e) => return Err(self.failed(&e)),
        }
        watch.advances(size);
        Ok(())
    }

    async fn create(&self, key: &Path, payload: PutPayload) -> Result<(), Error> {
        let create = PutOptions { mode: PutMode::Create, ..PutOptions::default() };
        self.store.put_opts(key, payload, create).await.map(|_| ())
    }

    async fn parts(
        &self,
        path: &FilePath,
        key: &Path,
        bytes: u64,
        of: (&Path, &Finished),
        watch: &dyn Watch,
    ) -> Result<(), DeliveryError> {
        if self.holds(key, bytes, path).await? || self.marked(of.0, of.1).await?.is_some() {
            watch.advances(bytes);
            return Ok(());
        }
        let upload = self.store.put_multipart(key).await.map_err(|e| self.failed(&e))?;
        let mut writer = WriteMultipart::new_with_chunk_size(upload, PART as usize);
        let mut file = File::open(path).map_err(DeliveryError::read(path))?;
        let mut piece = vec![0; 1 << 20];
        loop {
            let got = match file.read(&mut piece) {
                Ok(got) => got,
                Err(e) => {
                    let _ = writer.abort().await;
                    return Err(DeliveryError::read(path)(e));
                }
            };
            if got == 0 {
                break;
            }
            writer.wait_for_capacity(2).await.map_err(|e| self.failed(&e))?;
            writer.write(&piece[..got]);
            watch.advances(got as u64);
        }
        writer.finish().await.map_err(|e| self.failed(&e))?;
        Ok(())
    }

    /// Whether an object has the bytes of a file.
    async fn holds(&self, key: &Path, size: u64, path: &FilePath) -> Result<bool, DeliveryError> {
        let got = match self.store.get(key).await {
            Err(Error::NotFound { .. }) => return Ok(false),
            got => got.map_err(|e| self.failed(&e))?,
        };
        if got.meta.size != size {
            return Ok(false);
        }
        let mut file = File::open(path).map_err(DeliveryError::read(path))?;
        let mut pieces = got.into_stream();
        let mut mine = Vec::new();
        while let Some(piece) = pieces.next().await {
            let piece = piece.map_err(|e| self.failed(&e))?;
            mine.resize(piece.len(), 0);
            if file.read_exact(&mut mine).is_err() || mine != piece {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn failed(&self, error: &Error) -> DeliveryError {
        store::failed(&self.name, error)
    }

    fn refused(&self, problem: String) -> DeliveryError {
        DeliveryError::Refused { to: self.name.clone(), problem }
    }
}
