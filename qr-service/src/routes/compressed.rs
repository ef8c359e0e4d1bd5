//! Compressed Digital Links: answered as what they stand for, without leading there first.

use axum::{
    extract::{Request, State},
    http::{HeaderValue, header},
    response::Response,
};
use nguon_ledger::digital_link::{DigitalLink, Options, parse_element_string};

use super::{
    Shared,
    item::{self, Call},
};
use crate::{compression::decompress, link::percent_encode, page::Trouble};

/// FNC1 in an element string.
const FNC1: char = '^';

/// The path and query for which a compressed path stands: all of it in one segment, or what follows a key that is not compressed.
pub(super) fn expand(path: &str) -> Option<(String, String)> {
    let mut segments = path.trim_matches('/').rsplit('/');
    let read = decompress(segments.next()?)?;
    let mut elements = read.elements;
    if let (Some(value), Some(key)) = (segments.next(), segments.next()) {
        elements.insert(0, (key.to_owned(), value.to_owned()));
    }
    // Every value followed by FNC1, of predefined length or not.
    let text: String = elements.iter().map(|(ai, value)| format!("{FNC1}{ai}{value}")).collect();
    let link = DigitalLink::from_elements(parse_element_string(&text).ok()?, Options::LENIENT).ok()?;
    let uri = link.to_uri("");
    let (path, query) = uri.split_once('?').unwrap_or((&uri, ""));
    let others = read.others.iter().map(|(name, value)| format!("{}={}", percent_encode(name), percent_encode(value)));
    let query: Vec<String> =
        std::iter::once(query.to_owned()).filter(|query| !query.is_empty()).chain(others).collect();
    Some((path.to_owned(), query.join("&")))
}

pub(super) async fn get(State(service): Shared, request: Request) -> Response {
    let (call, path, _) = Call::of(service, request);
    match expand(&path) {
        Some(expanded) => answer(call, expanded).await,
        None => call.reader.trouble(Trouble::NoPage, "/", None),
    }
}

/// The answer for the path and query that a compressed path stands for.
pub(super) async fn answer(mut call: Call, (path, query): (String, String)) -> Response {
    let both = [query.as_str(), call.query.as_str()];
    call.query = both.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("&");
    let mut response = item::resolve(&call, &path).await;
    let query = if query.is_empty() { String::new() } else { format!("?{query}") };
    let same = format!("<{}{path}{query}>; rel=\"owl:sameAs\"", call.service.base());
    if let Ok(same) = HeaderValue::try_from(same) {
        response.headers_mut().append(header::LINK, same);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::expand;

    #[test]
    fn compressed_paths_stand_for_plain_ones() {
        for (path, plain) in [
            ("/ARHKVAdpQg", Some(("/01/09780345418913", ""))),
            (
                "/AQnYUc1gmiERBhQ0ytiyZuAGOLc1TXgpNWCv1/",
                Some(("/01/05412345000013/10/ABC%26%2B123", "7003=1903061658&k1=v1")),
            ),
            ("/JAaasHt_dNNt4ADESMALumsUfMAm34", Some(("/8003/09421012301014f9804dbf", "240=qwe390023"))),
            ("/healthz", None),
            ("/ARHKVAdqQg", None),
        ] {
            let expected = plain.map(|(path, query)| (path.to_owned(), query.to_owned()));
            assert_eq!(expand(path), expected, "{path}");
        }
    }
}
