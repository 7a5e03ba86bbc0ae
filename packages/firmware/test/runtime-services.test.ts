import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { concatBytes, ecc384KeyFromSeed } from '@rootcap/crypto';
import { COMMAND_ID, type CommandName, sealMessage } from '@rootcap/firmware';
import { MCU_SRAM_OFFSET } from '@rootcap/hardware';
import { demoKeys } from '@rootcap/image';
import { swapWords } from '@rootcap/struct';
import { AXI_USER, Board, hex, provider, runtimeBoard, words } from './support/board.ts';
import { signedBundle, socFirmware } from './support/bundle.ts';
import { call, pattern, refusal, requestOf, send } from './support/cryptographic.ts';

/**
 * Expected values: caliptra-sw:runtime/src/verify.rs, fe_programming.rs, debug_unlock.rs, lib.rs
 * (finish_debug_unlock_mailbox_access) at e7dc50f2.
 */

describe('LMS_SIGNATURE_VERIFY', () => {
  const key = demoKeys(provider).owner.lms;
  const hash = pattern(48);

  /** The request has numbers little-endian, but for the type inside the one-time signature. */
  function request(signature = key?.sign(hash) as Uint8Array) {
    const publicKey = key?.publicKey as Uint8Array;
    return {
      pub_key_tree_type: 12,
      pub_key_ots_type: 7,
      pub_key_id: publicKey.slice(8, 24),
      pub_key_digest: publicKey.slice(24),
      signature_q: Number(`0x${hex(signature.subarray(0, 4))}`),
      signature_ots: signature.slice(4, 1256),
      signature_tree_type: 12,
      signature_tree_path: signature.slice(1260),
      hash,
    };
  }

  test('takes a right signature; the digest was the caller’s, so the answer is not FIPS-approved', () => {
    const answer = send(runtimeBoard(), 'LMS_SIGNATURE_VERIFY', request()) as Uint8Array;
    expect(hex(answer.subarray(4))).toBe('44525355');
  });

  test.each([
    [{ hash: pattern(48, 2) }, 'RUNTIME_LMS_VERIFY_FAILED'],
    [{ pub_key_tree_type: 11 }, 'RUNTIME_LMS_VERIFY_INVALID_LMS_ALGORITHM'],
    [{ pub_key_ots_type: 8 }, 'RUNTIME_LMS_VERIFY_INVALID_LMOTS_ALGORITHM'],
    [{ signature_tree_type: 13 }, 'RUNTIME_LMS_VERIFY_INVALID_LMS_ALGORITHM'],
    [{ signature_q: 32768 }, 'DRIVER_LMS_INVALID_Q_VALUE'],
    [{ signature_ots: new Uint8Array(1252).fill(1) }, 'DRIVER_LMS_SIGNATURE_LMOTS_DOESNT_MATCH_PUBKEY_LMOTS'],
  ] as const)('%j: %s', (change, code) => {
    expect(refusal(runtimeBoard(), 'LMS_SIGNATURE_VERIFY', { ...request(), ...change })).toBe(code);
  });

  test('takes its exact size only', () => {
    const board = runtimeBoard();
    board.send(COMMAND_ID.LMS_SIGNATURE_VERIFY, requestOf('LMS_SIGNATURE_VERIFY', {}, 1716));
    expect(board.nonFatal).toBe('RUNTIME_INSUFFICIENT_MEMORY');
  });
});

describe('FE_PROG', () => {
  test.each([0, 1, 2, 3])(
    'programs partition %i, and no other, with the start of two random responses',
    (partition) => {
      const board = runtimeBoard({ subsystemMode: true });
      const copy = runtimeBoard({ subsystemMode: true });
      const seed = copy.chip.trng.generate().slice(0, 8);
      const responses = board.chip.trng.responses;
      call(board, 'FE_PROG', { partition });
      expect(board.chip.trng.responses - responses).toBe(2);
      const { bank } = board.chip.otp;
      const start = 80 + 24 * partition;
      expect(bank.slice(start, start + 8)).toEqual(swapWords(seed));
      expect(bank.subarray(start + 8, start + 16).every((byte) => byte === 0)).toBe(false);
      expect([...bank.subarray(0, start), ...bank.subarray(start + 16)].every((byte) => byte === 0)).toBe(true);
    },
  );

  test('only privileged users, production, and partitions that are', () => {
    const board = runtimeBoard({ subsystemMode: true });
    expect(refusal(board, 'FE_PROG', { partition: 4 })).toBe('RUNTIME_FE_PROG_INVALID_PARTITION');
    board.execute('FE_PROG', words(0), 2);
    expect(board.nonFatal).toBe('RUNTIME_INCORRECT_PAUSER_PRIVILEGE_LEVEL');
    board.execute('FE_PROG', words(0, 0));
    expect(board.nonFatal).toBe('RUNTIME_INSUFFICIENT_MEMORY');
    const manufacturing = runtimeBoard({ lifecycle: 1 });
    expect(refusal(manufacturing, 'FE_PROG', { partition: 4 })).toBe('RUNTIME_FE_PROG_ILLEGAL_LIFECYCLE_STATE');
  });
});

describe('debug unlock in the runtime', () => {
  const LEVEL = 2;
  const ecc = ecc384KeyFromSeed(provider, new Uint8Array(48).fill(0x31));
  const mldsa = provider.mldsa87.keygenFromSeed(new Uint8Array(32).fill(0x32));
  const PRODUCTION_REQUEST = 2;

  /** A device with debug intent whose runtime is up; the request bit comes afterwards. */
  function board({ requested = true, lifecycle = 3 as const } = {}): Board {
    const device = new Board({ subsystemMode: true, debugIntent: true, lifecycle });
    const hash = createHash('sha384').update(swapWords(ecc.publicKey)).update(mldsa.publicKey).digest();
    device.chip.mci.setDebugUnlockHash(LEVEL, new Uint8Array(hash));
    device.powerOn();
    device.chip.recovery.stage([signedBundle(provider), ...socFirmware(provider)]);
    device.execute('RI_DOWNLOAD_FIRMWARE');
    if (requested) device.chip.soc.set('SS_DBG_SERVICE_REG_REQ', PRODUCTION_REQUEST);
    return device;
  }

  const request = (unlock_level = LEVEL) => ({ length: 2, unlock_level: Uint8Array.of(unlock_level) });

  function token(challenge: Uint8Array, change: { readonly level?: number } = {}) {
    const id = challenge.slice(12, 44);
    const nonce = challenge.slice(44, 92);
    const { level = LEVEL } = change;
    const message = concatBytes(id, Uint8Array.of(level, 0, 0, 0), nonce);
    const digest = (name: string) => new Uint8Array(createHash(name).update(message).digest());
    return {
      length: 0x753,
      unique_device_identifier: id,
      unlock_level: Uint8Array.of(level),
      challenge: nonce,
      ecc_public_key: swapWords(ecc.publicKey),
      mldsa_public_key: mldsa.publicKey,
      ecc_signature: swapWords(provider.ecdsa384.sign(ecc.privateKey, digest('sha384'))),
      mldsa_signature: provider.mldsa87.sign(mldsa.secretKey, digest('sha512')),
    };
  }

  test('a challenge, its answer, and the level is open', () => {
    const device = board();
    const challenge = send(device, 'PRODUCTION_AUTH_DEBUG_UNLOCK_REQ', request()) as Uint8Array;
    expect(device.debugResponse.sort()).toEqual(['prod_dbg_unlock_in_progress', 'tap_mailbox_available']);
    call(device, 'PRODUCTION_AUTH_DEBUG_UNLOCK_TOKEN', token(challenge));
    expect(device.debugResponse).toEqual(['prod_dbg_unlock_success']);
    expect(device.chip.soc.get('SS_SOC_DBG_UNLOCK_LEVEL', 0)).toBe(1 << (LEVEL - 1));
    expect(refusal(device, 'PRODUCTION_AUTH_DEBUG_UNLOCK_TOKEN', token(challenge))).toBe(
      'RUNTIME_DEBUG_UNLOCK_NO_CHALLENGE',
    );
  });

  test('a wrong answer closes the mailbox to the TAP and spends the challenge', () => {
    const device = board();
    const challenge = send(device, 'PRODUCTION_AUTH_DEBUG_UNLOCK_REQ', request()) as Uint8Array;
    const wrong = token(challenge, { level: 1 });
    expect(refusal(device, 'PRODUCTION_AUTH_DEBUG_UNLOCK_TOKEN', wrong)).toBe(
      'SS_DBG_UNLOCK_PROD_INVALID_TOKEN_CHALLENGE',
    );
    expect(device.debugResponse).toEqual(['prod_dbg_unlock_fail']);
    expect(device.chip.soc.get('SS_SOC_DBG_UNLOCK_LEVEL', 0)).toBe(0);
    expect(refusal(device, 'PRODUCTION_AUTH_DEBUG_UNLOCK_TOKEN', token(challenge))).toBe(
      'RUNTIME_DEBUG_UNLOCK_NO_CHALLENGE',
    );
  });

  test('the TAP keeps the mailbox until the answer has been read', () => {
    const device = board();
    const { mailbox } = device.chip;
    mailbox.send({
      axiUser: AXI_USER,
      command: COMMAND_ID.PRODUCTION_AUTH_DEBUG_UNLOCK_REQ,
      data: requestOf('PRODUCTION_AUTH_DEBUG_UNLOCK_REQ', request(9)),
    });
    device.run();
    expect(mailbox.status()).toBe('CMD_FAILURE');
    expect(device.debugResponse).toEqual(['tap_mailbox_available']);
    mailbox.release(AXI_USER);
    device.run();
    expect(device.debugResponse).toEqual([]);
  });

  /** Command and answer by way of the SoC's memory. @returns the refusal's code, or the response */
  function sendExternally(device: Board, command: CommandName, fields: Parameters<typeof requestOf>[1]) {
    const inner = requestOf(command, fields);
    device.chip.mci.mcuSram.write(0x1000, inner);
    const address = 0x2100_0000 + MCU_SRAM_OFFSET + 0x1000;
    const answer = device.execute('EXTERNAL_MAILBOX_CMD', words(COMMAND_ID[command], inner.length, address, 0));
    return answer.status === 'CMD_FAILURE' ? device.nonFatal : answer.data;
  }

  test('in EXTERNAL_MAILBOX_CMD: the unlock ends too, but the TAP keeps the mailbox', () => {
    const device = board();
    expect(sendExternally(device, 'PRODUCTION_AUTH_DEBUG_UNLOCK_REQ', request(9))).toBe(
      'SS_DBG_UNLOCK_PROD_INVALID_REQ',
    );
    expect(device.debugResponse).toEqual(['tap_mailbox_available']);
    const challenge = sendExternally(device, 'PRODUCTION_AUTH_DEBUG_UNLOCK_REQ', request()) as Uint8Array;
    expect(device.debugResponse.sort()).toEqual(['prod_dbg_unlock_in_progress', 'tap_mailbox_available']);
    sendExternally(device, 'PRODUCTION_AUTH_DEBUG_UNLOCK_TOKEN', token(challenge));
    expect(device.debugResponse.sort()).toEqual(['prod_dbg_unlock_success', 'tap_mailbox_available']);
    expect(device.chip.soc.get('SS_SOC_DBG_UNLOCK_LEVEL', 0)).toBe(1 << (LEVEL - 1));
  });

  test('a refused request leaves the challenge before it', () => {
    const device = board();
    const challenge = send(device, 'PRODUCTION_AUTH_DEBUG_UNLOCK_REQ', request()) as Uint8Array;
    expect(refusal(device, 'PRODUCTION_AUTH_DEBUG_UNLOCK_REQ', request(9))).toBe('SS_DBG_UNLOCK_PROD_INVALID_REQ');
    expect(device.debugResponse).toEqual([]);
    call(device, 'PRODUCTION_AUTH_DEBUG_UNLOCK_TOKEN', token(challenge));
    expect(device.debugResponse).toEqual(['prod_dbg_unlock_success']);
  });

  test.each([
    [{ length: 3, unlock_level: Uint8Array.of(LEVEL) }, 'SS_DBG_UNLOCK_PROD_INVALID_REQ'],
    [request(0), 'SS_DBG_UNLOCK_PROD_INVALID_REQ'],
    [request(9), 'SS_DBG_UNLOCK_PROD_INVALID_REQ'],
    [request(1), 'SS_DBG_UNLOCK_PROD_DISABLED'],
  ])('request %j: %s', (fields, code) => {
    expect(refusal(board(), 'PRODUCTION_AUTH_DEBUG_UNLOCK_REQ', fields)).toBe(code);
  });

  test('without intent or request there is no challenge; other lifecycles and sizes are refused', () => {
    const message = (size: number) => sealMessage(COMMAND_ID.PRODUCTION_AUTH_DEBUG_UNLOCK_REQ, new Uint8Array(size));
    expect(refusal(runtimeBoard(), 'PRODUCTION_AUTH_DEBUG_UNLOCK_REQ', request())).toBe(
      'SS_DBG_UNLOCK_REQ_BIT_NOT_SET',
    );
    const idle = board({ requested: false });
    expect(refusal(idle, 'PRODUCTION_AUTH_DEBUG_UNLOCK_REQ', request())).toBe('SS_DBG_UNLOCK_REQ_BIT_NOT_SET');
    const device = board();
    device.send(COMMAND_ID.PRODUCTION_AUTH_DEBUG_UNLOCK_REQ, message(16));
    expect(device.nonFatal).toBe('RUNTIME_MAILBOX_API_REQUEST_DATA_LEN_TOO_LARGE');
    expect(refusal(runtimeBoard({ lifecycle: 1 }), 'PRODUCTION_AUTH_DEBUG_UNLOCK_TOKEN')).toBe(
      'RUNTIME_DEBUG_UNLOCK_INVALID_LIFECYCLE',
    );
    expect(refusal(runtimeBoard(), 'PRODUCTION_AUTH_DEBUG_UNLOCK_TOKEN')).toBe('RUNTIME_DEBUG_UNLOCK_NO_CHALLENGE');
  });
});
