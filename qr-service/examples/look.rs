//! Serves the pages of made-up lots, to look at them in a browser without a node:
//! `cargo run -p nguon-qr --example look`.

use std::io::Write as _;

#[path = "../tests/support/fixture.rs"]
#[expect(clippy::unwrap_used, reason = "written for the tests, where a broken fixture should stop everything")]
mod fixture;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    for (name, ledgers) in [
        (
            "good and hostile",
            vec![(fixture::VERMICELLI, fixture::vermicelli(false)), (fixture::HOSTILE, fixture::hostile())],
        ),
        ("GTIN that came later", vec![(fixture::LATE, fixture::late_gtin())]),
        ("recalled", vec![(fixture::VERMICELLI, fixture::vermicelli(true))]),
    ] {
        let node = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let node_url = format!("http://{}", node.local_addr()?);
        tokio::spawn(async move { axum::serve(node, fixture::node(ledgers)).await });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let base = format!("http://{}", listener.local_addr()?);
        let app =
            nguon_qr::standalone(nguon_qr::Config { node_url, base: base.clone() }, nguon_qr::Settings::default())?;
        let mut out = std::io::stdout();
        writeln!(out, "{name}: {base}/01/08931234567897/10/MD-250112/21/0123456789ABCD")?;
        writeln!(out, "{name}: {base}/lot/0000H0ST11E00000")?;
        writeln!(out, "{name}: {base}/01/08930000000019/10/1ATEGT1N00000000")?;
        tokio::spawn(async move { axum::serve(listener, app).await });
    }
    tokio::signal::ctrl_c().await?;
    Ok(())
}
