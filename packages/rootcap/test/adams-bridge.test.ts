import { describe, expect, test } from '@jest/globals';
import { modelAbrEngine, type SharesEvent } from '@rootcap/adams-bridge';
import { ImageManifest } from '@rootcap/image';
import { CHAIN_ALGORITHMS, createDevice, demoBundle } from 'rootcap';

const chains = (device: ReturnType<typeof createDevice>) =>
  CHAIN_ALGORITHMS.map((algorithm) => device.certificateChain(algorithm));

/** Where bytes begin inside others. */
const placeOf = (part: Uint8Array, whole: Uint8Array): number =>
  whole.findIndex((_, at) => part.every((byte, i) => whole[at + i] === byte));

test('a device on the model of the accelerator issues the chains of one on the provider, and so does its fork', () => {
  const provider = createDevice({ adamsBridge: 'provider' }).boot();
  const model = createDevice({ adamsBridge: 'model' }).boot();
  expect(chains(model)).toEqual(chains(provider));
  expect(chains(model.fork())).toEqual(chains(provider));
});

test('the bundle and every certificate of a boot go through the commands of the model', () => {
  const ended = new Map<string, number>();
  const abrEngine = modelAbrEngine({
    onCommand(command, { status, accepted }) {
      const what = `${command} ${status} ${accepted}`;
      ended.set(what, (ended.get(what) ?? 0) + 1);
    },
  });
  const device = createDevice({ abrEngine }).bootToRom();
  const before = ended.get('MLDSA_VERIFY done true') ?? 0;
  device.loadFirmware(demoBundle(device.options.provider));
  expect(device.state).toBe('runtime');
  expect((ended.get('MLDSA_VERIFY done true') ?? 0) - before).toBeGreaterThanOrEqual(2);
  for (const command of ['MLDSA_KEYGEN', 'MLDSA_SIGN'])
    expect([command, ended.get(`${command} done true`)]).toEqual([command, expect.any(Number)]);
});

test('a bundle with a changed ML-DSA signature is refused on the model as on the provider', () => {
  const refusals = (['provider', 'model'] as const).map((adamsBridge) => {
    const device = createDevice({ adamsBridge }).bootToRom();
    const bundle = demoBundle(device.options.provider);
    const { pqcSig } = ImageManifest.decodeFrom(bundle).preamble.ownerSigs;
    const at = placeOf(pqcSig, bundle);
    bundle[at] = (bundle[at] as number) ^ 1;
    expect(() => device.loadFirmware(bundle)).toThrow();
    return device.errors;
  });
  expect(refusals[1]).toEqual(refusals[0]);
  expect(refusals[0]?.fatal).not.toBe(0);
});

test('there is no other Adams Bridge', () => {
  expect(() => createDevice({ adamsBridge: 'fpga' as 'model' })).toThrow(
    'adamsBridge: fpga is none of provider, model',
  );
});

describe('on the clock of a device', () => {
  const rtl = { abrProfile: 'rtl-2.0.3', debugLocked: false } as const;

  test('a command is an event, and as long as the model says', () => {
    const cycles: number[] = [];
    const abrEngine = modelAbrEngine({ onCommand: (_, outcome) => cycles.push(outcome.cycles) });
    const device = createDevice({ ...rtl, abrEngine }).boot();
    const { abr } = device.chip;
    abr.set('MLKEM_CTRL', 1);
    const result = device.clock.step({ cycles: 10 ** 6, until: () => abr.get('MLKEM_STATUS') !== 0 });
    expect(result).toEqual({ ran: cycles.at(-1), reason: 'until' });
    expect(abr.get('MLKEM_STATUS')).toBe(2);
  });

  test('a fork goes on with a command that is under way', () => {
    const device = createDevice(rtl).boot();
    device.chip.abr.set('MLDSA_CTRL', 1);
    device.clock.step({ cycles: 100 });
    const fork = device.fork();
    const until = () => fork.chip.abr.get('MLDSA_STATUS') !== 0;
    expect(fork.clock.step({ cycles: 10 ** 6, until }).ran).toBe(15_430);
    expect(device.chip.abr.get('MLDSA_STATUS')).toBe(0);
  });

  test('entering scan mode is a ZEROIZE', () => {
    const device = createDevice({ abrProfile: 'rtl-2.0.3' }).boot();
    const { abr } = device.chip;
    abr.set('MLDSA_CTRL', 1);
    device.chip.setSecurityState({ scanMode: true });
    expect([
      abr.get('MLDSA_STATUS'),
      device.clock.step({ cycles: 10 ** 6, until: () => abr.get('MLDSA_STATUS') !== 0 }),
    ]).toEqual([0, { ran: 1475, reason: 'until' }]);
    expect(abr.get('MLDSA_STATUS')).toBe(1);
  });

  test('the firmware of a boot spends the time of its signatures, on the clock alone', () => {
    const timeTo = (abrProfile: 'emulator' | 'rtl-2.0.3'): number => {
      const device = createDevice({ abrProfile, debugLocked: false, watchdogCycles: 20_000_000 });
      device.burnFuses();
      device.clock.step({ cycles: 10 ** 9, until: () => device.state === 'awaiting-firmware' });
      return device.clock.now;
    };
    expect(timeTo('rtl-2.0.3') - timeTo('emulator')).toBeGreaterThan(200_000);
    const still = createDevice({ abrProfile: 'rtl-2.0.3', watchdogCycles: 1000 }).boot();
    expect(still.clock.now).toBe(0);
    expect(still.clock.step({ cycles: 1, until: () => true }).ran).toBe(0);
  });
});

test('masking of the model: shares of the entropy that the firmware draws, the same chains', () => {
  const shares: SharesEvent[] = [];
  const options = { adamsBridge: 'model', abrProfile: 'rtl-2.0.3' } as const;
  const observer = {
    shares: (event: SharesEvent) => {
      if (shares.length < 50 && event.instruction.op === 'MASKED_PWM') shares.push(event);
    },
  };
  const masked = createDevice({ ...options, abrMasking: observer }).bootToRom();
  const plain = createDevice({ ...options, abrMasking: true }).bootToRom();
  expect(masked.idevidCsr('mldsa87')).toEqual(plain.idevidCsr('mldsa87'));
  expect(shares.filter(({ shares: [, share1] }) => share1 !== 0).length).toBeGreaterThan(40);
  expect(() => createDevice({ abrMasking: true })).toThrow(
    "abrMasking: only the model works on shares, adamsBridge: 'model'",
  );
});
