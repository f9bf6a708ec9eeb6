//! For whom a proxy asks: whose word counts about where a request comes from, and where that is.
//!
//! A proxy on this machine is believed always, one elsewhere only where whoever runs the program named its network. What
//! anybody else says of where they come from counts for nothing.

use axum::{extract::ConnectInfo, http::request::Parts};
use std::{
    net::{IpAddr, Ipv6Addr, SocketAddr},
    str::FromStr,
};

/// A network: an address and how many of its bits name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    bits: u32,
}

impl FromStr for Network {
    type Err = ();

    /// `10.0.0.5`, `10.0.0.0/24`, `fd00::/8`. Never everybody: a network of no bits is none.
    fn from_str(text: &str) -> Result<Network, ()> {
        let (address, bits) = text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
        let address: IpAddr = address.trim().parse().map_err(drop)?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Ok(most), |bits| bits.trim().parse()).map_err(drop)?;
        if (1..=most).contains(&bits) { Ok(Network { address, bits }) } else { Err(()) }
    }
}

impl Network {
    fn holds(&self, address: IpAddr) -> bool {
        match (self.address, address) {
            (IpAddr::V4(net), IpAddr::V4(v4)) => (u32::from(net) ^ u32::from(v4)) >> (32 - self.bits) == 0,
            (IpAddr::V6(net), IpAddr::V6(v6)) => (u128::from(net) ^ u128::from(v6)) >> (128 - self.bits) == 0,
            _ => false,
        }
    }
}

/// The proxies elsewhere that are believed; put into the site's things by `app`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proxies(pub Vec<Network>);

impl Proxies {
    fn believes(&self, address: IpAddr) -> bool {
        address.is_loopback() || self.0.iter().any(|network| network.holds(address))
    }

    /// Who asks: the peer; where that is a proxy that is believed, whom it says it asks for, and so on backwards to the first
    /// that is not believed. `None` for whoever sits at this machine, and where nobody knows the peer.
    pub(crate) fn asks(&self, parts: &Parts) -> Option<IpAddr> {
        let mut nearest = peer(parts)?;
        let named: Vec<&str> = parts
            .headers
            .get_all("x-forwarded-for")
            .iter()
            .flat_map(|value| value.to_str().unwrap_or("").split(','))
            .collect();
        if named.is_empty() && nearest.is_loopback() {
            return None;
        }
        for named in named.into_iter().rev() {
            if !self.believes(nearest) {
                break;
            }
            let Some(address) = read(named.trim()) else { break };
            nearest = address;
        }
        Some(network_of(nearest))
    }

    /// Where a request comes from, for counts against guessing: this machine itself where nobody else asks.
    pub(crate) fn from(&self, parts: &Parts) -> IpAddr {
        self.asks(parts).or_else(|| peer(parts)).unwrap_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED))
    }
}

fn peer(parts: &Parts) -> Option<IpAddr> {
    parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|c| c.0.ip().to_canonical())
}

/// An address as proxies write it: some with the port.
fn read(text: &str) -> Option<IpAddr> {
    let with_port = || text.parse::<SocketAddr>().ok().map(|address| address.ip());
    text.parse().ok().or_else(with_port).map(|address: IpAddr| address.to_canonical())
}

/// A network of IPv6 is one address: whoever has one address there has them all.
fn network_of(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from(u128::from(v6) >> 64 << 64)),
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::{body::Body, http::Request};

    #[test]
    fn a_network_is_an_address_with_its_bits_and_never_everybody() {
        let check = |text: &str, address: &str, wanted: Option<bool>| {
            let found = text.parse::<Network>().ok().map(|net| net.holds(address.parse().expect("an address")));
            assert_eq!(found, wanted, "{text} {address}");
        };
        check("10.1.2.3", "10.1.2.3", Some(true));
        check("10.1.2.3", "10.1.2.4", Some(false));
        check("10.1.2.0/24", "10.1.2.255", Some(true));
        check("10.1.2.0/24", "10.1.3.0", Some(false));
        check("10.0.0.0/8", "fd00::1", Some(false));
        check("fd00::/8", "fdff::1", Some(true));
        check("fd00::/8", "fe00::1", Some(false));
        for none in ["", "x", "0.0.0.0/0", "::/0", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0/8"] {
            check(none, "10.0.0.1", None);
        }
    }

    #[test]
    fn a_proxy_is_believed_where_it_is_near_or_named_and_nobody_else() {
        let proxies = Proxies(vec!["192.0.2.8/30".parse().expect("a network")]);
        let check = |proxies: &Proxies, peer: &str, named: &[&str], wanted: Option<&str>| {
            let mut request = Request::builder().uri("/");
            for named in named {
                request = request.header("x-forwarded-for", *named);
            }
            let peer: SocketAddr = peer.parse().expect("a peer");
            let (mut parts, _) = request.body(Body::empty()).expect("a request").into_parts();
            parts.extensions.insert(ConnectInfo(peer));
            let wanted = wanted.map(|address| address.parse().expect("an address"));
            assert_eq!(proxies.asks(&parts), wanted, "{peer} {named:?}");
        };
        let none = Proxies::default();
        let far = "198.51.100.7:1";
        // Nobody is believed about themselves.
        check(&proxies, far, &["203.0.113.1"], Some("198.51.100.7"));
        check(&none, "192.0.2.9:1", &["203.0.113.1"], Some("192.0.2.9"));
        // One that was named is, and only its own last word: what stands before was said by whoever asked it.
        check(&proxies, "192.0.2.9:1", &["203.0.113.1"], Some("203.0.113.1"));
        check(&proxies, "192.0.2.9:1", &["1.1.1.1, 203.0.113.1"], Some("203.0.113.1"));
        check(&proxies, "192.0.2.9:1", &["1.1.1.1", "203.0.113.1"], Some("203.0.113.1"));
        check(&proxies, "[::ffff:192.0.2.9]:1", &["203.0.113.1:4000"], Some("203.0.113.1"));
        // Through one on this machine behind one elsewhere.
        check(&proxies, "127.0.0.1:1", &["203.0.113.1, 192.0.2.9"], Some("203.0.113.1"));
        check(&none, "127.0.0.1:1", &["203.0.113.1, 192.0.2.9"], Some("192.0.2.9"));
        // Who says nothing, or nonsense, is the proxy itself: counted as one, not let off.
        check(&proxies, "192.0.2.9:1", &[], Some("192.0.2.9"));
        check(&proxies, "192.0.2.9:1", &["unknown"], Some("192.0.2.9"));
        check(&proxies, "127.0.0.1:1", &["_hidden"], Some("127.0.0.1"));
        check(&proxies, "127.0.0.1:1", &[], None);
        check(&proxies, "127.0.0.1:1", &["2001:db8:1:2:3::4"], Some("2001:db8:1:2::"));
    }
}
