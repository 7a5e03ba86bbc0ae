/** Boots a chip to the point where ROM takes commands, and asks it for its version. */
import { Chip, type ChipError, type Socket } from './rootcap-chip.ts';

const MBOX = 0x3002_0000;
const SOC = 0x3003_0000;
const VERSION = 0x4650_5652;

export async function example(socket: Socket, print: (text: string) => void): Promise<void> {
  const chip = new Chip(socket);
  await chip.call('create', { securityState: 3 });
  await chip.ops(
    ['w', SOC + 0xb0, 1], // CPTRA_FUSE_WR_DONE
    ['w', SOC + 0x48, 1], // CPTRA_MBOX_VALID_AXI_USER
    ['w', SOC + 0x5c, 1], // CPTRA_MBOX_AXI_USER_LOCK
    ['w', SOC + 0xb8, 1], // CPTRA_BOOTFSM_GO
  );
  let cycles = 0;
  for (let ready = false; !ready; ) {
    const { ran, readyForFw } = await chip.step(2 ** 20);
    cycles += ran;
    ready = readyForFw;
  }
  print(`ready after ${cycles} cycles`);

  await chip.ops(
    ['r', MBOX], // takes the lock
    ['w', MBOX + 0x08, VERSION],
    ['w', MBOX + 0x0c, 4],
    ['wf', MBOX + 0x10, 'c2feffff'], // minus the sum of the command's bytes
    ['w', MBOX + 0x18, 1],
  );
  await chip.step(2 ** 20, { until: { address: MBOX + 0x1c, mask: 15, value: 1 } });
  const [answer] = await chip.ops(['rf', MBOX + 0x14, 36], ['w', MBOX + 0x18, 0]);
  const bytes = String(answer).match(/../g) ?? [];
  print(String.fromCharCode(...bytes.slice(24).map((byte) => Number.parseInt(byte, 16))));
  await chip.read(0).catch(({ code, data }: ChipError) => print(`${code} ${JSON.stringify(data)}`));
  chip.close();
}
