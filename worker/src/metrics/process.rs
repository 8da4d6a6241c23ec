//! What is known of any process of ours: which build it is and how much memory it takes.

use std::fmt::Error;

use galapagos_engine::ENGINE;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};

/// Adds `galapagos_build_info` and, under the name that dashboards know, `process_resident_memory_bytes`.
pub(super) fn register(registry: &mut Registry) {
    let build =
        Info::new([("version", env!("CARGO_PKG_VERSION").to_owned()), ("engine", ENGINE.to_string())]);
    registry.sub_registry_with_prefix("galapagos").register("build", "Version and engine number", build);
    registry.register_collector(Box::new(Memory));
}

#[derive(Debug)]
struct Memory;

impl Collector for Memory {
    fn encode(&self, mut encoder: DescriptorEncoder) -> Result<(), Error> {
        let Some(bytes) = resident_bytes() else { return Ok(()) };
        let gauge = ConstGauge::new(bytes);
        let help = "Memory of this process that is in RAM, mapped data included.";
        gauge.encode(encoder.encode_descriptor(
            "process_resident_memory",
            help,
            Some(&Unit::Bytes),
            gauge.metric_type(),
        )?)
    }
}

/// What the system says this process has in RAM; `None` where it does not say.
fn resident_bytes() -> Option<u64> {
    resident_of(&std::fs::read_to_string("/proc/self/status").ok()?)
}

fn resident_of(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kib| kib * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_read_in_kibibytes_and_left_out_where_the_system_says_nothing() {
        assert_eq!(resident_of("VmPeak:\t 9 kB\nVmRSS:\t    1234 kB\n"), Some(1234 * 1024));
        assert_eq!(resident_of("Name:\tx\n"), None);
    }
}
