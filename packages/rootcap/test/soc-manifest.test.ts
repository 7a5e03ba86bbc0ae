import { beforeAll, describe, expect, test } from '@jest/globals';
import type { ErrorName } from '@rootcap/errors';
import { AUTHORIZATION, type CommandName } from '@rootcap/firmware';
import { parseSocManifest } from '@rootcap/image';
import { createDevice, type Device, demoBundle } from 'rootcap';
import {
  authManifest,
  authorize,
  fwInfo,
  imageInfo,
  manifestBody,
  ownerManifest,
  refusal,
  sha384,
} from './support/manifests.ts';

const image = new TextEncoder().encode('firmware of a controller');
const digest = sha384(image);
const LISTED = [
  { fwId: 40, digest, componentId: 7, execBit: 9, imageLoadAddress: 0x1_2000_0000n, imageStagingAddress: 0x3000n },
  { fwId: 10, digest: sha384(new Uint8Array(0)), ignoreAuthCheck: true },
];
const manifest = authManifest(LISTED);
const owners = ownerManifest([{ fwId: 20, digest }]);

let booted: Device;
beforeAll(() => {
  booted = createDevice({ verifyOwnSignatures: false }).boot();
});
/** A device of its own, with these manifests loaded. */
function device(...commands: readonly (readonly [CommandName, Uint8Array])[]): Device {
  const fork = booted.fork();
  for (const [command, file] of commands) fork.mailbox.execute(command, manifestBody(file));
  return fork;
}
const SET = ['SET_AUTH_MANIFEST', manifest] as const;
const SET_OWNER = ['SET_OWNER_AUTH_MANIFEST', owners] as const;
const dpeContexts = ({ context: { persistent } }: Device) => persistent.dpe.slice('state').slice();

describe('SET_AUTH_MANIFEST', () => {
  test('keeps list, digest and SVN', () => {
    const loaded = device(SET);
    const sorted = authManifest([...LISTED].reverse());
    expect(fwInfo(loaded)).toMatchObject({ soc_manifest_current_svn: 5, authman_sha384_digest: expect.anything() });
    // The digest is that of the sorted manifest, whose signatures are those of the unsorted one.
    const stored = loaded.context.persistent.authManifest.slice('image_metadata_col');
    expect(stored.slice(0, 4 + 160)).toEqual(sorted.slice(24292, 24292 + 4 + 160));
    const whole = manifest.slice();
    whole.set(stored, 24292);
    expect(fwInfo(loaded).authman_sha384_digest).toEqual(sha384(whole));
    expect(imageInfo(loaded, 40)).toMatchObject({
      component_id: 7,
      flags: 1 | (9 << 8),
      image_load_address_high: 1,
      image_load_address_low: 0x2000_0000,
      image_staging_address_low: 0x3000,
      digest,
    });
  });
  test('makes no DPE context where there is none: only the recovery flow does', () => {
    const before = dpeContexts(booted);
    expect(dpeContexts(device(SET))).toEqual(before);
  });
  test('VERIFY_AUTH_MANIFEST keeps nothing', () => {
    const verified = device(['VERIFY_AUTH_MANIFEST', manifest]);
    expect(fwInfo(verified)).toEqual(fwInfo(booted));
    expect(refusal(() => imageInfo(verified, 40))).toBe('RUNTIME_IMAGE_METADATA_NOT_FOUND');
  });
  test('a later manifest replaces the earlier one', () => {
    const loaded = device(SET, ['SET_AUTH_MANIFEST', authManifest([{ fwId: 99, digest }], { svn: 6 })]);
    expect(refusal(() => imageInfo(loaded, 40))).toBe('RUNTIME_IMAGE_METADATA_NOT_FOUND');
    expect([imageInfo(loaded, 99).digest, fwInfo(loaded).soc_manifest_current_svn]).toEqual([digest, 6]);
  });
  test('survives warm and update resets, not a power cycle', () => {
    const loaded = device(SET, SET_OWNER);
    const info = fwInfo(loaded);
    loaded.reset('warm');
    loaded.burnFuses();
    loaded.run();
    expect(fwInfo(loaded)).toEqual(info);
    loaded.loadFirmware(demoBundle(loaded.options.provider));
    expect(fwInfo(loaded)).toEqual(info);
    loaded.reset('cold');
    loaded.boot();
    expect(fwInfo(loaded)).toMatchObject({ soc_manifest_current_svn: 0, owner_auth_manifest_current_svn: 0 });
  });

  const flipped = (file: Uint8Array, at: number) => file.map((byte, i) => (i === at ? byte ^ 1 : byte));
  test.each<[ErrorName, CommandName, Uint8Array, { axiUser?: number }?]>([
    ['RUNTIME_INCORRECT_PAUSER_PRIVILEGE_LEVEL', 'SET_AUTH_MANIFEST', manifestBody(manifest), { axiUser: 2 }],
    ['RUNTIME_INCORRECT_PAUSER_PRIVILEGE_LEVEL', 'VERIFY_AUTH_MANIFEST', new Uint8Array(0), { axiUser: 2 }],
    ['RUNTIME_INCORRECT_PAUSER_PRIVILEGE_LEVEL', 'SET_OWNER_AUTH_MANIFEST', manifestBody(owners), { axiUser: 2 }],
    ['RUNTIME_MAILBOX_INVALID_PARAMS', 'SET_AUTH_MANIFEST', new Uint8Array(0)],
    ['RUNTIME_MAILBOX_INVALID_PARAMS', 'SET_AUTH_MANIFEST', manifestBody(manifest, manifest.length + 1)],
    ['RUNTIME_MAILBOX_INVALID_PARAMS', 'SET_AUTH_MANIFEST', manifestBody(new Uint8Array(34_817))],
    ['RUNTIME_MAILBOX_INVALID_PARAMS', 'SET_OWNER_AUTH_MANIFEST', manifestBody(new Uint8Array(24_577))],
    ['RUNTIME_AUTH_MANIFEST_PREAMBLE_SIZE_LT_MIN', 'SET_AUTH_MANIFEST', manifestBody(manifest, 24_291)],
    ['RUNTIME_INVALID_AUTH_MANIFEST_MARKER', 'SET_AUTH_MANIFEST', manifestBody(flipped(manifest, 0))],
    ['RUNTIME_AUTH_MANIFEST_VENDOR_ECC_SIGNATURE_INVALID', 'VERIFY_AUTH_MANIFEST', manifestBody(flipped(manifest, 9))],
    ['RUNTIME_OWNER_AUTH_MANIFEST_INVALID_MARKER', 'SET_OWNER_AUTH_MANIFEST', manifestBody(manifest.slice(0, 14_720))],
    [
      'RUNTIME_OWNER_AUTH_MANIFEST_IMC_OWNER_ECC_SIGNATURE_INVALID',
      'SET_OWNER_AUTH_MANIFEST',
      manifestBody(flipped(owners, 14_719)),
    ],
    [
      'IMAGE_VERIFIER_ERR_FIRMWARE_SVN_GREATER_THAN_MAX_SUPPORTED',
      'SET_AUTH_MANIFEST',
      manifestBody(authManifest(LISTED, { svn: 129 })),
    ],
  ])('%s, and nothing changes', (symbol, command, body, options = {}) => {
    const loaded = device(SET, SET_OWNER);
    const before = loaded.context.persistent.fw.bytes.slice();
    expect(refusal(() => loaded.mailbox.execute(command, body, options))).toBe(symbol);
    loaded.context.persistent.dpe.set('runtime_cmd_active', 0);
    expect(Buffer.compare(loaded.context.persistent.fw.bytes, before)).toBe(0);
  });
  test('bytes behind the manifest are not looked at', () => {
    const body = manifestBody(manifest);
    const longer = new Uint8Array(body.length + 8).fill(0xff);
    longer.set(body);
    expect(refusal(() => device().mailbox.execute('SET_AUTH_MANIFEST', longer))).toBe('accepted');
  });
});

describe('two manifests', () => {
  test('lie side by side', () => {
    const loaded = device(SET, SET_OWNER);
    expect([imageInfo(loaded, 20).digest, imageInfo(loaded, 40).digest]).toEqual([digest, digest]);
    expect(fwInfo(loaded)).toMatchObject({ soc_manifest_current_svn: 5, owner_auth_manifest_current_svn: 9 });
    expect(loaded.context.persistent.ownerAuthManifest.get('digest')).toEqual(sha384(owners));
  });
  test('share no firmware id', () => {
    const both = ownerManifest([{ fwId: 40, digest }]);
    const setBoth = (loaded: Device) => () => loaded.mailbox.execute('SET_OWNER_AUTH_MANIFEST', manifestBody(both));
    expect(refusal(setBoth(device(SET)))).toBe('RUNTIME_OWNER_AUTH_MANIFEST_IMC_DUPLICATE_FW_ID');
    const owned = device(['SET_OWNER_AUTH_MANIFEST', both]);
    expect(refusal(() => owned.mailbox.execute(SET[0], manifestBody(manifest)))).toBe(
      'RUNTIME_AUTH_MANIFEST_IMAGE_METADATA_LIST_DUPLICATE_FIRMWARE_ID',
    );
  });
  test('the owner manifest has its own lowest SVN, a strap of subsystem mode', () => {
    const strapped = createDevice({
      verifyOwnSignatures: false,
      subsystemMode: true,
      straps: { generic: [0x001e_0010, 0x80, 0, 10 << 8] },
    }).boot();
    expect(fwInfo(strapped).owner_auth_manifest_min_svn).toBe(10);
    const set = (svn: number) => () =>
      strapped.mailbox.execute('SET_OWNER_AUTH_MANIFEST', manifestBody(ownerManifest([{ fwId: 20, digest }], svn)));
    expect([refusal(set(9)), refusal(set(10))]).toEqual(['RUNTIME_OWNER_AUTH_MANIFEST_SVN_LESS_THAN_MIN', 'accepted']);
  });
});

describe('AUTHORIZE_AND_STASH', () => {
  test('asks both lists', () => {
    const loaded = device(SET, SET_OWNER);
    const other = sha384(digest);
    expect([
      authorize(loaded, { fwId: 40, measurement: digest }),
      authorize(loaded, { fwId: 20, measurement: digest }),
      authorize(loaded, { fwId: 10, measurement: other }),
      authorize(loaded, { fwId: 40, measurement: other }),
      authorize(loaded, { fwId: 41, measurement: digest }),
    ]).toEqual([
      AUTHORIZATION.AUTHORIZED,
      AUTHORIZATION.AUTHORIZED_OWNER_ONLY,
      AUTHORIZATION.AUTHORIZED,
      AUTHORIZATION.HASH_MISMATCH,
      AUTHORIZATION.NOT_AUTHORIZED,
    ]);
  });
  test('measures what is authorized, unless it is told not to', () => {
    const loaded = device(SET);
    const pcr = () => loaded.chip.pcrBank.read(31);
    const before = { pcr: pcr(), contexts: dpeContexts(loaded) };
    authorize(loaded, { fwId: 40, measurement: sha384(digest) });
    authorize(loaded, { fwId: 41, measurement: digest });
    authorize(loaded, { fwId: 40, measurement: digest, flags: 1 });
    expect({ pcr: pcr(), contexts: dpeContexts(loaded) }).toEqual(before);
    authorize(loaded, { fwId: 40, measurement: digest });
    expect(pcr()).toEqual(sha384(Buffer.concat([before.pcr, digest])));
    expect(dpeContexts(loaded)).not.toEqual(before.contexts);
  });
  test('anybody may ask, but only privilege level 0 may measure', () => {
    const loaded = device(SET);
    const question = { fwId: 40, measurement: digest, axiUser: 2 };
    expect(authorize(loaded, { ...question, flags: 1 })).toBe(AUTHORIZATION.AUTHORIZED);
    expect(refusal(() => authorize(loaded, question))).toBe('RUNTIME_INCORRECT_PAUSER_PRIVILEGE_LEVEL');
  });
  test.each([0, 4, 0xffff_ffff])('source %i is none', (source) => {
    expect(refusal(() => authorize(device(SET), { fwId: 40, source }))).toBe(
      'RUNTIME_AUTH_AND_STASH_UNSUPPORTED_IMAGE_SOURCE',
    );
  });
  test('an address that nothing answers is an internal error', () => {
    expect(refusal(() => authorize(device(SET), { fwId: 40, source: 2, imageSize: 4 }))).toBe('RUNTIME_INTERNAL');
  });
  test.each([
    ['AUTHORIZE_AND_STASH', 115],
    ['AUTHORIZE_AND_STASH', 117],
    ['GET_IMAGE_INFO', 0],
    ['GET_IMAGE_INFO', 8],
  ] as const)('%s with %i bytes of body', (command, size) => {
    expect(refusal(() => device(SET).mailbox.execute(command, new Uint8Array(size)))).toBe(
      'RUNTIME_INSUFFICIENT_MEMORY',
    );
  });
  test('before any manifest nothing is authorized', () => {
    expect(authorize(device(), { fwId: 0, measurement: digest })).toBe(AUTHORIZATION.NOT_AUTHORIZED);
    expect(parseSocManifest(manifest).entries).toHaveLength(2);
  });
});
