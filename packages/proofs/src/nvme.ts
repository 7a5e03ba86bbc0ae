import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DebianPrograms } from './nvme/debian.ts';
import { PoweredDrive } from './nvme/drive.ts';
import { Guest } from './nvme/guest.ts';
import { buildSedutil } from './nvme/sedutil.ts';
import { proveNvme } from './nvme/steps.ts';
import { Checklist } from './tools.ts';

const checklist = new Checklist();
const scratch = mkdtempSync(join(tmpdir(), 'rootcap-nvme-'));
const drive = await PoweredDrive.create(scratch);
let guest: Guest | undefined;
try {
  const debian = DebianPrograms.unpack(scratch);
  const sedutil = buildSedutil(scratch);
  if (sedutil === undefined) console.log('sedutil: no sources (SEDUTIL=FOLDER, or network), its part is left out');
  const started = Date.now();
  guest = await Guest.boot({ debian, scratch, programs: sedutil === undefined ? [] : [sedutil] });
  console.log(`Linux ${debian.kernel} under qemu, up after ${((Date.now() - started) / 1000).toFixed(0)} s`);
  await proveNvme({ guest, drive, checklist, sedutil: sedutil !== undefined });
} finally {
  guest?.stop();
  await drive.close();
  rmSync(scratch, { recursive: true });
}
process.exitCode = checklist.exitCode;
