import { expect, test } from '@jest/globals';
import { CONTEXT_STATE, DpeState } from '@rootcap/dpe';
import { createDevice, type Device, demoBundle } from 'rootcap';

const HASH_SIZE = 48;
/** Contexts that privilege level 0 may have. */
const PL0_LIMIT = 32;

/** Chains contexts of one locality below those of the running device until there are `wanted` active ones. */
function fillContexts(device: Device, locality: number, wanted: number): void {
  const state = new DpeState(device.context.persistent.dpe.slice('state'), HASH_SIZE);
  const active = state
    .inUse()
    .filter((i) => state.stateOf(i) === CONTEXT_STATE.ACTIVE && state.localityOf(i) === locality);
  let last = active.at(-1) ?? 1;
  for (let i = 0, count = active.length; count < wanted; i++) {
    if (state.stateOf(i) !== CONTEXT_STATE.INACTIVE) continue;
    const parent = state.read(last);
    const handle = parent.handle.every((byte) => byte === 0) ? new Uint8Array(16).fill(0xee) : parent.handle;
    state.write(last, { ...parent, handle, children: parent.children | (1n << BigInt(i)) });
    const child = { ...state.read(i), state: CONTEXT_STATE.ACTIVE, handle: new Uint8Array(16).fill(i + 1), locality };
    state.write(i, { ...child, parent_idx: last, tci: { ...child.tci, locality } });
    last = i;
    count++;
  }
}

// The sender of FIRMWARE_LOAD counts: its AXI user stays in the mailbox's register after the transaction.
test.each([
  ['as many as it may besides the root', PL0_LIMIT, 'RUNTIME_PL0_USED_DPE_CONTEXT_THRESHOLD_EXCEEDED', 1],
  ['as many as it may', PL0_LIMIT - 1, 'RUNTIME_PL0_USED_DPE_CONTEXT_THRESHOLD_REACHED', 1],
  ['one fewer', PL0_LIMIT - 2, undefined, 0],
])('privilege level 0 has %s when it updates the firmware', (_, contexts, symbol, disabled) => {
  const device = createDevice({ verifyOwnSignatures: false }).boot();
  fillContexts(device, device.options.axiUser, contexts);
  const update = (): void => device.loadFirmware(demoBundle(device.options.provider));
  if (symbol === undefined) expect(update).not.toThrow();
  else expect(update).toThrow(symbol);
  expect(device.mailbox.call('FW_INFO').attestation_disabled).toBe(disabled);
  expect(device.state).toBe('runtime');
});
