//! Which columns the user named, and whether prices are read beside the close.

use crate::columns::ColumnRole;
use crate::counting::Counting;
use crate::error::{Error, Result};
use std::collections::BTreeMap;

/// Columns named by the user: `time=Date,volume=Volume BTC`.
///
/// A column is named as in the file or as `#N`, counted from 1. An empty name says that there is no such column.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ColumnChoice {
    named: BTreeMap<String, String>,
    /// The close is the one price that is read: it stands for open, high and low.
    close_only: bool,
    /// Prices are multiplied by what an adjusted close is to the close.
    adjusted: bool,
    /// What plain numbers in the column of times count, once the file has told.
    counting: Counting,
}

impl ColumnChoice {
    /// Parses `role=column,...`; roles are time, clock, open, high, low, close, volume, symbol, adjusted.
    ///
    /// # Errors
    /// `Spec` for another role or text without `=`.
    pub fn parse(text: &str) -> Result<Self> {
        let mut named = Vec::new();
        for part in text.split(',').filter(|p| !p.trim().is_empty()) {
            let (role, column) = part.split_once('=').ok_or_else(|| {
                Error::option("columns", part, "has no '=': write as time=Date,volume=\"Volume BTC\"")
            })?;
            named.push((role.trim(), column.trim().trim_matches('"')));
        }
        Self::of(named)
    }

    /// The columns of these roles: the same as [`ColumnChoice::parse`] reads, where nothing has to be read.
    ///
    /// # Errors
    /// `Spec` for another role.
    pub fn of<'a>(named: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self> {
        let roles = [
            ColumnRole::Time,
            ColumnRole::Clock,
            ColumnRole::Open,
            ColumnRole::High,
            ColumnRole::Low,
            ColumnRole::Close,
            ColumnRole::Volume,
            ColumnRole::Symbol,
            ColumnRole::Adjusted,
        ];
        let mut chosen = BTreeMap::new();
        for (role, column) in named {
            if !roles.iter().any(|r| r.name() == role) {
                let known = roles.map(ColumnRole::name).join(", ");
                let problem = format!("is no meaning of a column: use one of {known}");
                return Err(Error::option("columns", role, problem));
            }
            chosen.insert(role.to_owned(), column.to_owned());
        }
        Ok(Self { named: chosen, ..Self::default() })
    }

    /// The same choice for files that have no other price than the close, or of which no other is to be read.
    ///
    /// # Errors
    /// `Spec` if it names a column for another price.
    pub fn close_only(self) -> Result<Self> {
        let other = |role: &&ColumnRole| {
            **role != ColumnRole::Close && self.get(**role).is_some_and(|c| !c.is_empty())
        };
        match ColumnRole::PRICES.iter().find(other) {
            Some(role) => Err(Error::option(
                "columns",
                role.name(),
                "is not read with --close-only: leave one of them out",
            )),
            None => Ok(Self { close_only: true, ..self }),
        }
    }

    /// The same choice for files whose four prices are to be multiplied by what the adjusted close of the bar is to its
    /// close.
    pub fn adjusted(self) -> Self {
        Self { adjusted: true, ..self }
    }

    /// The same choice for files whose plain numbers in the column of times count something else than time since 1970.
    pub(crate) fn counted(&self, counting: Counting) -> Self {
        Self { counting, ..self.clone() }
    }

    /// What plain numbers in the column of times count.
    pub(crate) fn counting(&self) -> Counting {
        self.counting
    }

    /// Whether prices are to be adjusted.
    pub fn is_adjusted(&self) -> bool {
        self.adjusted
    }

    /// Whether the close is the one price that is read.
    pub fn is_close_only(&self) -> bool {
        self.close_only
    }

    /// Fields that a row has at least: a time and its prices.
    pub(crate) fn least_fields(&self) -> usize {
        if self.close_only { 2 } else { 5 }
    }

    /// Whether the user named any column.
    pub(crate) fn is_chosen(&self) -> bool {
        !self.named.is_empty()
    }

    /// Whether the user said what is `role`.
    pub(crate) fn names(&self, role: ColumnRole) -> bool {
        self.named.contains_key(role.name())
    }

    /// The same choice with `column` as `role`.
    pub(crate) fn with(&self, role: ColumnRole, column: &str) -> Self {
        let mut changed = self.clone();
        changed.named.insert(role.name().to_owned(), column.to_owned());
        changed
    }

    /// The column that the user named as `role`; empty: there is none.
    pub(crate) fn get(&self, role: ColumnRole) -> Option<&str> {
        self.named.get(role.name()).map(String::as_str)
    }
}
