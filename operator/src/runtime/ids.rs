//! Who an object is: read once, where the object comes from the API server.
//!
//! A text that is empty names nobody. Two objects without a UID would share what is remembered of them, so an object
//! without one is refused at the border ([`super::watches`]), and what comes behind it need not ask.

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::Resource;
use kube::runtime::reflector::ObjectRef;
use serde::{Serialize, Serializer};

/// A text that is never empty. Clones share it.
macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// None if the text is empty.
            pub fn new(text: &str) -> Option<$name> {
                (!text.is_empty()).then(|| $name(text.into()))
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        /// Hashes and compares as its text does.
        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl PartialEq<str> for $name {
            fn eq(&self, other: &str) -> bool {
                &*self.0 == other
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }
    };
}

id! {
    /// UID of an object. No other object ever has it, not even one that is made anew under the same name.
    Uid
}
id! {
    /// Namespace of an object.
    Namespace
}
id! {
    /// Name of an object in its namespace.
    Name
}

impl Namespace {
    /// Kubernetes' `default`: where events are of objects that have no namespace.
    pub fn usual() -> Namespace {
        Namespace("default".into())
    }
}

impl Uid {
    /// That of an object, if it has one.
    pub fn of(meta: &ObjectMeta) -> Option<Uid> {
        meta.uid.as_deref().and_then(Uid::new)
    }
}

/// Where an object is: one at a time, and a later one may be another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectKey {
    /// Its namespace.
    pub namespace: Namespace,
    /// Its name.
    pub name: Name,
}

impl ObjectKey {
    /// The same for a cache.
    pub fn of_kind<K: Resource<DynamicType = ()>>(&self) -> ObjectRef<K> {
        ObjectRef::new(self.name.as_str()).within(self.namespace.as_str())
    }
}

impl fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.namespace, self.name)
    }
}

/// Which object, and where it is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Identity {
    /// Its namespace and name.
    pub key: ObjectKey,
    /// Its UID.
    pub uid: Uid,
}

/// An object that cannot be told from others.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it has no metadata.{0}")]
pub struct Unidentified(&'static str);

impl Identity {
    /// That of an object in a namespace.
    ///
    /// # Errors
    /// [`Unidentified`]: the API server gives each object a name, a namespace and a UID; this one did not come from there.
    pub fn of(meta: &ObjectMeta) -> Result<Identity, Unidentified> {
        let name = meta.name.as_deref().and_then(Name::new).ok_or(Unidentified("name"))?;
        let namespace =
            meta.namespace.as_deref().and_then(Namespace::new).ok_or(Unidentified("namespace"))?;
        let uid = Uid::of(meta).ok_or(Unidentified("uid"))?;
        Ok(Identity { key: ObjectKey { namespace, name }, uid })
    }

    /// Its namespace.
    pub fn namespace(&self) -> &str {
        self.key.namespace.as_str()
    }

    /// Its name.
    pub fn name(&self) -> &str {
        self.key.name.as_str()
    }
}

/// Ids of tests, by their text.
#[cfg(test)]
pub(crate) mod example {
    use super::*;

    pub(crate) fn uid(text: &str) -> Uid {
        Uid::new(text).unwrap()
    }

    pub(crate) fn namespace(text: &str) -> Namespace {
        Namespace::new(text).unwrap()
    }

    pub(crate) fn key(namespace: &str, name: &str) -> ObjectKey {
        ObjectKey { namespace: self::namespace(namespace), name: Name::new(name).unwrap() }
    }

    pub(crate) fn identity(namespace: &str, name: &str, uid: &str) -> Identity {
        Identity { key: key(namespace, name), uid: self::uid(uid) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meta(name: &str, namespace: &str, uid: &str) -> ObjectMeta {
        let text = |text: &str| Some(text.to_owned());
        ObjectMeta { name: text(name), namespace: text(namespace), uid: text(uid), ..ObjectMeta::default() }
    }

    #[test]
    fn an_object_without_a_name_a_namespace_or_a_uid_is_nobody() {
        let known = Identity::of(&meta("a", "n", "u")).unwrap();
        assert_eq!((known.name(), known.namespace(), known.uid.as_str()), ("a", "n", "u"));
        assert_eq!(known.key.to_string(), "n/a");
        for (meta, missing) in
            [(meta("", "n", "u"), "name"), (meta("a", "", "u"), "namespace"), (meta("a", "n", ""), "uid")]
        {
            assert_eq!(Identity::of(&meta), Err(Unidentified(missing)));
        }
        let absent = ObjectMeta { uid: None, ..meta("a", "n", "u") };
        assert_eq!(Identity::of(&absent).unwrap_err().to_string(), "it has no metadata.uid");
    }
}
