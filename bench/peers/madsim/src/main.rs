//! Two workloads on madsim, to be measured beside the same two on Lightcone.
//!
//! `peer-madsim pingpong ROUND_TRIPS` and `peer-madsim heartbeat SIM_SECONDS` print one JSON object
//! each. `wallSeconds` spans the building of the simulation, its connections and its run; starting
//! the process and reading the arguments are left out.
//!
//! What madsim simulates here: an executor that picks the next ready task at random and lets 50-100
//! ns pass for each, an event queue of timers (so time jumps from event to event, no tick), and a
//! connection as an unbounded ordered channel with a latency drawn for every flushed write. It does
//! not simulate the handshake, acknowledgements, backpressure, backlog, half-close, bandwidth or
//! partial writes of TCP. Its tracing has no subscriber, and its run-twice determinism check is off.
//!
//! madsim draws latency from a half-open range, so the fixed 1 ms is a range one nanosecond long.

#[cfg(not(madsim))]
compile_error!("build with --cfg madsim (see .cargo/config.toml), else this measures real sockets");

use madsim::{Config, runtime::Runtime};
use std::{
    env,
    error::Error,
    io::Result,
    net::{IpAddr, Ipv4Addr},
    ops::Range,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::{MissedTickBehavior, interval, sleep},
};

const PORT: u16 = 7000;
const SEED: u64 = 1;
const HEARTBEAT_HOSTS: u8 = 5;
const HEARTBEAT_EVERY: Duration = Duration::from_millis(100);
const ONE_MS: Duration = Duration::from_millis(1);

fn main() -> std::result::Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["pingpong", round_trips] => pingpong(round_trips.parse()?),
        ["heartbeat", sim_seconds] => heartbeat(sim_seconds.parse()?),
        _ => return Err("usage: peer-madsim pingpong ROUND_TRIPS | heartbeat SIM_SECONDS".into()),
    }
    Ok(())
}

fn runtime(latency: Range<Duration>) -> Runtime {
    let mut config = Config::default();
    config.net.send_latency = latency;
    Runtime::with_seed_and_config(SEED, config)
}

fn address(host: u8) -> IpAddr {
    Ipv4Addr::new(10, 0, 0, host).into()
}

/// One connection between two hosts, a fixed 1 ms each way, 64 bytes there and 64 bytes back.
fn pingpong(round_trips: u64) {
    // The clock is read outside `block_on`: inside, madsim answers with simulated time.
    let start = Instant::now();
    let runtime = runtime(ONE_MS..ONE_MS + Duration::from_nanos(1));
    let server = runtime.create_node().name("server").ip(address(1)).build();
    let client = runtime.create_node().name("client").ip(address(2)).build();

    server.spawn(async {
        let listener = TcpListener::bind((address(1), PORT)).await.expect("bind");
        let (stream, _) = listener.accept().await.expect("accept");
        answer::<64>(stream, &AtomicU64::new(0))
            .await
            .expect("answer");
    });
    let done = client.spawn(async move {
        let sim_start = Instant::now();
        let mut stream = connect(address(1)).await;
        let mut message = [7; 64];
        for _ in 0..round_trips {
            round_trip(&mut stream, &mut message)
                .await
                .expect("round trip");
        }
        sim_start.elapsed()
    });
    let sim = runtime
        .block_on(done)
        .expect("the client ended early")
        .as_secs_f64();

    let wall = start.elapsed().as_secs_f64();
    println!(
        r#"{{"peer":"madsim","workload":"pingpong","roundTrips":{round_trips},"wallSeconds":{wall},"simSeconds":{sim}}}"#
    );
}

/// Five hosts, each with a connection of its own to each other (20 in all, links of 1-5 ms). On each
/// a heartbeat of 16 bytes goes out every 100 ms and is answered: 400 messages a simulated second.
fn heartbeat(sim_seconds: u64) {
    let start = Instant::now();
    let messages = Arc::new(AtomicU64::new(0));
    let runtime = runtime(ONE_MS..5 * ONE_MS);

    for me in 1..=HEARTBEAT_HOSTS {
        let node = runtime
            .create_node()
            .name(format!("host-{me}"))
            .ip(address(me))
            .build();
        node.spawn(host(me, messages.clone()));
    }
    runtime.block_on(async { sleep(Duration::from_secs(sim_seconds)).await });

    let (wall, messages) = (start.elapsed().as_secs_f64(), messages.load(Relaxed));
    println!(
        r#"{{"peer":"madsim","workload":"heartbeat","simSeconds":{sim_seconds},"messages":{messages},"wallSeconds":{wall}}}"#
    );
}

async fn host(me: u8, messages: Arc<AtomicU64>) {
    let listener = TcpListener::bind((address(me), PORT)).await.expect("bind");
    for peer in (1..=HEARTBEAT_HOSTS).filter(|peer| *peer != me) {
        let messages = messages.clone();
        tokio::spawn(async move { beat(peer, &messages).await.expect("a heartbeat failed") });
    }
    loop {
        let (stream, _) = listener.accept().await.expect("accept");
        let messages = messages.clone();
        tokio::spawn(async move {
            answer::<16>(stream, &messages)
                .await
                .expect("an answer failed")
        });
    }
}

async fn beat(peer: u8, messages: &AtomicU64) -> Result<()> {
    let mut stream = connect(address(peer)).await;
    let mut message = [7; 16];
    let mut timer = interval(HEARTBEAT_EVERY);
    timer.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        timer.tick().await;
        round_trip(&mut stream, &mut message).await?;
        messages.fetch_add(1, Relaxed);
    }
}

async fn round_trip(stream: &mut TcpStream, message: &mut [u8]) -> Result<()> {
    stream.write_all(message).await?;
    // madsim sends what was written at the flush, and only then.
    stream.flush().await?;
    stream.read_exact(message).await?;
    Ok(())
}

/// Connects; the peer may not listen yet in the first moments of the run.
async fn connect(peer: IpAddr) -> TcpStream {
    loop {
        match TcpStream::connect((peer, PORT)).await {
            Ok(stream) => return stream,
            Err(_) => sleep(Duration::from_millis(10)).await,
        }
    }
}

/// Sends every message of `SIZE` bytes back, and counts each.
async fn answer<const SIZE: usize>(mut stream: TcpStream, messages: &AtomicU64) -> Result<()> {
    let mut message = [0; SIZE];
    while stream.read_exact(&mut message).await.is_ok() {
        messages.fetch_add(1, Relaxed);
        stream.write_all(&message).await?;
        stream.flush().await?;
    }
    Ok(())
}
