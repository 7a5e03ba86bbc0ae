import { bytesToHex, concatBytes } from '@rootcap/crypto';
import {
  type Firmware,
  type FirmwareContext,
  FuseLogEntry,
  MeasurementLogEntry,
  PcrLogEntry,
  type Stage,
  storedCertificate,
} from '@rootcap/firmware';
import { MEMORY_MAP } from '@rootcap/hardware';
import { bytes, struct, u16, u32 } from '@rootcap/struct';
import {
  type Program,
  pendingCommand,
  serve,
  type TestCommand,
  triggerUpdateReset,
  unanswered,
  wordsInMemory,
} from './program.ts';

/** Exception cause of a store that physical memory protection forbids. */
const STORE_ACCESS_FAULT = 7;
/** Value on the first output wire that ends a test bench's run well. */
const EXIT_PASSED = 0xff;
const PCR_COUNT = 32;

function readPcrs({ chip: { pcrBank } }: FirmwareContext): Uint8Array {
  return concatBytes(...Array.from({ length: PCR_COUNT }, (_, i) => wordsInMemory(pcrBank.read(i))));
}

/** 0 for each PCR that is as it should be: 0, 1 and 31 locked against clearing, 2 not. */
function tryToClearPcrs({ chip: { pcrBank } }: FirmwareContext): Uint8Array {
  const cleared = [0, 1, 2, 31].map((index) => pcrBank.clear(index));
  return Uint8Array.from(cleared, (done, i) => Number(done !== (i === 2)));
}

function fuseLog({ persistent }: FirmwareContext): Uint8Array {
  return persistent.rom.slice('fuse_log').slice(0, persistent.fuseLog().length * FuseLogEntry.size);
}

function pcrLog({ persistent }: FirmwareContext): Uint8Array {
  return persistent.rom.slice('pcr_log').slice(0, persistent.fht.get('pcr_log_index') * PcrLogEntry.size);
}

function measurementLog({ persistent }: FirmwareContext): Uint8Array {
  const size = persistent.fht.get('meas_log_index') * MeasurementLogEntry.size;
  return persistent.rom.slice('measurement_log').slice(0, size);
}

/** The key of the cryptographic mailbox, which ROM leaves in two shares. */
function mailboxKey({ persistent: { rom } }: FirmwareContext): Uint8Array {
  const other = rom.slice('cmb_aes_key_share1');
  return rom.slice('cmb_aes_key_share0').map((byte, i) => byte ^ (other[i] as number));
}

/** What ROM's image says of itself. caliptra-sw:image/types/src/lib.rs */
const RomInfo = struct('RomInfo', {
  sha256_digest: bytes(32),
  revision: bytes(20),
  flags: u32,
  version: u16,
  rsvd: u16,
});

function romInfo({ options: { rom }, profile }: FirmwareContext): Uint8Array {
  return RomInfo.encode({
    sha256_digest: wordsInMemory(rom.sha256),
    revision: rom.revision,
    flags: 0,
    version: profile.romVersion,
    rsvd: 0,
  });
}

/** Sizes of FMC and runtime, then both: 0 if they are what ICCM holds. In a subsystem they are not compared. */
function compareIccm({ chip, persistent: { dataVault } }: FirmwareContext, request: Uint8Array): Uint8Array {
  const view = new DataView(request.buffer, request.byteOffset, request.length);
  const fmcSize = view.getUint32(0, true);
  const rtSize = view.getUint32(4, true);
  const holds = (entryPoint: number, start: number, size: number): boolean => {
    const at = entryPoint - MEMORY_MAP.ICCM.base;
    const loaded = chip.iccm.subarray(at, at + size);
    return loaded.every((byte, i) => byte === request[start + i]);
  };
  const equal =
    chip.soc.subsystemMode ||
    (holds(dataVault.get('fmc_entry_point'), 8, fmcSize) &&
      holds(dataVault.get('rt_entry_point'), 8 + fmcSize, rtSize));
  return Uint8Array.of(equal ? 0 : 1);
}

/** Says the two certificates that ROM issued, and the keys they are for, in hexadecimal. */
function sayCertificates(context: FirmwareContext): 'complete' {
  const { dataVault } = context.persistent;
  const say = (what: string, bytes: Uint8Array): void =>
    context.print(`[fmc] ${what} = ${bytesToHex(bytes).toUpperCase()}`);
  const point = (publicKey: Uint8Array): Uint8Array => concatBytes(Uint8Array.of(4), publicKey);
  say('LDEVID PUBLIC KEY DER', point(dataVault.get('ldev_dice_ecc_pub_key')));
  say('LDEVID cert', storedCertificate(context, 'ldevid', 'ecdsa-p384') ?? new Uint8Array(0));
  say('FMCALIAS PUBLIC KEY DER', point(dataVault.get('fmc_ecc_pub_key')));
  say('FMCALIAS cert', storedCertificate(context, 'fmc-alias', 'ecdsa-p384') ?? new Uint8Array(0));
  return 'complete';
}

/** Ends the run of the test bench. */
function exit({ chip }: FirmwareContext): 'complete' {
  chip.soc.set('CPTRA_GENERIC_OUTPUT_WIRES', EXIT_PASSED);
  return 'complete';
}

/** The core may not write the data vault any more: the attempt ends in the exception handler. */
function* writeDataVault({ chip }: FirmwareContext): Firmware {
  chip.mailbox.complete('CMD_COMPLETE');
  [STORE_ACCESS_FAULT, 0, MEMORY_MAP.ICCM.base, MEMORY_MAP.ICCM.base].forEach((word, i) => {
    chip.soc.set('CPTRA_FW_EXTENDED_ERROR_INFO', word, i);
  });
  for (;;) {
    yield* pendingCommand(chip);
    chip.mailbox.complete('CMD_FAILURE');
  }
}

/** @see caliptra-sw:rom/dev/tools/test-fmc/src/main.rs */
const TEST_FMC: Program = new Map<number, TestCommand>([
  [0x1000_0000, { answer: pcrLog }],
  [0x1000_0001, { answer: sayCertificates }],
  [0x1000_0002, { answer: fuseLog }],
  [0x1000_0003, { answer: ({ persistent }) => persistent.rom.slice('fht').slice() }],
  [
    0x1000_0004,
    {
      *run(context) {
        context.chip.mailbox.complete('CMD_COMPLETE');
        yield* triggerUpdateReset(context);
      },
    },
  ],
  [0x1000_0005, { answer: ({ persistent }) => persistent.rom.slice('data_vault').slice() }],
  [0x1000_0006, { answer: readPcrs }],
  [0x1000_0007, { answer: tryToClearPcrs }],
  [0x1000_0008, { answer: romInfo }],
  [0x1000_0009, { answer: ({ chip }) => chip.pcrBank.read(31) }],
  [0x1000_000a, { answer: measurementLog }],
  [0x1000_000b, { run: triggerUpdateReset }],
  [0x1000_000c, { answer: exit }],
  [0x1000_000e, { answer: compareIccm }],
  [0x1000_0010, { run: writeDataVault }],
  [0x1000_0011, { run: writeDataVault }],
  [0x1000_0012, { answer: mailboxKey }],
  // FIRMWARE_LOAD
  [0x4657_4c44, { run: triggerUpdateReset }],
]);

/** Stands in for the test FMC in its interactive build: answers commands until it is reset. */
export function* interactiveTestFmc(context: FirmwareContext): Firmware {
  for (;;) {
    yield* pendingCommand(context.chip);
    if (!(yield* serve(context, TEST_FMC))) yield* unanswered(context.chip);
  }
}

/** Stands in for the test FMC: answers the command that waits for it, if one does, and ends the run. */
export const testFmc: Stage = function* (context) {
  if (context.chip.mailbox.pending() !== undefined) yield* serve(context, TEST_FMC);
  exit(context);
  for (;;) yield { for: 'device-reset', ready: () => false };
};
