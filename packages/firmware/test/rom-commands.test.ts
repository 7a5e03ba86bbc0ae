import { createHash, createHmac, X509Certificate } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { cmacKdf, concatBytes, ecc384KeyFromSeed, utf8ToBytes } from '@rootcap/crypto';
import { parseCsrEnvelope } from '@rootcap/dice';
import { COMMAND_ID, type CommandName, hasValidChecksum, ROM_COMMANDS, sealMessage } from '@rootcap/firmware';
import { swapWords } from '@rootcap/struct';
import { AXI_USER, type Board, hex, provider, romBoard, wordAt, words } from './support/board.ts';
import { signedBundle } from './support/bundle.ts';

/** Expected values: caliptra-sw:rom/dev/src/flow/cold_reset/fw_processor and rom/dev/tests at e7dc50f2. */

const sha = (name: string, data: Uint8Array) => createHash(name).update(data).digest('hex');
/** Response without checksum and FIPS status. */
const payload = (data: Uint8Array) => data.subarray(8);
/** Data of a response of variable size. */
const varData = (data: Uint8Array) => data.subarray(12, 12 + wordAt(data, 8));

function expectAnswer(board: Board, command: CommandName, body?: Uint8Array, fipsStatus = 0): Uint8Array {
  const { status, data } = board.execute(command, body);
  expect([command, status, board.fatal, board.nonFatal]).toEqual([command, 'DATA_READY', undefined, undefined]);
  expect(hasValidChecksum(0, data)).toBe(true);
  expect(wordAt(data, 4)).toBe(fipsStatus);
  return data;
}

describe('VERSION and CAPABILITIES', () => {
  test('VERSION: mode, hardware, ROM and no firmware yet, name', () => {
    const data = payload(expectAnswer(romBoard(), 'VERSION'));
    expect(hex(data.subarray(0, 4))).toBe('53504946');
    expect([4, 8, 12].map((at) => wordAt(data, at))).toEqual([0x0112, 0x1043, 0]);
    expect(Buffer.from(data.subarray(16)).toString()).toBe('Caliptra RTM');
  });

  test.each([
    ['passive', {}, 1],
    ['OCP LOCK', { subsystemMode: true, ocpLock: true }, 3],
    ['stable owner key', { subsystemMode: true, straps: { generic: [0x001e_0010, 0x80, 0, 1] as const } }, 5],
    ['its strap without a subsystem', { straps: { generic: [0x001e_0010, 0x80, 0, 1] as const } }, 1],
    [
      'both want the HEK seed: OCP LOCK has it',
      { subsystemMode: true, ocpLock: true, straps: { generic: [0x001e_0010, 0x80, 0, 1] as const } },
      3,
    ],
  ])('CAPABILITIES, %s', (_, options, bits) => {
    const data = payload(expectAnswer(romBoard(options), 'CAPABILITIES'));
    expect(hex(data)).toBe(bits.toString(16).padStart(32, '0'));
  });
});

describe('self-test', () => {
  const header = (board: Board, command: CommandName) => board.execute(command).status;

  test('start, then results; the statuses of the known-answer tests come again', () => {
    const board = romBoard({ debugLocked: false });
    board.statuses = [];
    expectAnswer(board, 'SELF_TEST_START');
    expect(board.statuses).toEqual(['KatStarted', 'KatComplete']);
    expect(board.chip.soc.get('CPTRA_BOOT_STATUS')).toBe(387);
    expectAnswer(board, 'SELF_TEST_GET_RESULTS');
  });

  test.each<[string, CommandName[]]>([
    ['results that nobody asked for', ['SELF_TEST_GET_RESULTS']],
    ['results twice', ['SELF_TEST_START', 'SELF_TEST_GET_RESULTS', 'SELF_TEST_GET_RESULTS']],
    ['two starts', ['SELF_TEST_START', 'SELF_TEST_START']],
    [
      'results after two starts: the second one ended the test',
      ['SELF_TEST_START', 'SELF_TEST_START', 'SELF_TEST_GET_RESULTS'],
    ],
  ])('%s: fails without a code, and ROM goes on', (_, commands) => {
    const board = romBoard();
    const statuses = commands.map((command) => header(board, command));
    expect(statuses.at(-1)).toBe('CMD_FAILURE');
    expect([board.fatal, board.nonFatal, board.wait.entry]).toEqual([undefined, undefined, 'rom-mailbox']);
    expectAnswer(board, 'VERSION');
  });
});

test('SHUTDOWN answers, then stops for good with every key erased that is not write-locked', () => {
  const board = romBoard();
  const slots = Array.from({ length: 24 }, (_, slot) => slot);
  const before = slots.map((slot) => hex(board.chip.keyVault.inspect(slot)));
  const { status, data } = board.execute('SHUTDOWN');
  expect([status, data.length, board.fatal, board.nonFatal]).toEqual([
    'DATA_READY',
    8,
    'RUNTIME_SHUTDOWN',
    'RUNTIME_SHUTDOWN',
  ]);
  const after = slots.map((slot) => hex(board.chip.keyVault.inspect(slot)));
  expect([after[0], after[1]]).toEqual([before[0], before[1]]);
  expect(after.slice(2)).toEqual(new Array(22).fill('00'.repeat(64)));
});

describe('signature verification: the only refusals that ROM survives', () => {
  const digest = provider.hashes.digest('sha384', utf8ToBytes('signed'));
  const key = ecc384KeyFromSeed(provider, new Uint8Array(48).fill(7));
  const signature = provider.ecdsa384.sign(key.privateKey, digest);
  const ecdsa = (sign = signature, publicKey = key.publicKey) => concatBytes(publicKey, sign, digest);
  const mldsaKey = provider.mldsa87.keygenFromSeed(new Uint8Array(32).fill(8));
  const message = utf8ToBytes('a message of some length');
  const mldsaSignature = concatBytes(provider.mldsa87.sign(mldsaKey.secretKey, message), new Uint8Array(1));
  const mldsa = (sign = mldsaSignature, size = message.length, tail = message) =>
    concatBytes(mldsaKey.publicKey, sign, words(size), tail);
  const altered = (data: Uint8Array, at = data.length - 1) => data.map((byte, i) => (i === at ? byte ^ 1 : byte));

  test('ECDSA384: right, with the status for a digest of the caller', () => {
    expect(expectAnswer(romBoard(), 'ECDSA384_SIGNATURE_VERIFY', ecdsa(), 0x5553_5244)).toHaveLength(8);
  });

  test.each([
    ['message cut after its end', message],
    ['message with bytes behind it', concatBytes(message, new Uint8Array(100).fill(1))],
  ])('MLDSA87: right, %s', (_, tail) => {
    expectAnswer(romBoard(), 'MLDSA87_SIGNATURE_VERIFY', mldsa(mldsaSignature, message.length, tail));
  });

  test.each<[CommandName, string, Uint8Array, string]>([
    ['ECDSA384_SIGNATURE_VERIFY', 'wrong signature', ecdsa(altered(signature)), 'ROM_ECDSA_VERIFY_FAILED'],
    ['ECDSA384_SIGNATURE_VERIFY', 'r = 0', ecdsa(new Uint8Array(96)), 'DRIVER_ECC384_SCALAR_RANGE_CHECK_FAILED'],
    [
      'ECDSA384_SIGNATURE_VERIFY',
      's = n or more',
      ecdsa(concatBytes(signature.subarray(0, 48), new Uint8Array(48).fill(0xff))),
      'DRIVER_ECC384_SCALAR_RANGE_CHECK_FAILED',
    ],
    ['ECDSA384_SIGNATURE_VERIFY', 'no point', ecdsa(signature, new Uint8Array(96).fill(1)), 'DRIVER_ECC384_HW_ERROR'],
    ['ECDSA384_SIGNATURE_VERIFY', 'too short', ecdsa().subarray(0, 236), 'RUNTIME_INSUFFICIENT_MEMORY'],
    ['ECDSA384_SIGNATURE_VERIFY', 'too long', concatBytes(ecdsa(), new Uint8Array(4)), 'RUNTIME_INSUFFICIENT_MEMORY'],
    ['MLDSA87_SIGNATURE_VERIFY', 'wrong signature', mldsa(altered(mldsaSignature, 5)), 'ROM_MLDSA_VERIFY_FAILED'],
    [
      'MLDSA87_SIGNATURE_VERIFY',
      'signature of zeros',
      mldsa(new Uint8Array(4628)),
      'DRIVER_MLDSA87_UNSUPPORTED_SIGNATURE',
    ],
    [
      'MLDSA87_SIGNATURE_VERIFY',
      'size over the maximum',
      mldsa(mldsaSignature, 4097),
      'RUNTIME_MAILBOX_INVALID_PARAMS',
    ],
    ['MLDSA87_SIGNATURE_VERIFY', 'message cut short', mldsa(mldsaSignature, 25), 'RUNTIME_MAILBOX_INVALID_PARAMS'],
    ['MLDSA87_SIGNATURE_VERIFY', 'no signature', mldsaKey.publicKey, 'RUNTIME_MAILBOX_INVALID_PARAMS'],
  ])('%s, %s', (command, _, body, symbol) => {
    const board = romBoard();
    expect(board.execute(command, body)).toEqual({ status: 'CMD_FAILURE', data: new Uint8Array(0) });
    expect([board.fatal, board.nonFatal]).toEqual([undefined, symbol]);
    expectAnswer(board, 'VERSION');
    expect(board.context.persistent.rom.get('cleared_non_fatal_fw_error')).not.toBe(0);
  });
});

describe('identity', () => {
  test.each(['GET_IDEV_ECC384_CSR', 'GET_IDEV_MLDSA87_CSR'] as const)(
    '%s that nobody asked for is fatal',
    (command) => {
      const board = romBoard();
      expect(board.execute(command).status).toBe('CMD_FAILURE');
      expect(board.fatal).toBe('FW_PROC_MAILBOX_GET_IDEV_CSR_UNPROVISIONED_CSR');
    },
  );

  test('GET_IDEV_*_CSR: the requests of the envelope', () => {
    const board = romBoard({ lifecycle: 1, requestCsr: true });
    expect(board.wait.for).toBe('mailbox-command');
    const { eccCsr, mldsaCsr } = parseCsrEnvelope(board.context.persistent.rom.get('idevid_csr_envelop'));
    expect(varData(expectAnswer(board, 'GET_IDEV_ECC384_CSR'))).toEqual(eccCsr);
    expect(varData(expectAnswer(board, 'GET_IDEV_MLDSA87_CSR'))).toEqual(mldsaCsr);
  });

  test('GET_LDEV_*_CERT', () => {
    const board = romBoard();
    const ecc = new X509Certificate(varData(expectAnswer(board, 'GET_LDEV_ECC384_CERT')));
    expect(ecc.subject).toMatch(/^CN=Caliptra 2\.1 Ecc384 LDevID\n/);
    const mldsa = varData(expectAnswer(board, 'GET_LDEV_MLDSA87_CERT'));
    expect(Buffer.from(mldsa).includes('Caliptra 2.1 MlDsa87 LDevID')).toBe(true);
  });
});

describe('cryptographic commands', () => {
  test.each([0, 1, 48, 49, 4096])('CM_RANDOM_GENERATE of %d bytes', (size) => {
    const data = expectAnswer(romBoard(), 'CM_RANDOM_GENERATE', words(size));
    expect(varData(data)).toHaveLength(size);
    expect(data).toHaveLength(12 + size);
  });

  test('CM_RANDOM_GENERATE of more fails without a code', () => {
    const board = romBoard();
    expect(board.execute('CM_RANDOM_GENERATE', words(4097)).status).toBe('CMD_FAILURE');
    expect([board.fatal, board.nonFatal]).toEqual([undefined, undefined]);
  });

  const input = Uint8Array.from({ length: 301 }, (_, i) => i);
  test.each([
    [1, 'sha384'],
    [2, 'sha512'],
  ])('CM_SHA %d: %s, of no bytes too; what follows the input does not count', (algorithm, name) => {
    const board = romBoard();
    const digest = (size: number) =>
      hex(varData(expectAnswer(board, 'CM_SHA', concatBytes(words(algorithm, size), input))));
    expect(digest(300)).toBe(sha(name, input.subarray(0, 300)));
    expect(digest(0)).toBe(sha(name, new Uint8Array(0)));
  });

  test.each([
    ['no algorithm', words(0, 4, 0), 'FW_PROC_MAILBOX_INVALID_PARAMS'],
    ['an algorithm that is not there', words(3, 4, 0), 'FW_PROC_MAILBOX_INVALID_PARAMS'],
    ['input cut short', words(1, 5, 0), 'FW_PROC_MAILBOX_INVALID_REQUEST_LENGTH'],
    ['the largest size', words(1, 0xffff_ffff, 0), 'FW_PROC_MAILBOX_INVALID_REQUEST_LENGTH'],
    ['half a header', words(1), 'FW_PROC_MAILBOX_INVALID_REQUEST_LENGTH'],
  ])('CM_SHA, %s', (_, body, symbol) => {
    const board = romBoard();
    expect(board.execute('CM_SHA', body).status).toBe('CMD_FAILURE');
    expect(board.fatal).toBe(symbol);
  });

  const info = new Uint8Array(32).fill(0x1f);
  const stable = { subsystemMode: true, straps: { generic: [0x001e_0010, 0x80, 0, 1] as const } };

  test.each([
    [1, 0, 'DOT Final', {}],
    [2, 1, 'DOT Final', {}],
    [3, 15, 'Stable Owner Key', stable],
  ])('CM_DERIVE_STABLE_KEY %d, and CM_HMAC with it', (type, slot, label, options) => {
    const board = romBoard(options);
    const root = board.chip.keyVault.inspect(slot).subarray(0, 32);
    const cmk = payload(expectAnswer(board, 'CM_DERIVE_STABLE_KEY', concatBytes(words(type), info)));
    expect(cmk).toHaveLength(128);
    const intermediate = cmacKdf(provider, root, info, undefined, 4);
    const kdfInput = concatBytes(Uint8Array.of(0, 0, 0, 1), utf8ToBytes(label), info);
    const key = swapWords(new Uint8Array(createHmac('sha512', intermediate).update(kdfInput).digest()));
    const mac = (algorithm: number) =>
      hex(varData(expectAnswer(board, 'CM_HMAC', concatBytes(cmk, words(algorithm, input.length), input))));
    expect(mac(2)).toBe(createHmac('sha512', key).update(input).digest('hex'));
    expect(mac(1)).toBe(createHmac('sha384', key.subarray(0, 48)).update(input).digest('hex'));
  });

  test.each([
    [0, {}, 'DOT_INVALID_KEY_TYPE'],
    [4, stable, 'DOT_INVALID_KEY_TYPE'],
    [3, {}, 'CMB_STABLE_OWNER_KEY_NOT_AVAILABLE'],
    [3, { subsystemMode: true }, 'CMB_STABLE_OWNER_KEY_NOT_AVAILABLE'],
    [3, { ...stable, ocpLock: true }, 'CMB_STABLE_OWNER_KEY_NOT_AVAILABLE'],
  ])('CM_DERIVE_STABLE_KEY of type %d, %j', (type, options, symbol) => {
    const board = romBoard(options);
    expect(board.execute('CM_DERIVE_STABLE_KEY', concatBytes(words(type), info)).status).toBe('CMD_FAILURE');
    expect(board.fatal).toBe(symbol);
  });

  test.each([
    ['a key that is not one', new Uint8Array(128), 2, 4, 'RUNTIME_DRIVER_AES_INVALID_TAG'],
    ['more data than fits', new Uint8Array(128), 2, 4097, 'CMB_HMAC_INVALID_REQ_SIZE'],
    ['no algorithm', undefined, 0, 4, 'CMB_HMAC_UNSUPPORTED_HASH_ALGORITHM'],
  ])('CM_HMAC, %s', (_, key, algorithm, size, symbol) => {
    const board = romBoard();
    const cmk = key ?? payload(expectAnswer(board, 'CM_DERIVE_STABLE_KEY', concatBytes(words(1), info)));
    expect(board.execute('CM_HMAC', concatBytes(cmk, words(algorithm, size), new Uint8Array(16))).status).toBe(
      'CMD_FAILURE',
    );
    expect(board.fatal).toBe(symbol);
  });

  test('CM_HMAC of more than its struct', () => {
    const board = romBoard();
    board.execute('CM_HMAC', new Uint8Array(128 + 8 + 4097));
    expect(board.fatal).toBe('CMB_HMAC_INVALID_REQ_SIZE');
  });
});

describe('INSTALL_OWNER_PK_HASH', () => {
  const noOwner = { fuses: { ownerPkHash: new Uint8Array(48) } };

  test('an owner that is not the installed one is refused', () => {
    const board = romBoard(noOwner);
    expect(payload(expectAnswer(board, 'INSTALL_OWNER_PK_HASH', new Uint8Array(48).fill(1)))).toEqual(
      new Uint8Array(4),
    );
    expect(board.loadFirmware().status).toBe('CMD_FAILURE');
    expect(board.fatal).toBe('IMAGE_VERIFIER_ERR_DOT_OWNER_PUB_KEY_DIGEST_MISMATCH');
  });

  test('the installed owner gets in; hashes travel as words', () => {
    const board = romBoard(noOwner);
    const manifest = signedBundle(provider).subarray(9168, 11856);
    const hash = new Uint8Array(createHash('sha384').update(manifest).digest());
    expectAnswer(board, 'INSTALL_OWNER_PK_HASH', swapWords(hash));
    expect(board.loadFirmware().status).toBe('CMD_COMPLETE');
    expect(board.wait.entry).toBe('runtime-mailbox');
  });
});

describe('OCP_LOCK_REPORT_HEK_METADATA', () => {
  const body = (state: number) => new Uint8Array([0, 0, 0, 0, 9, 0, 8, 0, state, 0, 0, 0]);
  const lock = { subsystemMode: true, ocpLock: true };
  const blank = { ...lock, fuses: { hekSeed: new Uint8Array(32) } };

  test.each([
    ['production, programmed', lock, 1, true],
    ['production, empty', lock, 0, false],
    ['production, zeroized', lock, 2, false],
    ['production, corrupted', lock, 3, false],
    ['production, programmed as empty', blank, 4, true],
    ['production, programmed but blank', blank, 1, false],
    ['manufacturing, whatever its state', { ...lock, lifecycle: 1 as const }, 0, true],
    ['unprovisioned, whatever its state', { ...lock, lifecycle: 0 as const }, 3, true],
  ])('%s', (_, options, state, available) => {
    const board = romBoard(options);
    const data = payload(expectAnswer(board, 'OCP_LOCK_REPORT_HEK_METADATA', body(state)));
    expect(hex(data)).toBe((available ? '00000080' : '00000000') + '00'.repeat(12));
    const { total_hek_seed_slots, active_hek_seed_slots, hek_seed_state } =
      board.context.persistent.rom.get('ocp_lock_metadata');
    expect([total_hek_seed_slots, active_hek_seed_slots, hek_seed_state]).toEqual([9, 8, state]);
  });

  test('without OCP LOCK', () => {
    const board = romBoard();
    board.execute('OCP_LOCK_REPORT_HEK_METADATA', body(1));
    expect(board.fatal).toBe('FW_PROC_OCP_LOCK_UNSUPPORTED');
  });

  test('the length is looked at first', () => {
    const board = romBoard();
    board.execute('OCP_LOCK_REPORT_HEK_METADATA', new Uint8Array(16));
    expect(board.fatal).toBe('FW_PROC_MAILBOX_INVALID_REQUEST_LENGTH');
  });
});

/** Commands whose request is longer or shorter without ROM minding, or that say so in another way. */
const OTHER_LENGTHS = new Set<CommandName>([
  'ECDSA384_SIGNATURE_VERIFY',
  'MLDSA87_SIGNATURE_VERIFY',
  'CM_HMAC',
  'CM_SHA',
]);

describe('every mailbox error is fatal', () => {
  const exact = ROM_COMMANDS.filter(({ name }) => !OTHER_LENGTHS.has(name)).map(({ name }) => name);

  test('commands of section 6 of the ROM documentation', () => {
    expect(ROM_COMMANDS.map(({ id }) => id.toString(16)).sort()).toEqual([
      '43415053',
      '434d484d',
      '434d5247',
      '434d5348',
      '45435632',
      '46504c54',
      '46504c67',
      '46505344',
      '46505652',
      '49444352',
      '49444d52',
      '494d4453',
      '4c444556',
      '4c444d43',
      '4d454153',
      '4d4c5632',
      '4f574e50',
      '52484d54',
      '5a455546',
    ]);
  });

  test.each(exact)('%s with four bytes too many', (command) => {
    const board = romBoard();
    expect(board.execute(command, new Uint8Array(112)).status).toBe('CMD_FAILURE');
    expect([board.fatal, board.nonFatal]).toEqual(new Array(2).fill('FW_PROC_MAILBOX_INVALID_REQUEST_LENGTH'));
  });

  const checksum = (id: number, length = 4) => sealMessage(id, new Uint8Array(length));
  test.each<[string, number, Uint8Array, number, string]>([
    ['an unknown command', 0xabcd_1234, checksum(0xabcd_1234), AXI_USER, 'FW_PROC_MAILBOX_INVALID_COMMAND'],
    [
      'a command of the runtime',
      COMMAND_ID.FW_INFO,
      checksum(COMMAND_ID.FW_INFO),
      AXI_USER,
      'FW_PROC_MAILBOX_INVALID_COMMAND',
    ],
    ['a wrong checksum', COMMAND_ID.VERSION, words(1), AXI_USER, 'FW_PROC_MAILBOX_INVALID_CHECKSUM'],
    ['an unknown command with a wrong checksum', 0xabcd_1234, words(1), AXI_USER, 'FW_PROC_MAILBOX_INVALID_CHECKSUM'],
    ['no bytes at all', COMMAND_ID.CAPABILITIES, new Uint8Array(0), AXI_USER, 'FW_PROC_MAILBOX_INVALID_REQUEST_LENGTH'],
    ['three bytes', COMMAND_ID.CAPABILITIES, new Uint8Array(3), AXI_USER, 'FW_PROC_MAILBOX_INVALID_REQUEST_LENGTH'],
    [
      'the reserved user',
      COMMAND_ID.VERSION,
      checksum(COMMAND_ID.VERSION),
      0xffff_ffff,
      'FW_PROC_MAILBOX_RESERVED_PAUSER',
    ],
    ['no firmware', COMMAND_ID.FIRMWARE_LOAD, new Uint8Array(0), AXI_USER, 'FW_PROC_INVALID_IMAGE_SIZE'],
    [
      'firmware over 256 KiB',
      COMMAND_ID.FIRMWARE_LOAD,
      new Uint8Array(0x4_0001),
      AXI_USER,
      'FW_PROC_INVALID_IMAGE_SIZE',
    ],
    [
      'a download in passive mode',
      COMMAND_ID.RI_DOWNLOAD_FIRMWARE,
      new Uint8Array(0),
      AXI_USER,
      'FW_PROC_MAILBOX_INVALID_COMMAND',
    ],
    [
      'an encrypted download in passive mode',
      COMMAND_ID.RI_DOWNLOAD_ENCRYPTED_FIRMWARE,
      new Uint8Array(0),
      AXI_USER,
      'FW_PROC_MAILBOX_INVALID_COMMAND',
    ],
  ])('%s', (_, id, message, user, symbol) => {
    const board = romBoard();
    expect(board.send(id, message, user).status).toBe('CMD_FAILURE');
    expect([board.fatal, board.nonFatal, board.wait.entry]).toEqual([symbol, symbol, 'fatal']);
  });

  test('firmware by mailbox in a subsystem', () => {
    const board = romBoard({ subsystemMode: true });
    expect(board.loadFirmware(new Uint8Array(4)).status).toBe('CMD_FAILURE');
    expect(board.fatal).toBe('FW_PROC_MAILBOX_FW_LOAD_CMD_IN_SUBSYSTEM_MODE');
  });

  test.each([
    ['RI_DOWNLOAD_FIRMWARE', 0],
    ['RI_DOWNLOAD_ENCRYPTED_FIRMWARE', 1],
  ] as const)('%s in a subsystem completes at once, whatever its checksum; boot mode %d', (command, mode) => {
    const board = romBoard({ subsystemMode: true });
    expect(board.send(COMMAND_ID[command], words(1)).status).toBe('CMD_COMPLETE');
    expect([board.wait.for, board.context.persistent.rom.get('boot_mode')]).toEqual(['recovery-image', mode]);
  });
});
