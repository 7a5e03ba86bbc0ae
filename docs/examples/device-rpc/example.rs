//! Boots a chip to the point where ROM takes commands, and asks it for its version.

mod rootcap_chip;
use rootcap_chip::{Chip, Op};

const MBOX: u32 = 0x3002_0000;
const SOC: u32 = 0x3003_0000;
const FLOW_STATUS: u32 = SOC + 0x3c;
const VERSION: u32 = 0x4650_5652;

fn main() -> std::io::Result<()> {
    let mut chip = Chip::create(r#"{"securityState":3}"#)?;
    chip.transfer(&[
        Op::Write(SOC + 0xb0, 1), // CPTRA_FUSE_WR_DONE
        Op::Write(SOC + 0x48, 1), // CPTRA_MBOX_VALID_AXI_USER
        Op::Write(SOC + 0x5c, 1), // CPTRA_MBOX_AXI_USER_LOCK
    ])?;
    chip.write(SOC + 0xb8, 1)?; // CPTRA_BOOTFSM_GO
    let mut cycles = 0;
    while chip.read(FLOW_STATUS)? & 1 << 28 == 0 {
        let stepped = chip.step(1 << 20, &[FLOW_STATUS])?;
        cycles += stepped.ran;
        if stepped.reason == "idle" {
            return Err(std::io::Error::other("the chip waits for something else"));
        }
    }
    println!("ready after {cycles} cycles");

    let checksum = VERSION.to_le_bytes().iter().fold(0u32, |sum, byte| sum.wrapping_sub(*byte as u32));
    chip.read(MBOX)?; // takes the lock
    chip.transfer(&[
        Op::Write(MBOX + 0x08, VERSION),
        Op::Write(MBOX + 0x0c, 4),
        Op::WriteFifo(MBOX + 0x10, &checksum.to_le_bytes()),
        Op::Write(MBOX + 0x18, 1),
    ])?;
    while chip.step(1 << 20, &[MBOX + 0x1c])?.values[0] & 15 == 0 {}
    let answer = chip.transfer(&[Op::ReadFifo(MBOX + 0x14, 36), Op::Write(MBOX + 0x18, 0), Op::Read(MBOX + 0x1c)])?;
    println!("{}", String::from_utf8_lossy(&answer[24..]));
    if let Err(error) = chip.read(0) {
        println!("{error}");
    }
    Ok(())
}
