//! How often one address may ask: a bucket each, filled with time. Guessing tokens or making invitations by the thousand is not worth the wait.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::{ConnectInfo, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use lru::LruCache;

use super::problem::ApiError;
use crate::config::RateLimits;
use crate::node::Inner;

/// Buckets kept: with some 100 bytes each, less than a mebibyte. The one that was not used for longest goes first, and by then it is full again
/// unless so many addresses ask at once.
const ADDRESSES_MAX: NonZeroUsize = match NonZeroUsize::new(8_192) {
    Some(addresses) => addresses,
    None => NonZeroUsize::MIN,
};

/// The buckets of all addresses.
#[derive(Debug)]
pub(crate) struct Buckets {
    limits: RateLimits,
    buckets: Mutex<LruCache<IpAddr, Bucket>>,
}

/// So many requests were left at that time.
#[derive(Clone, Copy, Debug)]
struct Bucket {
    left: f64,
    at: Instant,
}

impl Buckets {
    pub(crate) fn new(limits: RateLimits) -> Self {
        Self { limits, buckets: Mutex::new(LruCache::new(ADDRESSES_MAX)) }
    }

    /// Takes one request from an address's bucket, or says how long to wait for the next.
    fn take(&self, address: IpAddr, now: Instant) -> Result<(), Duration> {
        let full = f64::from(self.limits.burst);
        let per_second = 1.0 / self.limits.interval.as_secs_f64();
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let known = buckets.get(&address).copied().unwrap_or(Bucket { left: full, at: now });
        let filled = now.saturating_duration_since(known.at).as_secs_f64() * per_second;
        let left = (known.left + filled).min(full);
        let (left, answer) =
            if left >= 1.0 { (left - 1.0, Ok(())) } else { (left, Err(self.limits.interval.mul_f64(1.0 - left))) };
        buckets.put(address, Bucket { left, at: now });
        answer
    }
}

/// Lets a request through while its address has some left.
pub(super) async fn limit(State(inner): State<Arc<Inner>>, request: Request, next: Next) -> Response {
    let info = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let address = network(info.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |info| info.0.ip()));
    match inner.buckets.take(address, Instant::now()) {
        Ok(()) => next.run(request).await,
        Err(retry_after) => ApiError::RateLimited { retry_after }.into_response(),
    }
}

/// Whoever has one IPv6 address mostly has all that share its first half.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
            Some(v4) => IpAddr::V4(v4),
            None => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & (u128::MAX << 64))),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_waits_when_its_bucket_is_empty_and_no_other_does() {
        let buckets = Buckets::new(RateLimits { burst: 2, interval: Duration::from_secs(10) });
        let (one, other) = (IpAddr::from([10, 0, 0, 1]), IpAddr::from([10, 0, 0, 2]));
        let start = Instant::now();
        assert_eq!((buckets.take(one, start), buckets.take(one, start)), (Ok(()), Ok(())));
        assert_eq!(buckets.take(one, start), Err(Duration::from_secs(10)));
        assert_eq!(buckets.take(other, start), Ok(()));
        let later = start + Duration::from_secs(5);
        assert_eq!(buckets.take(one, later), Err(Duration::from_secs(5)));
        assert_eq!(buckets.take(one, later + Duration::from_secs(6)), Ok(()));
        assert!(buckets.take(one, later + Duration::from_secs(6)).is_err());
        for number in 0..20_000_u32 {
            buckets.take(IpAddr::from(number.to_be_bytes()), start).unwrap();
        }
        assert_eq!(buckets.buckets.lock().unwrap().len(), ADDRESSES_MAX.get());
    }

    #[test]
    fn addresses_of_one_network_share_a_bucket() {
        let parse = |text: &str| network(text.parse().unwrap());
        assert_eq!(parse("2001:db8:1:2:3::4"), parse("2001:db8:1:2::"));
        assert_ne!(parse("2001:db8:1:3::"), parse("2001:db8:1:2::"));
        assert_eq!(parse("::ffff:10.0.0.1"), parse("10.0.0.1"));
    }
}
