//! Which addresses a download may connect to. The check is inside the resolver, and connections go to what the resolver
//! answered: a name cannot mean a public address when it is checked and another one when it is dialled.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

use super::error::DownloadError;
use super::url::shown;

/// A resolver that refuses names with any address that is not allowed.
pub(super) struct Checked<R> {
    names: R,
    allows: fn(IpAddr) -> bool,
}

impl<R> Checked<R> {
    pub(super) fn new(names: R, allows: fn(IpAddr) -> bool) -> Checked<R> {
        Checked { names, allows }
    }
}

impl<R> fmt::Debug for Checked<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Checked")
    }
}

/// The address that was refused, on its way through ureq.
#[derive(Debug, thiserror::Error)]
#[error("{0} is not allowed")]
struct Refused(IpAddr);

impl<R: Resolver> Resolver for Checked<R> {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let found = self.names.resolve(uri, config, timeout)?;
        match found.iter().find(|a| !(self.allows)(a.ip())) {
            Some(refused) => Err(ureq::Error::Other(Box::new(Refused(refused.ip())))),
            None => Ok(found),
        }
    }
}

/// The address that was refused, if that is what failed.
pub(in crate::import) fn refused(error: &ureq::Error) -> Option<IpAddr> {
    match error {
        ureq::Error::Other(inner) => inner.downcast_ref().map(|Refused(address)| *address),
        _ => None,
    }
}

/// An error of a request, with a refused address made visible.
pub(super) fn refusal(error: ureq::Error, target: &Uri) -> DownloadError {
    if let Some(address) = refused(&error) {
        return DownloadError::Private { host: target.host().unwrap_or("").to_owned(), address };
    }
    DownloadError::Unreachable { url: shown(target), source: Box::new(error) }
}

/// Whether an address is one of the public internet, by the registries of special addresses (RFC 6890 and its
/// updates).
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    !matches!(
        address.octets(),
        [0 | 10 | 127, ..]
            | [100, 64..=127, ..]       // shared by providers
            | [169, 254, ..]            // link-local: metadata of clouds
            | [172, 16..=31, ..]
            | [192, 0, 0 | 2, _]        // protocols, documentation
            | [192, 88, 99, _]
            | [192, 168, ..]
            | [198, 18 | 19, ..]        // benchmarks
            | [198, 51, 100, _]
            | [203, 0, 113, _]
            | [224..=255, ..] // multicast, reserved, broadcast
    )
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    match address.segments() {
        // IPv4 inside IPv6: mapped, and behind NAT64 as clusters with IPv6 alone have it.
        [0, 0, 0, 0, 0, 0xffff, a, b] | [0x64, 0xff9b, 0, 0, 0, 0, a, b] => {
            let ([a, b], [c, d]) = (a.to_be_bytes(), b.to_be_bytes());
            is_public_v4(Ipv4Addr::new(a, b, c, d))
        }
        // Protocols (Teredo and others), documentation, 6to4.
        [0x2001, 0..=0x1ff, ..] | [0x2001, 0xdb8, ..] | [0x2002, ..] | [0x3fff, 0..=0xfff, ..] => false,
        [first, ..] => first & 0xe000 == 0x2000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_address_of_a_private_network_is_public() {
        for address in [
            "0.0.0.0",
            "10.0.0.1",
            "100.64.0.1",
            "127.0.0.1",
            "127.8.8.8",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.2.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.51.100.7",
            "203.0.113.9",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:10.0.0.1",
            "::ffff:169.254.169.254",
            "64:ff9b::a00:1",
            "64:ff9b:1::808:808",
            "::7f00:1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "2001::1",
            "2001:db8::1",
            "2002:a00:1::1",
            "3fff::1",
        ] {
            assert!(!is_public(address.parse().unwrap()), "{address}");
        }
    }

    #[test]
    fn addresses_of_the_internet_are_public() {
        for address in [
            "1.1.1.1",
            "8.8.8.8",
            "172.32.0.1",
            "100.128.0.1",
            "2606:4700::1",
            "2a00::1",
            "::ffff:8.8.8.8",
            "64:ff9b::808:808",
        ] {
            assert!(is_public(address.parse().unwrap()), "{address}");
        }
    }
}
