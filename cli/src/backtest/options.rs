//! The simulated account of a back-test: the manifest's `execution` block, overridden by flags.

use crate::exit::{Blame, CommandError, CommandResult};
use anyhow::Context;
use galapagos_crds::execution::ExecutionSpec;
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};

/// Flags of the account.
#[derive(Debug, Default, clap::Args)]
pub struct AccountArguments {
    /// The manifest's execution block: a YAML or JSON file, or JSON itself; the flags below override it
    #[arg(long, value_name = "FILE|JSON")]
    pub execution: Option<String>,
    /// Fee of market orders, a share of the traded amount
    #[arg(long, value_name = "X")]
    pub taker_fee: Option<String>,
    /// Fee of limit orders (targets); absent: the taker fee
    #[arg(long, value_name = "X")]
    pub maker_fee: Option<String>,
    /// Adverse shift of market fills, a share of the price
    #[arg(long, value_name = "X")]
    pub slippage: Option<String>,
    /// Which positions are taken
    #[arg(long, value_enum)]
    pub side: Option<SideFlag>,
    /// When an order is filled; same-close is optimistic
    #[arg(long, value_enum)]
    pub fill: Option<FillFlag>,
    /// Account at the start
    #[arg(long, value_name = "X")]
    pub capital: Option<String>,
    /// Share of the account that a position uses
    #[arg(long, value_name = "X")]
    pub fraction: Option<String>,
    /// Leave a position open at the end of the data
    #[arg(long)]
    pub keep_open: bool,
    /// Which bars count
    #[arg(long, value_enum)]
    pub window: Option<WindowFlag>,
}

/// `--side`.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub enum SideFlag {
    /// Long or flat
    Long,
    /// Short or flat
    Short,
    /// Both
    LongShort,
}

/// `--fill`.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub enum FillFlag {
    /// At the open after the close that decided it
    NextOpen,
    /// At the close that decided it
    SameClose,
}

/// `--window`.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub enum WindowFlag {
    /// From the bar after the warm-up
    AfterWarmUp,
    /// Every bar
    Full,
}

impl AccountArguments {
    /// The execution block with the flags in it.
    pub fn resolve(&self) -> CommandResult<ExecutionSpec> {
        let mut block = match &self.execution {
            Some(given) => read(given)?,
            None => Map::new(),
        };
        for (field, flag) in [
            ("takerFee", &self.taker_fee),
            ("makerFee", &self.maker_fee),
            ("slippage", &self.slippage),
            ("initialCapital", &self.capital),
        ] {
            if let Some(text) = flag {
                block.insert(field.to_owned(), json!(text));
            }
        }
        if let Some(text) = &self.fraction {
            block.insert("sizing".to_owned(), json!({"fraction": {"value": text}}));
        }
        let mut choose = |field: &str, value: Option<&str>| {
            if let Some(value) = value {
                block.insert(field.to_owned(), json!(value));
            }
        };
        choose(
            "side",
            self.side.map(|side| match side {
                SideFlag::Long => "Long",
                SideFlag::Short => "Short",
                SideFlag::LongShort => "LongShort",
            }),
        );
        choose(
            "fill",
            self.fill.map(|fill| match fill {
                FillFlag::NextOpen => "NextOpen",
                FillFlag::SameClose => "SameClose",
            }),
        );
        choose(
            "window",
            self.window.map(|window| match window {
                WindowFlag::AfterWarmUp => "AfterWarmUp",
                WindowFlag::Full => "Full",
            }),
        );
        if self.keep_open {
            block.insert("finalClose".to_owned(), json!(false));
        }
        crate::backtest::check::execution(Value::Object(block))
    }
}

fn read(given: &str) -> CommandResult<Map<String, Value>> {
    let (text, from) = if given.trim_start().starts_with('{') {
        (given.to_owned(), PathBuf::from("--execution"))
    } else {
        let path = Path::new(given);
        let text = std::fs::read_to_string(path).with_context(|| format!("--execution {given}")).invalid()?;
        (text, path.to_owned())
    };
    let value: Value = serde_yaml::from_str(&text).with_context(|| from.display().to_string()).invalid()?;
    // A whole manifest or its spec is meant as often as the block alone.
    let block = ["/spec/execution", "/execution"].iter().find_map(|at| value.pointer(at)).unwrap_or(&value);
    block.as_object().cloned().ok_or_else(|| {
        CommandError::invalid(format!(
            "{}: is no execution block: write fields such as takerFee: \"0.001\"",
            from.display()
        ))
    })
}
