//! A chip behind Device RPC. Standard library only; of JSON it reads what it needs.

use std::io::{BufRead, BufReader, Error, ErrorKind, Read, Result, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;

pub enum Op<'a> {
    Read(u32),
    Write(u32, u32),
    /// The same word again and again: `MBOX_DATAOUT`.
    ReadFifo(u32, usize),
    /// The same word again and again: `MBOX_DATAIN`.
    WriteFifo(u32, &'a [u8]),
}

pub struct Chip {
    from: Box<dyn BufRead>,
    to: Box<dyn Write>,
    id: u64,
}

/// What a step did: the cycles that passed, why it ended, and the watched registers afterwards.
pub struct Stepped {
    pub ran: u64,
    pub reason: String,
    pub values: Vec<u32>,
}

impl Chip {
    /// Connects to the server that `ROOTCAP_RPC` names and makes a chip. `options` is the JSON object of `create`.
    pub fn create(options: &str) -> Result<Self> {
        let endpoint = std::env::var("ROOTCAP_RPC").map_err(|e| Error::new(ErrorKind::NotFound, e))?;
        let (from, to): (Box<dyn Read>, Box<dyn Write>) = match endpoint.strip_prefix("unix:") {
            Some(path) => {
                let socket = UnixStream::connect(path)?;
                (Box::new(socket.try_clone()?), Box::new(socket))
            }
            None => {
                let socket = TcpStream::connect(endpoint.trim_start_matches("tcp:"))?;
                socket.set_nodelay(true)?;
                (Box::new(socket.try_clone()?), Box::new(socket))
            }
        };
        let mut chip = Chip { from: Box::new(BufReader::new(from)), to, id: 0 };
        chip.call("create", options)?;
        Ok(chip)
    }

    /// Any method of the protocol. Returns the reply's line; an error of the protocol is an `Err` with its text.
    pub fn call(&mut self, method: &str, params: &str) -> Result<String> {
        self.id += 1;
        let id = self.id;
        let request = format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"{method}","params":{params}}}"#);
        self.to.write_all((request + "\n").as_bytes())?;
        self.to.flush()?;
        loop {
            let mut line = String::new();
            if self.from.read_line(&mut line)? == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
            if member(&line, "id").is_none() {
                continue; // an event
            }
            return match member(&line, "error") {
                Some(error) => Err(Error::other(error.trim_end().trim_end_matches('}').to_string())),
                None => Ok(line),
            };
        }
    }

    pub fn read(&mut self, address: u32) -> Result<u32> {
        let reply = self.call("read", &format!(r#"{{"address":{address}}}"#))?;
        Ok(number(&reply, "value") as u32)
    }

    pub fn write(&mut self, address: u32, value: u32) -> Result<()> {
        self.call("write", &format!(r#"{{"address":{address},"value":{value}}}"#)).map(|_| ())
    }

    /// Many accesses in one request. Returns what the reads of FIFOs gave, one after the other.
    pub fn transfer(&mut self, ops: &[Op]) -> Result<Vec<u8>> {
        let ops: Vec<String> = ops
            .iter()
            .map(|op| match op {
                Op::Read(address) => format!(r#"["r",{address}]"#),
                Op::Write(address, value) => format!(r#"["w",{address},{value}]"#),
                Op::ReadFifo(address, size) => format!(r#"["rf",{address},{size}]"#),
                Op::WriteFifo(address, data) => {
                    let hex: String = data.iter().map(|byte| format!("{byte:02x}")).collect();
                    format!(r#"["wf",{address},"{hex}"]"#)
                }
            })
            .collect();
        let reply = self.call("transfer", &format!(r#"{{"ops":[{}]}}"#, ops.join(",")))?;
        let results = member(&reply, "results").unwrap_or("");
        Ok(results.split('"').skip(1).step_by(2).flat_map(bytes).collect())
    }

    /// Lets time pass, at most up to the first cycle after which a watched register differs.
    pub fn step(&mut self, cycles: u64, watch: &[u32]) -> Result<Stepped> {
        let reply = self.call("step", &format!(r#"{{"cycles":{cycles},"watch":{watch:?}}}"#))?;
        let values = member(&reply, "values").and_then(|v| v[1..].split(']').next()).unwrap_or("");
        Ok(Stepped {
            ran: number(&reply, "ran"),
            reason: member(&reply, "reason").and_then(|r| r.split('"').nth(1)).unwrap_or("").into(),
            values: values.split(',').filter_map(|v| v.parse().ok()).collect(),
        })
    }
}

/// What follows `"name":`. Replies are written without spaces, and text in them comes last.
fn member<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    let pattern = format!("\"{name}\":");
    line.find(&pattern).map(|at| &line[at + pattern.len()..])
}

fn number(line: &str, name: &str) -> u64 {
    let digits = member(line, name).unwrap_or("");
    digits.split(|c: char| !c.is_ascii_digit()).next().and_then(|d| d.parse().ok()).unwrap_or(0)
}

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len() / 2).filter_map(|i| u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).ok()).collect()
}
