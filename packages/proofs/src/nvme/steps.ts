import type { FlashState } from '@rootcap/drive';
import type { Checklist } from '../tools.ts';
import { codeOf, type PoweredDrive } from './drive.ts';
import { type Guest, HOST_ADDRESS } from './guest.ts';

export interface NvmeProof {
  readonly guest: Guest;
  readonly drive: PoweredDrive;
  readonly checklist: Checklist;
  /** Whether the guest has sedutil-cli. */
  readonly sedutil: boolean;
}

/** An erasure by the host. */
interface Erasure {
  readonly name: string;
  /** Line of shell. */
  readonly erase: string;
  /** What the drive needs afterwards to release a media key. */
  readonly releases?: () => Promise<void>;
  /** What somebody who kept the old flash puts back, and the code of the root of trust. */
  readonly old: (
    before: FlashState,
    now: FlashState,
  ) => readonly (readonly [what: string, code: string, change: Partial<FlashState>])[];
}

const MEK_REFUSED = 'RUNTIME_DRIVER_AES_INVALID_TAG';
const MPK_REFUSED = 'RUNTIME_OCP_LOCK_LOCKED_MPK_INVALID';
const DISK = '/dev/nvme0n1';
const SIZE = 64;
/** Reads past every cache of the guest. */
const SUM = `dd if=${DISK} bs=1M count=4 iflag=direct 2>/dev/null | sha256sum | cut -c1-64`;

/** Runs a line and says what happened if it failed. */
async function need({ guest, checklist }: NvmeProof, what: string, line: string, seconds?: number): Promise<string> {
  const { status, output } = await guest.run(line, seconds);
  checklist.check(status === 0, what);
  if (status !== 0) console.log(`  ${line}: status ${status}\n${output}`);
  return output.trim();
}

/** Code of the root of trust, or of the drive, with which something is refused; undefined if it is not. */
async function refusal(attempt: Promise<void>): Promise<string | undefined> {
  try {
    await attempt;
    return undefined;
  } catch (error) {
    return codeOf(error);
  }
}

/** Waits until the guest's controller is connected again. */
async function reconnected({ guest }: NvmeProof): Promise<void> {
  const live = 'grep -q live /sys/class/nvme/nvme0/state';
  await guest.run(`for i in $(seq 60); do ${live} && break; sleep 1; done; ${live}`, 90);
}

async function attach(proof: NvmeProof): Promise<void> {
  const { drive } = proof;
  const way = `-t tcp -a ${HOST_ADDRESS} -s ${drive.port}`;
  const found = await need(proof, 'nvme discover', `nvme discover ${way} --hostnqn=nqn.2014-08.org.nvmexpress:guest`);
  proof.checklist.check(found.includes(drive.nqn), 'the discovery log names the subsystem');
  const digests = '--hdr-digest --data-digest';
  const timing = '--reconnect-delay=1 --ctrl-loss-tmo=120 --keep-alive-tmo=10';
  const host = '--hostnqn=nqn.2014-08.org.nvmexpress:guest --hostid=01234567-89ab-4def-8123-456789abcdef';
  await need(
    proof,
    'nvme connect, with header and data digests',
    `nvme connect ${way} -n ${drive.nqn} ${host} ${digests} ${timing}`,
  );
  await need(
    proof,
    'the disk is there',
    `for i in $(seq 20); do [ -b ${DISK} ] && break; sleep 1; done; [ -b ${DISK} ]`,
  );
  const identity = await need(proof, 'nvme id-ctrl', 'nvme id-ctrl /dev/nvme0');
  proof.checklist.check(identity.includes(proof.drive.subsystem.model), 'id-ctrl shows the model');
  await need(proof, 'nvme smart-log', 'nvme smart-log /dev/nvme0');
  await need(proof, 'nvme effects-log', 'nvme effects-log /dev/nvme0');
}

async function fileSystem(proof: NvmeProof): Promise<void> {
  const { guest, drive, checklist } = proof;
  await need(proof, 'mkfs.ext4', `mkfs.ext4 -q ${DISK}`, 120);
  await need(proof, 'mount', `mount -t ext4 ${DISK} /mnt`);
  await need(
    proof,
    `${SIZE} MiB written`,
    `dd if=/dev/urandom of=/mnt/file bs=1M count=${SIZE} 2>/dev/null && sync`,
    180,
  );
  const before = await need(proof, 'their SHA-256', 'sha256sum /mnt/file | cut -c1-64', 120);
  await need(proof, 'umount', 'umount /mnt && echo 3 >/proc/sys/vm/drop_caches', 120);
  await drive.powerOff();
  await drive.powerOn();
  await reconnected(proof);
  const locked = await guest.run(`dd if=${DISK} of=/dev/null bs=4k count=1 iflag=direct`);
  checklist.check(locked.status !== 0, 'after a power cycle the disk is locked: a read fails');
  const denied = await guest.run(`nvme read ${DISK} --start-block=0 --block-count=0 --data-size=4096`);
  checklist.check(/access_denied|access.*denied|0x4?286/i.test(denied.output), 'with Access Denied');
  if (proof.sedutil) await sedutilSees(proof, 'locked', 'Y');
  checklist.check((await refusal(drive.unlock())) === MEK_REFUSED, `without the access key: ${MEK_REFUSED}`);
  await drive.enable();
  await drive.unlock();
  await need(proof, 'unlocked, it mounts', `mount -t ext4 ${DISK} /mnt`, 120);
  const after = await need(proof, 'SHA-256 once more', 'sha256sum /mnt/file | cut -c1-64', 120);
  checklist.check(before === after && before.length === 64, `the file is the same: ${before}`);
  await need(proof, 'umount', 'umount /mnt');
}

async function reset(proof: NvmeProof): Promise<void> {
  const before = await need(proof, 'a sum of the disk', SUM, 120);
  await need(proof, 'nvme reset', 'nvme reset /dev/nvme0', 60);
  await reconnected(proof);
  const after = await need(proof, 'and once more', SUM, 120);
  proof.checklist.check(before === after, 'a reset of the controller changes nothing');
}

/** Old data cannot be read again after `erase`, and what the flash had before it does not bring them back. */
async function erased(proof: NvmeProof, { name, erase, releases, old }: Erasure): Promise<void> {
  const { checklist, drive } = proof;
  const fill = `dd if=/dev/urandom of=${DISK} bs=1M count=4 oflag=direct 2>/dev/null`;
  await need(proof, `${name}: data are written`, `${fill} && sync`, 120);
  const before = await need(proof, `${name}: their sum`, SUM, 120);
  const flash = await drive.flash();
  checklist.check((await drive.refusalWith({})) === undefined, `${name}: before it, the flash releases the media key`);
  await need(proof, name, erase, 120);
  await releases?.();
  const after = await need(proof, `${name}: the sum of what is read now`, SUM, 120);
  checklist.check(before !== after && after.length === 64, `${name} makes the old data unreadable`);
  const mounted = await proof.guest.run(`mount -t ext4 ${DISK} /mnt`);
  checklist.check(mounted.status !== 0, `${name}: no file system is left`);
  const now = await drive.flash();
  for (const [what, code, change] of old(flash, now)) {
    const refused = await drive.refusalWith(change);
    checklist.check(refused === code, `${name}: ${what} put back: ${refused ?? 'accepted'}`);
  }
  checklist.check(
    (await drive.refusalWith({})) === undefined,
    `${name}: the flash as it is releases the new media key`,
  );
}

/** The present ranges with the wrapped media keys of before. */
function withMeksOf(before: FlashState, now: FlashState): FlashState['ranges'] {
  return now.ranges.map((range, i) => ({ ...range, wrappedMek: before.ranges[i]?.wrappedMek as string }));
}

async function sedutilSees(proof: NvmeProof, name: string, locked: 'Y' | 'N'): Promise<void> {
  const scan = await need(proof, `sedutil-cli --scan (${name})`, 'sedutil-cli --scan');
  proof.checklist.check(/\/dev\/nvme0\s+2/.test(scan), 'it lists the drive as Opal 2');
  const query = await need(proof, `sedutil-cli --query (${name})`, 'sedutil-cli --query /dev/nvme0');
  proof.checklist.check(query.includes(`Locked = ${locked}`), `it says Locked = ${locked}`);
  if (!/\/dev\/nvme0\s+2/.test(scan) || !query.includes(`Locked = ${locked}`)) console.log(scan, query);
}

/** The owner's life with a drive, as sedutil lives it. Passwords are short and unhashed: pure emulation is slow. */
async function opal(proof: NvmeProof): Promise<void> {
  const { guest, drive, checklist } = proof;
  const sedutil = (verb: string): string => `sedutil-cli -n ${verb} /dev/nvme0`;
  const refused = async (what: string, line: string): Promise<void> => {
    checklist.check((await guest.run(line)).status !== 0, what);
  };
  await need(proof, 'data for Opal', `dd if=/dev/urandom of=${DISK} bs=1M count=4 oflag=direct 2>/dev/null`, 120);
  const before = await need(proof, 'their sum', SUM, 120);
  await need(proof, 'sedutil-cli --initialSetup', sedutil('--initialSetup secret'));
  await need(proof, 'sedutil-cli --enableLockingRange', sedutil('--enableLockingRange 0 secret'));
  await need(proof, 'sedutil-cli --listLockingRanges', sedutil('--listLockingRanges secret'));
  await need(proof, 'sedutil-cli --setLockingRange LK', sedutil('--setLockingRange 0 LK secret'));
  await refused('the locked disk cannot be read', `dd if=${DISK} of=/dev/null bs=4k count=1 iflag=direct`);
  await refused('nor formatted', `nvme format ${DISK} --ses=2 --force`);
  await refused('a wrong password does not unlock', sedutil('--setLockingRange 0 RW wrong'));
  await need(proof, 'sedutil-cli --setLockingRange RW', sedutil('--setLockingRange 0 RW secret'));
  checklist.check((await need(proof, 'a sum', SUM, 120)) === before, 'unlocked, the data are the same');
  await drive.powerOff();
  await drive.powerOn();
  await reconnected(proof);
  await refused('after a power cycle it is locked again', `dd if=${DISK} of=/dev/null bs=4k count=1 iflag=direct`);
  await refused(
    'the password alone does not unlock: the access key is missing',
    sedutil('--setLockingRange 0 RW secret'),
  );
  await drive.enable();
  await refused('nor does a wrong password with it', sedutil('--setLockingRange 0 RW wrong'));
  checklist.check((await refusal(drive.unlock())) === 'ACCESS_DENIED', 'nor the controller without the password');
  await need(proof, 'sedutil-cli --setLockingRange RW', sedutil('--setLockingRange 0 RW secret'));
  checklist.check((await need(proof, 'a sum', SUM, 120)) === before, 'unlocked, the data are the same');
  await need(proof, 'sedutil-cli --rekeyLockingRange', sedutil('--rekeyLockingRange 0 secret'));
  checklist.check((await need(proof, 'a sum', SUM, 120)) !== before, 'under a new key the data are gone');
  await need(proof, 'sedutil-cli --setPassword', sedutil('--setPassword secret User1 user'));
  await need(proof, 'sedutil-cli --setSIDPassword', sedutil('--setSIDPassword secret other'));
  await refused('the old owner has no say', sedutil('--revertTPer secret'));
  await need(proof, 'sedutil-cli --revertTPer', sedutil('--revertTPer other'));
  const query = await need(proof, 'sedutil-cli --query', 'sedutil-cli --query /dev/nvme0');
  checklist.check(query.includes('LockingEnabled = N'), 'the drive is as its factory left it');
}

/** Everything that the Linux host, nvme-cli and sedutil have to see of a drive. */
export async function proveNvme(proof: NvmeProof): Promise<void> {
  const { drive, checklist } = proof;
  await drive.powerOn();
  await drive.enable();
  await drive.unlock();
  await attach(proof);
  if (proof.sedutil) await sedutilSees(proof, 'unlocked', 'N');
  await fileSystem(proof);
  await reset(proof);
  await erased(proof, {
    name: 'nvme format --ses=2',
    erase: `nvme format ${DISK} --ses=2 --force`,
    old: (before, now) => [['the old wrapped media key', MEK_REFUSED, { ranges: withMeksOf(before, now) }]],
  });
  const log = 'nvme sanitize-log /dev/nvme0';
  const done = `${log} | grep -Eq 'SSTAT.*0x(10)?1$'`;
  await erased(proof, {
    name: 'nvme sanitize, crypto erase',
    erase: `nvme sanitize /dev/nvme0 --sanact=4 && for i in $(seq 30); do ${done} && break; sleep 1; done; ${log}; ${done}`,
    // There is no party any more.
    releases: async () => {
      checklist.check((await refusal(drive.enable())) !== undefined, 'after it no party is bound');
      await drive.bind();
      await drive.unlock();
    },
    old: ({ ranges, parties }) => [
      ["the old party's MPK", MPK_REFUSED, { parties }],
      ['the old wrapped media key', MEK_REFUSED, { ranges }],
    ],
  });
  if (proof.sedutil) await opal(proof);
  await need(proof, 'nvme disconnect', `nvme disconnect -n ${drive.nqn}`, 60);
}
