//! Two workloads on turmoil, to be measured beside the same two on Lightcone.
//!
//! `peer-turmoil pingpong ROUND_TRIPS` and `peer-turmoil heartbeat SIM_SECONDS [TICK_MS]` print one
//! JSON object each. `wallSeconds` spans the building of the simulation, its connections and its
//! run; starting the process and reading the arguments are left out.
//!
//! What turmoil simulates here: one tokio runtime a host with time paused, the SYN of a handshake
//! (its answer comes back without latency), segments numbered and put back in order on arrival, flow
//! control that counts segments, latency drawn for every segment. It does not simulate
//! acknowledgements, retransmission, bandwidth or segmentation by size, and its latencies lie on an
//! exponential curve cut off at the top (here 1 ms for most), where madsim draws evenly. It takes no
//! fingerprint of a run; its tracing has no subscriber.
//!
//! The tick. turmoil has no event queue: every tick it wakes every host, and a message is due at the
//! first tick after its latency. 1 ms is its default, and also the finest there is, since tokio's
//! timers and the latencies turmoil draws are whole milliseconds. A longer tick runs faster but
//! rounds every latency up to itself, so on links of 1-5 ms only 1 ms simulates what was asked for.
//! `TICK_MS` is there to see what a longer one would bring; the benchmark does not use it.

use std::{
    env,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::{MissedTickBehavior, interval, sleep},
};
use turmoil::{
    Builder, Result,
    net::{TcpListener, TcpStream},
};

const PORT: u16 = 7000;
const SEED: u64 = 1;
const HOSTS: [&str; 5] = ["a", "b", "c", "d", "e"];
const HEARTBEAT_EVERY: Duration = Duration::from_millis(100);

fn main() -> Result {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["pingpong", round_trips] => pingpong(round_trips.parse()?),
        ["heartbeat", sim_seconds] => heartbeat(sim_seconds.parse()?, 1),
        ["heartbeat", sim_seconds, tick_ms] => heartbeat(sim_seconds.parse()?, tick_ms.parse()?),
        _ => {
            Err("usage: peer-turmoil pingpong ROUND_TRIPS | heartbeat SIM_SECONDS [TICK_MS]".into())
        }
    }
}

/// One connection between two hosts, a fixed 1 ms each way, 64 bytes there and 64 bytes back.
fn pingpong(round_trips: u64) -> Result {
    let start = Instant::now();
    let mut sim = Builder::new()
        .rng_seed(SEED)
        .tick_duration(Duration::from_millis(1))
        .min_message_latency(Duration::from_millis(1))
        .max_message_latency(Duration::from_millis(1))
        .simulation_duration(Duration::MAX)
        .build();

    sim.host("server", || async {
        let listener = TcpListener::bind(("0.0.0.0", PORT)).await?;
        let (stream, _) = listener.accept().await?;
        answer::<64>(stream, &AtomicU64::new(0)).await
    });
    sim.client("client", async move {
        let mut stream = TcpStream::connect(("server", PORT)).await?;
        let mut message = [7; 64];
        for _ in 0..round_trips {
            stream.write_all(&message).await?;
            stream.read_exact(&mut message).await?;
        }
        Ok(())
    });
    sim.run()?;

    let (wall, sim) = (start.elapsed().as_secs_f64(), sim.elapsed().as_secs_f64());
    println!(
        r#"{{"peer":"turmoil","workload":"pingpong","roundTrips":{round_trips},"wallSeconds":{wall},"simSeconds":{sim}}}"#
    );
    Ok(())
}

/// Five hosts, each with a connection of its own to each other (20 in all, links of 1-5 ms). On each
/// a heartbeat of 16 bytes goes out every 100 ms and is answered: 400 messages a simulated second.
fn heartbeat(sim_seconds: u64, tick_ms: u64) -> Result {
    let start = Instant::now();
    let messages = Arc::new(AtomicU64::new(0));
    let mut sim = Builder::new()
        .rng_seed(SEED)
        .tick_duration(Duration::from_millis(tick_ms))
        .min_message_latency(Duration::from_millis(1))
        .max_message_latency(Duration::from_millis(5))
        .simulation_duration(Duration::MAX)
        .build();

    for name in HOSTS {
        let messages = messages.clone();
        sim.host(name, move || host(name, messages.clone()));
    }
    while sim.elapsed() < Duration::from_secs(sim_seconds) {
        sim.step()?;
    }

    let (wall, messages) = (start.elapsed().as_secs_f64(), messages.load(Relaxed));
    println!(
        r#"{{"peer":"turmoil","workload":"heartbeat","simSeconds":{sim_seconds},"messages":{messages},"wallSeconds":{wall}}}"#
    );
    Ok(())
}

async fn host(name: &'static str, messages: Arc<AtomicU64>) -> Result {
    let listener = TcpListener::bind(("0.0.0.0", PORT)).await?;
    for peer in HOSTS.into_iter().filter(|peer| *peer != name) {
        let messages = messages.clone();
        tokio::spawn(async move { beat(peer, &messages).await.expect("a heartbeat failed") });
    }
    loop {
        let (stream, _) = listener.accept().await?;
        let messages = messages.clone();
        tokio::spawn(async move {
            answer::<16>(stream, &messages)
                .await
                .expect("an answer failed")
        });
    }
}

async fn beat(peer: &str, messages: &AtomicU64) -> Result {
    // The peer may not listen yet in the first moments of the run.
    let mut stream = loop {
        match TcpStream::connect((peer, PORT)).await {
            Ok(stream) => break stream,
            Err(_) => sleep(Duration::from_millis(10)).await,
        }
    };
    let mut message = [7; 16];
    let mut timer = interval(HEARTBEAT_EVERY);
    timer.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        timer.tick().await;
        stream.write_all(&message).await?;
        stream.read_exact(&mut message).await?;
        messages.fetch_add(1, Relaxed);
    }
}

/// Sends every message of `SIZE` bytes back, and counts each.
async fn answer<const SIZE: usize>(mut stream: TcpStream, messages: &AtomicU64) -> Result {
    let mut message = [0; SIZE];
    while stream.read_exact(&mut message).await.is_ok() {
        messages.fetch_add(1, Relaxed);
        stream.write_all(&message).await?;
    }
    Ok(())
}
