//! What the checks of the cluster run inside pods. Static like the product's own programs, so that names are looked up
//! by the same resolver.
//!
//! `probe serve PORT` answers each request with the host name; `probe get HOST:PORT` prints such an answer;
//! `probe lookup HOST` prints addresses; `probe write FILE TEXT`, `probe read FILE`; `probe sleep`.
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream, ToSocketAddrs};
use std::time::Duration;
use std::{env, fs, io, process, thread};

const LIMIT: Duration = Duration::from_secs(3);

fn serve(port: &str) -> io::Result<()> {
    let host = fs::read_to_string("/proc/sys/kernel/hostname")?;
    let listener = TcpListener::bind(format!("0.0.0.0:{port}"))?;
    for connection in listener.incoming() {
        let mut connection = connection?;
        let answered = connection.set_read_timeout(Some(LIMIT)).and_then(|()| {
            connection.read(&mut [0; 2048])?;
            write!(connection, "HTTP/1.0 200 OK\r\nContent-Length: {}\r\n\r\n{host}", host.len())
        });
        if let Err(e) = answered {
            eprintln!("{e}");
        }
    }
    Ok(())
}

fn get(address: &str) -> io::Result<String> {
    let first = address.to_socket_addrs()?.next().ok_or_else(|| io::Error::other("no address"))?;
    let mut connection = TcpStream::connect_timeout(&first, LIMIT)?;
    connection.set_read_timeout(Some(LIMIT))?;
    connection.write_all(b"GET / HTTP/1.0\r\n\r\n")?;
    let mut answer = String::new();
    connection.read_to_string(&mut answer)?;
    Ok(answer.lines().last().unwrap_or_default().to_owned())
}

fn lookup(host: &str) -> io::Result<String> {
    let addresses = (host, 0).to_socket_addrs()?.map(|a| a.ip().to_string());
    Ok(addresses.collect::<Vec<_>>().join(" "))
}

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments[..] {
        ["serve", port] => serve(port).map(|()| String::new()),
        ["get", address] => get(address),
        ["lookup", host] => lookup(host),
        ["write", file, text] => fs::write(file, text).map(|()| String::new()),
        ["read", file] => fs::read_to_string(file),
        ["sleep"] => loop {
            thread::sleep(Duration::from_secs(3600));
        },
        _ => Err(io::Error::other("usage: probe serve|get|lookup|write|read|sleep ...")),
    };
    match done {
        Ok(text) => println!("{text}"),
        Err(e) => {
            eprintln!("{}: {e}", arguments.join(" "));
            process::exit(1);
        }
    }
}
