//! How much work one client may ask for. Only what costs is counted: to answer from memory is cheaper than to refuse.

use std::{
    collections::hash_map::RandomState,
    hash::BuildHasher as _,
    net::IpAddr,
    num::NonZeroUsize,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use lru::LruCache;

/// Most clients remembered, at some 100 bytes each. Who is forgotten begins anew; to make the table forget, a flood must come from as
/// many addresses, and then no limit by address helps.
const CLIENTS_MAX: usize = 65_536;

/// Whoever sends a request, as far as the service knows and keeps it: a hash that means nothing outside this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct ClientKey(u64);

impl ClientKey {
    /// All clients together, for limits that are not for each.
    pub(crate) const EVERYBODY: Self = Self(0);
}

/// How often something may be done.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rate {
    /// At once.
    pub(crate) burst: u32,
    /// And again one each.
    pub(crate) every: Duration,
}

/// A bucket of tokens for each client.
#[derive(Debug)]
pub(crate) struct Limit {
    rate: Rate,
    buckets: Mutex<LruCache<ClientKey, Bucket>>,
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    tokens: f64,
    since: Instant,
}

/// Too much was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many requests; again in {retry_after_seconds} s")]
pub(crate) struct TooMany {
    pub(crate) retry_after_seconds: u64,
}

/// Turns addresses into keys, with a secret that is drawn at start and stored nowhere.
#[derive(Debug, Default)]
pub(crate) struct ClientKeys(RandomState);

impl ClientKeys {
    /// The key of an address. One household has one address of version 4, or one network of 64 bits of version 6.
    pub(crate) fn of(&self, address: IpAddr) -> ClientKey {
        let network = match address.to_canonical() {
            IpAddr::V4(v4) => u128::from(u32::from(v4)),
            IpAddr::V6(v6) => (u128::from(v6) >> 64 << 64) | 1,
        };
        ClientKey(self.0.hash_one(network))
    }
}

impl Limit {
    pub(crate) fn new(rate: Rate) -> Self {
        let clients = NonZeroUsize::new(CLIENTS_MAX).unwrap_or(NonZeroUsize::MIN);
        Self { rate, buckets: Mutex::new(LruCache::new(clients)) }
    }

    /// Takes one token of the client's, if there is one.
    pub(crate) fn take(&self, client: ClientKey, now: Instant) -> Result<(), TooMany> {
        let burst = f64::from(self.rate.burst);
        let every = self.rate.every.as_secs_f64().max(f64::MIN_POSITIVE);
        // Nothing under the lock can panic.
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = buckets.get_or_insert_mut(client, || Bucket { tokens: burst, since: now });
        let grown = now.saturating_duration_since(bucket.since).as_secs_f64() / every;
        *bucket = Bucket { tokens: (bucket.tokens + grown).min(burst), since: now };
        if bucket.tokens >= 1.0 {
            bucket.tokens -= 1.0;
            return Ok(());
        }
        let wait = Duration::try_from_secs_f64((1.0 - bucket.tokens) * every).unwrap_or(Duration::MAX);
        Err(TooMany { retry_after_seconds: wait.as_secs().saturating_add(1) })
    }
}

#[cfg(test)]
mod tests {
    use std::{
        net::IpAddr,
        time::{Duration, Instant},
    };

    use super::{ClientKeys, Limit, Rate};

    fn key(keys: &ClientKeys, address: &str) -> super::ClientKey {
        keys.of(address.parse::<IpAddr>().unwrap())
    }

    #[test]
    fn each_client_has_its_own_burst_and_gets_new_tokens_with_time() {
        let limit = Limit::new(Rate { burst: 2, every: Duration::from_secs(10) });
        let keys = ClientKeys::default();
        let (one, other, now) = (key(&keys, "192.0.2.1"), key(&keys, "192.0.2.2"), Instant::now());
        assert!(limit.take(one, now).is_ok() && limit.take(one, now).is_ok());
        assert_eq!(limit.take(one, now).unwrap_err().retry_after_seconds, 11);
        assert!(limit.take(other, now).is_ok());
        assert!(limit.take(one, now + Duration::from_secs(9)).is_err());
        assert!(limit.take(one, now + Duration::from_secs(11)).is_ok());
        assert!(limit.take(one, now + Duration::from_secs(11)).is_err());
    }

    #[test]
    fn a_network_of_version_6_is_one_client() {
        let keys = ClientKeys::default();
        assert_eq!(key(&keys, "2001:db8::1"), key(&keys, "2001:db8::ffff:1"));
        assert_ne!(key(&keys, "2001:db8::1"), key(&keys, "2001:db8:0:1::1"));
        assert_eq!(key(&keys, "::ffff:192.0.2.1"), key(&keys, "192.0.2.1"));
        assert_ne!(key(&ClientKeys::default(), "192.0.2.1"), key(&keys, "192.0.2.1"), "the secret differs");
    }
}
