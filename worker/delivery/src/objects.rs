//! Files that lie in object storage, copied to where programs read files: `s3://BUCKET/KEY`, where the key may be a pattern as
//! `raw/*.csv`, or end with `/` for all that lies in a folder.
//!
//! A copy is what the listing said: it has its length, and the object has the same ETag from the listing to the last byte.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use futures::{StreamExt, TryStreamExt};
use glob::{MatchOptions, Pattern};
use object_store::aws::AmazonS3;
use object_store::path::Path as Key;
use object_store::{Error, GetOptions, ObjectMeta, ObjectStore, ObjectStoreExt as _};
use tokio::runtime::{Builder, Runtime};

use crate::destination::bucket_of;
use crate::error::DeliveryError;
use crate::store;

/// Most objects that one address may name.
const MOST_OBJECTS: usize = 10_000;
/// Most bytes of all of them.
const MOST_BYTES: u64 = 64 << 30;

/// What an address of an object begins with.
pub const SCHEME: &str = "s3://";

/// An object that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// Where it lies, as `s3://BUCKET/KEY`.
    pub address: String,
    /// Its bytes.
    pub bytes: u64,
    key: Key,
    tag: Option<String>,
}

/// Objects of an address.
#[derive(Debug)]
pub struct Objects {
    name: String,
    bucket: String,
    runtime: Runtime,
    store: AmazonS3,
    /// What the address names, in order of the keys.
    pub found: Vec<Object>,
}

impl Objects {
    /// Finds what an address names.
    ///
    /// # Errors
    /// It is no address, nothing has it, too much has it, or the server refuses or cannot be reached.
    pub fn find(address: &str) -> Result<Objects, DeliveryError> {
        let (bucket, key) = parse(address)?;
        let store = store::open(address, &bucket)?;
        let unavailable =
            |e: io::Error| DeliveryError::Unavailable { to: address.to_owned(), problem: e.to_string() };
        let runtime = Builder::new_current_thread().enable_all().build().map_err(unavailable)?;
        let mut objects = Objects { name: address.to_owned(), bucket, runtime, store, found: Vec::new() };
        objects.found = objects.runtime.block_on(objects.list(&key))?;
        let bytes = objects.found.iter().map(|o| o.bytes).fold(0, u64::saturating_add);
        if objects.found.is_empty() {
            return Err(objects.refused(format!("no object has a key like {key:?}")));
        }
        if objects.found.len() > MOST_OBJECTS || bytes > MOST_BYTES {
            let (count, gigabytes) = (objects.found.len(), bytes >> 30);
            return Err(objects.refused(format!(
                "it names {count} objects of {gigabytes} GiB in all; at most {MOST_OBJECTS} of {} GiB can be read at once: name fewer",
                MOST_BYTES >> 30
            )));
        }
        Ok(objects)
    }

    async fn list(&self, key: &str) -> Result<Vec<Object>, DeliveryError> {
        let Some((folder, pattern)) = folder_and_pattern(key) else {
            let meta = match self.store.head(&self.key(key)?).await {
                // The answer to this question has no words: the bucket may be what is missing.
                Err(Error::NotFound { .. }) => {
                    let mut others = self.store.list(None);
                    others.next().await.transpose().map_err(|e| self.failed(&e))?;
                    return Ok(Vec::new());
                }
                meta => meta.map_err(|e| self.failed(&e))?,
            };
            return Ok(vec![self.object(meta)]);
        };
        let pattern = Pattern::new(&pattern).map_err(|e| self.refused(format!("{pattern:?}: {e}")))?;
        let folder = if folder.is_empty() { None } else { Some(self.key(folder)?) };
        let options = MatchOptions {
            case_sensitive: true,
            require_literal_separator: true,
            require_literal_leading_dot: true,
        };
        let fits = |meta: &ObjectMeta| pattern.matches_with(meta.location.as_ref(), options);
        let mut all = self.store.list(folder.as_ref());
        let mut found = Vec::new();
        while let Some(meta) = all.try_next().await.map_err(|e| self.failed(&e))? {
            // One more than may be: the rest is not asked for.
            if fits(&meta) && found.len() <= MOST_OBJECTS {
                found.push(self.object(meta));
            }
        }
        found.sort_by(|a, b| a.key.cmp(&b.key));
        Ok(found)
    }

    fn key(&self, key: &str) -> Result<Key, DeliveryError> {
        Key::parse(key.trim_end_matches('/')).map_err(|e| self.refused(e.to_string()))
    }

    fn object(&self, meta: ObjectMeta) -> Object {
        let address = format!("{SCHEME}{}/{}", self.bucket, meta.location);
        Object { address, bytes: meta.size, key: meta.location, tag: meta.e_tag }
    }

    /// Copies an object into a folder, below a number under the name of its bucket and its key: where one key is the folder
    /// of another, as `a` and `a/b.csv`, they have different numbers. `advance` is told of bytes as they come.
    ///
    /// # Errors
    /// The object is another one by now, its copy is not whole, or the server or the disk fails.
    pub fn copy(
        &self,
        object: &Object,
        into: &Path,
        advance: &dyn Fn(u64),
    ) -> Result<PathBuf, DeliveryError> {
        let path = place(into, &self.bucket, object.key.as_ref());
        let said = |e: io::Error| DeliveryError::Write { path: path.clone(), source: e };
        fs::create_dir_all(path.parent().unwrap_or(into)).map_err(said)?;
        let mut file = File::create(&path).map_err(said)?;
        self.runtime.block_on(self.read(object, &mut file, &path, advance))?;
        Ok(path)
    }

    async fn read(
        &self,
        object: &Object,
        file: &mut File,
        path: &Path,
        advance: &dyn Fn(u64),
    ) -> Result<(), DeliveryError> {
        let changed = || DeliveryError::Unavailable {
            to: object.address.clone(),
            problem: "it was changed while it was read".to_owned(),
        };
        let same = GetOptions { if_match: object.tag.clone(), ..GetOptions::default() };
        let got = match self.store.get_opts(&object.key, same).await {
            Err(Error::Precondition { .. } | Error::NotFound { .. }) => return Err(changed()),
            got => got.map_err(|e| store::failed(&object.address, &e))?,
        };
        if got.meta.size != object.bytes || got.meta.e_tag != object.tag {
            return Err(changed());
        }
        let mut pieces = got.into_stream();
        let mut bytes = 0_u64;
        while let Some(piece) = pieces.try_next().await.map_err(|e| store::failed(&object.address, &e))? {
            bytes = bytes.saturating_add(piece.len() as u64);
            if bytes > object.bytes {
                break;
            }
            let said = |e: io::Error| DeliveryError::Write { path: path.to_owned(), source: e };
            file.write_all(&piece).map_err(said)?;
            advance(piece.len() as u64);
        }
        if bytes == object.bytes {
            return Ok(());
        }
        Err(DeliveryError::Unavailable {
            to: object.address.clone(),
            problem: format!("{bytes} of its {} bytes arrived", object.bytes),
        })
    }

    fn failed(&self, error: &Error) -> DeliveryError {
        store::failed(&self.name, error)
    }

    fn refused(&self, problem: String) -> DeliveryError {
        DeliveryError::Refused { to: self.name.clone(), problem }
    }
}

/// Where the copy of a key may lie: no file is in the way of its folder, nor a folder in its own.
fn place(into: &Path, bucket: &str, key: &str) -> PathBuf {
    let mut number = 0_u64;
    loop {
        let below = into.join(number.to_string());
        let path = below.join(bucket).join(key);
        let above = path.ancestors().skip(1).take_while(|folder| *folder != below);
        if !path.is_dir() && !above.into_iter().any(Path::is_file) {
            return path;
        }
        number += 1;
    }
}

/// Bucket and key of an address.
fn parse(address: &str) -> Result<(String, String), DeliveryError> {
    let wrong =
        |problem: &str| DeliveryError::Address { text: address.to_owned(), problem: problem.to_owned() };
    let rest = address.strip_prefix(SCHEME).ok_or_else(|| wrong("write s3://BUCKET/KEY"))?;
    let (bucket, key) = rest.split_once('/').unwrap_or((rest, ""));
    bucket_of(bucket).map_err(|e| wrong(&e))?;
    let parts = key.strip_suffix('/').unwrap_or(key);
    let plain = |part: &str| !part.is_empty() && part != "." && part != "..";
    if key.is_empty() || key.len() > 1024 || !parts.split('/').all(plain) {
        return Err(wrong(
            "behind the bucket comes a key, as s3://BUCKET/raw/btc.csv, s3://BUCKET/raw/*.csv or s3://BUCKET/raw/",
        ));
    }
    Ok((bucket.to_owned(), key.to_owned()))
}

/// Below what a pattern of keys looks, and the pattern; `None`: the key is one of an object.
fn folder_and_pattern(key: &str) -> Option<(&str, String)> {
    if let Some(folder) = key.strip_suffix('/') {
        return Some((folder, format!("{}/*", Pattern::escape(folder))));
    }
    let wild = key.find(['*', '?', '['])?;
    let folder = key[..wild].rsplit_once('/').map_or("", |(folder, _)| folder);
    Some((folder, key.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_key_a_pattern_or_a_folder_of_a_bucket() {
        let of = |text: &str| parse(text).unwrap();
        assert_eq!(of("s3://quants/raw/btc.csv"), ("quants".into(), "raw/btc.csv".into()));
        assert_eq!(of("s3://quants/raw/"), ("quants".into(), "raw/".into()));
        for wrong in
            ["s3://quants", "s3://quants/", "s3://Q/a", "s3://quants/a//b", "s3://quants/../b", "gs://a/b"]
        {
            let said = parse(wrong).unwrap_err();
            assert!(said.is_invalid() && said.to_string().contains(wrong), "{said}");
        }
    }

    #[test]
    fn keys_of_which_one_is_the_folder_of_another_have_places_beside_each_other() {
        let dir = tempfile::tempdir().unwrap();
        let mut places = Vec::new();
        for key in ["a", "a/b", "a/b/c.csv", "d/e.csv", "d", "a"] {
            let path = place(dir.path(), "quants", key);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, key).unwrap();
            assert!(path.ends_with(Path::new("quants").join(key)));
            places.push(path);
        }
        assert_eq!(places[0], places[5], "the same object again");
        for (path, key) in places.iter().zip(["a", "a/b", "a/b/c.csv", "d/e.csv", "d"]) {
            assert_eq!(fs::read_to_string(path).unwrap(), key);
        }
    }

    #[test]
    fn only_what_can_fit_a_pattern_is_listed() {
        assert_eq!(folder_and_pattern("raw/btc.csv"), None);
        assert_eq!(folder_and_pattern("raw/2026/b*.csv"), Some(("raw/2026", "raw/2026/b*.csv".into())));
        assert_eq!(folder_and_pattern("*.csv"), Some(("", "*.csv".into())));
        assert_eq!(folder_and_pattern("raw/20??/x.csv"), Some(("raw", "raw/20??/x.csv".into())));
        assert_eq!(folder_and_pattern("raw/a/"), Some(("raw/a", "raw/a/*".into())));
    }
}
