import { concatBytes, utf8ToBytes } from '@rootcap/crypto';
import { contextsOfType, DpeState, normalRoot } from '@rootcap/dpe';
import { RotError } from '@rootcap/errors';
import { type Firmware, type FirmwareContext, KEY_ID, PCR_ID, STAGES, type Stage } from '@rootcap/firmware';
import { KeyUsage } from '@rootcap/hardware';
import { type Program, serve, type TestCommand, wordsInMemory } from './program.ts';

const SHA384_SIZE = 48;
const MAILBOX_USERS = 5;
/** TCI type of the context that holds what the SoC configured before boot: "CCIV". */
const CCIV = 0x4343_4956;
const DONE = new Uint8Array(0);

type Measurement = 'tci_current' | 'tci_cumulative';
type ManagedIndex = 'cciv' | 'mcu_rt';

const dpe = ({ persistent }: FirmwareContext): DpeState => new DpeState(persistent.dpe.slice('state'), SHA384_SIZE);

function rootIndex(state: DpeState): number {
  const root = normalRoot(state);
  if (root === undefined) throw new RotError('RUNTIME_UNABLE_TO_FIND_DPE_ROOT_CONTEXT');
  return root;
}

/** The context of what the SoC configured before boot, below the root. */
function ccivIndex(state: DpeState): number {
  const root = rootIndex(state);
  const index = contextsOfType(state, CCIV).find((i) => state.read(i).parent_idx === root);
  if (index === undefined) throw new RotError('RUNTIME_DPE_CONTEXT_NOT_FOUND');
  return index;
}

/** Digest of all measurements. */
function measurements(context: FirmwareContext): Uint8Array {
  const state = dpe(context);
  return sha384(
    context,
    state.inUse().map((index) => state.read(index).tci.tci_current),
  );
}

const measurementOf =
  (find: (state: DpeState) => number, which: Measurement) =>
  (context: FirmwareContext): Uint8Array => {
    const state = dpe(context);
    return state.read(find(state)).tci[which].slice();
  };

const managedMeasurement =
  (managed: ManagedIndex, which: Measurement) =>
  (context: FirmwareContext): Uint8Array => {
    const index = context.persistent.dpe.get('caliptra_managed_dpe_context_indices')[managed];
    return dpe(context).read(index).tci[which].slice();
  };

const corruptRoot =
  (which: Measurement) =>
  (context: FirmwareContext, request: Uint8Array): Uint8Array => {
    const state = dpe(context);
    const root = rootIndex(state);
    const node = state.read(root);
    state.write(root, { ...node, tci: { ...node.tci, [which]: request.slice(0, SHA384_SIZE) } });
    return DONE;
  };

const overwrite =
  (field: 'state' | 'context_tags' | 'context_has_tag') =>
  ({ persistent }: FirmwareContext, request: Uint8Array): Uint8Array => {
    const memory = persistent.dpe.slice(field);
    memory.set(request.subarray(0, memory.length));
    return DONE;
  };

function sha384({ chip }: FirmwareContext, parts: readonly Uint8Array[]): Uint8Array {
  return chip.sha512.digest('sha384', concatBytes(...parts));
}

/** Digest of the AXI users that are locked into the mailbox's registers. */
function mailboxUsers(context: FirmwareContext): Uint8Array {
  const { soc } = context.chip;
  const users: Uint8Array[] = [];
  for (let i = 0; i < MAILBOX_USERS; i++) {
    if ((soc.get('CPTRA_MBOX_AXI_USER_LOCK', i) & 1) === 0) continue;
    users.push(word(soc.get('CPTRA_MBOX_VALID_AXI_USER', i)));
  }
  return wordsInMemory(sha384(context, users));
}

function word(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
}

/** A digest that only the secret of this SVN gives. @see caliptra-sw:runtime/src/key_ladder.rs, runtime/src/hmac.rs */
function keyLadderDigest(context: FirmwareContext, request: Uint8Array): Uint8Array {
  const { chip, drivers, persistent } = context;
  const target = new DataView(request.buffer, request.byteOffset, request.length).getUint32(0, true);
  const steps = persistent.dataVault.get('fw_min_svn') - target;
  if (steps < 0) throw new RotError('RUNTIME_KEY_LADDER_TARGET_SVN_TOO_LARGE');
  const scratch = { slot: KEY_ID.TMP, usage: KeyUsage.HMAC_KEY } as const;
  let source: { readonly slot: number } = { slot: KEY_ID.FW_KEY_LADDER };
  for (let i = 0; i < steps; i++) {
    drivers.hmac.kdf(source, 'si_extend', scratch);
    source = { slot: KEY_ID.TMP };
  }
  drivers.hmac.kdf(source, 'chain_output', scratch, DONE);
  drivers.hmac.kdf({ slot: KEY_ID.TMP }, 'label', { slot: KEY_ID.TMP, usage: KeyUsage.ECC_SEED });
  const publicKey = drivers.ecc384.keyPair({ slot: KEY_ID.TMP }, { slot: KEY_ID.TMP, usage: KeyUsage.ECC_PKEY });
  chip.keyVault.clear(KEY_ID.TMP);
  return wordsInMemory(drivers.hmac.mac('sha384', sha384(context, [publicKey]), utf8ToBytes('data')));
}

/** @see caliptra-sw:runtime/test-fw/src/mbox_responder.rs */
const TEST_RUNTIME: Program = new Map<number, TestCommand>([
  [0x1000_0000, { answer: ({ chip }) => chip.pcrBank.read(PCR_ID.RT_FW_JOURNEY) }],
  [0x1000_0001, { answer: ({ chip }) => chip.pcrBank.read(PCR_ID.RT_FW_CURRENT) }],
  [0x1000_1000, { answer: keyLadderDigest }],
  [0x2000_0000, { answer: mailboxUsers }],
  [0x3000_0000, { answer: measurements }],
  [0x5000_0000, { answer: ({ chip }) => chip.pcrBank.read(PCR_ID.STASH_MEASUREMENT) }],
  [0x6000_0000, { answer: measurementOf(rootIndex, 'tci_current') }],
  [0x6000_0001, { answer: measurementOf(rootIndex, 'tci_cumulative') }],
  [0x6000_0002, { answer: measurementOf(ccivIndex, 'tci_current') }],
  [0x6000_0003, { answer: measurementOf(ccivIndex, 'tci_cumulative') }],
  [
    0x6000_0004,
    {
      answer({ persistent }) {
        const indices = persistent.dpe.slice('caliptra_managed_dpe_context_indices');
        indices.fill(0xff);
        indices[0] = 0;
        return DONE;
      },
    },
  ],
  [0x6000_0005, { answer: ({ persistent }) => persistent.dpe.slice('caliptra_managed_dpe_context_indices').slice() }],
  [0x6000_0006, { answer: managedMeasurement('cciv', 'tci_current') }],
  [0x6000_0007, { answer: managedMeasurement('cciv', 'tci_cumulative') }],
  [0x6000_0008, { answer: managedMeasurement('mcu_rt', 'tci_current') }],
  [0x6000_0009, { answer: managedMeasurement('mcu_rt', 'tci_cumulative') }],
  [
    0x7000_0000,
    {
      answer: ({ persistent }) =>
        concatBytes(persistent.dpe.slice('context_tags'), persistent.dpe.slice('context_has_tag')),
    },
  ],
  [0x8000_0000, { answer: overwrite('context_tags') }],
  [0x9000_0000, { answer: overwrite('context_has_tag') }],
  [0xa000_0000, { answer: ({ persistent }) => persistent.dpe.slice('state').slice() }],
  [0xb000_0000, { answer: overwrite('state') }],
  [0xc000_0000, { answer: ({ persistent }) => persistent.fw.slice('pcr_reset').slice() }],
  [0xd000_0000, { answer: corruptRoot('tci_cumulative') }],
  [0xd000_0001, { answer: corruptRoot('tci_current') }],
  [
    0xe000_0000,
    {
      answer({ persistent }) {
        persistent.dpe.set('runtime_cmd_active', 1);
        return DONE;
      },
    },
  ],
  [0xf000_0000, { answer: ({ persistent }) => word(persistent.fht.get('fw_key_ladder_max_svn')).slice(0, 2) }],
  [0xf100_0000, { answer: ({ persistent }) => Uint8Array.of(persistent.ocpLockMetadata.get('hek_available')) }],
]);

/**
 * Stands in for the runtime of caliptra-sw's mailbox tests: the runtime, with commands that show and break what it keeps
 * in data memory.
 */
export const testRuntime: Stage = function* (context) {
  const program = STAGES.runtime(context);
  for (let step = program.next(); step.done !== true; step = program.next()) {
    const wait = step.value;
    yield wait;
    while (isTestCommand(context)) {
      yield* serveTestCommand(context);
      if (!wait.ready()) yield wait;
    }
  }
};

/** Until the loop starts over; who waits for the answer needs one of them to see it. */
const LOOP_CYCLES = 32;

function* serveTestCommand(context: FirmwareContext): Firmware {
  const { mailbox, soc } = context.chip;
  soc.setField('CPTRA_FLOW_STATUS', 'mailbox_flow_done', 0);
  soc.set('CPTRA_FW_ERROR_NON_FATAL', 0);
  try {
    yield* serve(context, TEST_RUNTIME);
  } catch (error) {
    if (!(error instanceof RotError)) throw error;
    soc.set('CPTRA_FW_ERROR_NON_FATAL', error.code);
    mailbox.complete('CMD_FAILURE');
  }
  yield { for: 'observer', ready: () => true, cycles: LOOP_CYCLES };
  soc.setField('CPTRA_FLOW_STATUS', 'mailbox_flow_done', 1);
}

/** Whether the runtime takes commands, and the one that stands in the mailbox is not for the runtime itself. */
function isTestCommand({ chip }: FirmwareContext): boolean {
  const pending = chip.mailbox.pending();
  const serving = chip.soc.field('CPTRA_FLOW_STATUS', 'ready_for_runtime') !== 0;
  return serving && pending !== undefined && TEST_RUNTIME.has(pending.command);
}
