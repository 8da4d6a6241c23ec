//! What the wire consists of, as text with one line per field, enum value and method.

use anyhow::{Context as _, bail, ensure};
use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{
    DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorProto, FileDescriptorSet,
    ServiceDescriptorProto,
};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::Range;
use std::str::FromStr;

/// A field of a message or a value of an enum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// In use.
    Used {
        name: String,
        /// Type and label of a field; `value` for a value of an enum.
        kind: String,
    },
    /// Was in use once; neither its number nor its name may return.
    Reserved { name: String },
}

/// What the .proto file itself reserves: numbers (end exclusive) and names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reservations {
    pub numbers: Vec<Range<i64>>,
    pub names: BTreeSet<String>,
}

/// A message or an enum: entries by number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Group {
    pub entries: BTreeMap<i32, Entry>,
    /// Empty when read from a lock.
    pub reservations: Reservations,
}

/// All messages and enums by full name, and the signatures of methods by full name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wire {
    pub groups: BTreeMap<String, Group>,
    pub methods: BTreeMap<String, String>,
}

const HEADER: &str = "\
# The wire: numbers, names, types and labels of all fields, values of enums, and methods. Written by the example
# protogen (`make generated`), which refuses whatever would make old and new processes misread each other. Do not edit.
";

impl Wire {
    /// # Errors
    /// A descriptor is incomplete, or an enum has two names for a number.
    pub fn from_descriptors(set: &FileDescriptorSet) -> anyhow::Result<Self> {
        let mut wire = Wire::default();
        for file in &set.file {
            wire.file(file)?;
        }
        Ok(wire)
    }

    fn file(&mut self, file: &FileDescriptorProto) -> anyhow::Result<()> {
        let package = file.package();
        for message in &file.message_type {
            self.message(package, message)?;
        }
        for kind in &file.enum_type {
            self.enumeration(package, kind)?;
        }
        for service in &file.service {
            self.service(package, service);
        }
        Ok(())
    }

    fn message(&mut self, scope: &str, message: &DescriptorProto) -> anyhow::Result<()> {
        let full = join(scope, message.name());
        let maps: BTreeMap<String, String> = message
            .nested_type
            .iter()
            .filter(|nested| is_map_entry(nested))
            .map(|nested| Ok((format!(".{full}.{}", nested.name()), map_type(nested)?)))
            .collect::<anyhow::Result<_>>()?;
        let mut group = Group::default();
        for field in &message.field {
            let kind =
                field_kind(message, field, &maps).with_context(|| format!("{full}.{}", field.name()))?;
            group.entries.insert(field.number(), Entry::Used { name: field.name().to_owned(), kind });
        }
        let numbers = &message.reserved_range;
        group.reservations = Reservations {
            numbers: numbers.iter().map(|range| range.start().into()..range.end().into()).collect(),
            names: message.reserved_name.iter().cloned().collect(),
        };
        self.groups.insert(full.clone(), group);
        for nested in message.nested_type.iter().filter(|nested| !is_map_entry(nested)) {
            self.message(&full, nested)?;
        }
        for kind in &message.enum_type {
            self.enumeration(&full, kind)?;
        }
        Ok(())
    }

    fn enumeration(&mut self, scope: &str, kind: &EnumDescriptorProto) -> anyhow::Result<()> {
        let full = join(scope, kind.name());
        let mut group = Group::default();
        for value in &kind.value {
            let entry = Entry::Used { name: value.name().to_owned(), kind: "value".to_owned() };
            let twice = group.entries.insert(value.number(), entry).is_some();
            ensure!(!twice, "{full} has two names for {}", value.number());
        }
        // Unlike those of messages, these ranges include their end.
        let numbers = kind.reserved_range.iter();
        group.reservations = Reservations {
            numbers: numbers.map(|range| range.start().into()..i64::from(range.end()) + 1).collect(),
            names: kind.reserved_name.iter().cloned().collect(),
        };
        self.groups.insert(full, group);
        Ok(())
    }

    fn service(&mut self, scope: &str, service: &ServiceDescriptorProto) {
        let full = join(scope, service.name());
        let stream = |is: bool| if is { "stream " } else { "" };
        for method in &service.method {
            let signature = format!(
                "{}{} -> {}{}",
                stream(method.client_streaming()),
                bare(method.input_type()),
                stream(method.server_streaming()),
                bare(method.output_type())
            );
            self.methods.insert(join(&full, method.name()), signature);
        }
    }
}

fn join(scope: &str, name: &str) -> String {
    if scope.is_empty() { name.to_owned() } else { format!("{scope}.{name}") }
}

fn bare(name: &str) -> &str {
    name.strip_prefix('.').unwrap_or(name)
}

fn is_map_entry(message: &DescriptorProto) -> bool {
    message.options.as_ref().is_some_and(|options| options.map_entry())
}

fn map_type(entry: &DescriptorProto) -> anyhow::Result<String> {
    let [key, value] = entry.field.as_slice() else { bail!("a map entry has a key and a value") };
    Ok(format!("map<{},{}>", type_name(key)?, type_name(value)?))
}

/// Type and label in one, since changing either changes what a reader makes of the bytes.
fn field_kind(
    message: &DescriptorProto,
    field: &FieldDescriptorProto,
    maps: &BTreeMap<String, String>,
) -> anyhow::Result<String> {
    if let Some(map) = maps.get(field.type_name()) {
        return Ok(map.clone());
    }
    let kind = type_name(field)?;
    if field.proto3_optional() {
        return Ok(format!("optional {kind}"));
    }
    if let Some(index) = field.oneof_index {
        let oneof = usize::try_from(index).ok().and_then(|index| message.oneof_decl.get(index));
        return Ok(format!("oneof {} {kind}", oneof.context("a oneof without declaration")?.name()));
    }
    Ok(match field.label() {
        Label::Repeated => format!("repeated {kind}"),
        Label::Optional | Label::Required => kind,
    })
}

fn type_name(field: &FieldDescriptorProto) -> anyhow::Result<String> {
    Ok(match field.r#type() {
        Type::Message | Type::Enum => bare(field.type_name()).to_owned(),
        Type::Group => bail!("groups are no part of proto3"),
        scalar => scalar.as_str_name().trim_start_matches("TYPE_").to_ascii_lowercase(),
    })
}

impl fmt::Display for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HEADER)?;
        for (group, Group { entries, .. }) in &self.groups {
            if entries.is_empty() {
                writeln!(f, "{group} empty")?;
            }
            for (number, entry) in entries {
                match entry {
                    Entry::Used { name, kind } => writeln!(f, "{group} {number} {name}: {kind}")?,
                    Entry::Reserved { name } => writeln!(f, "{group} {number} {name} reserved")?,
                }
            }
        }
        for (method, signature) in &self.methods {
            writeln!(f, "method {method}: {signature}")?;
        }
        Ok(())
    }
}

impl FromStr for Wire {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        let mut wire = Wire::default();
        for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.starts_with('#')) {
            wire.line(line).with_context(|| format!("line {}: `{line}`", index + 1))?;
        }
        Ok(wire)
    }
}

impl Wire {
    fn line(&mut self, line: &str) -> anyhow::Result<()> {
        if let Some(method) = line.strip_prefix("method ") {
            let (name, signature) = method.split_once(": ").context("a method without signature")?;
            self.methods.insert(name.to_owned(), signature.to_owned());
            return Ok(());
        }
        let (group, rest) = line.split_once(' ').context("a line without a field")?;
        let group = self.groups.entry(group.to_owned()).or_default();
        if rest == "empty" {
            return Ok(());
        }
        let (number, rest) = rest.split_once(' ').context("a field without name")?;
        let entry = match (rest.split_once(": "), rest.strip_suffix(" reserved")) {
            (Some((name, kind)), _) => Entry::Used { name: name.to_owned(), kind: kind.to_owned() },
            (None, Some(name)) => Entry::Reserved { name: name.to_owned() },
            (None, None) => bail!("neither `name: type` nor `name reserved`"),
        };
        let twice = group.entries.insert(number.parse().context("no number")?, entry).is_some();
        ensure!(!twice, "the number stands there twice");
        Ok(())
    }
}
