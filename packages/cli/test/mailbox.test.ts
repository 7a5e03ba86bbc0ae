import { createHash, createHmac } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { type RunOptions as BaseOptions, file, read, rootcap as run, temporaryDirectory } from './helpers.ts';

const directory = temporaryDirectory();
/** Signatures of its own need no checking here. */
const FAST = '--no-self-verify';
const mailbox = (words: readonly string[], options: BaseOptions = {}) =>
  run(['mailbox', FAST, ...words], { cwd: directory, ...options });
const json = async (words: readonly string[], options: BaseOptions = {}) => {
  const { code, out } = await mailbox([...words, '--json'], options);
  return { code, ...(JSON.parse(out) as Reported) };
};

interface Reported {
  readonly error?: Readonly<Record<string, unknown>>;
  readonly commands: readonly { readonly command: string; readonly response: Readonly<Record<string, string>> }[];
  readonly device: { readonly state: string; readonly axiUser: number; readonly nonFatal: { readonly symbol: string } };
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const lines = (...text: readonly string[]): BaseOptions => ({ stdin: bytes(text.join('\n')) });

describe('rootcap mailbox', () => {
  test('fields from options, words, files and JSON; sizes follow; a field of one response goes into the next request', async () => {
    file(directory, 'key.bin', new Uint8Array(48).fill(1));
    const words = 'CM_IMPORT key_usage=1 input=@key.bin cm_hmac cmk=last.cmk hash_algorithm=0x1 data=text:abc';
    const { commands } = await json(words.split(' '));
    const expected = createHmac('sha384', new Uint8Array(48).fill(1)).update('abc').digest('hex');
    expect(commands[1]).toMatchObject({ command: 'CM_HMAC', response: { mac: expected, data_len: 48 } });
    const { cmk = '' } = commands[0]?.response ?? {};
    const fields = JSON.stringify({ cmk, hash_algorithm: 1, data: '616263' });
    const again = await json(['CM_HMAC', '--json-fields', fields]);
    expect(again.commands[0]?.response.mac).toBe(expected);
  });

  test('a body as bytes, and an id that is not known', async () => {
    const data = new Uint8Array(48).fill(7);
    const body = Buffer.concat([Uint8Array.of(4, 0, 0, 0), data]).toString('hex');
    const { code, commands } = await json(['EXTEND_PCR', '--body', body, '--snapshot', 'body.json']);
    expect([code, commands[0]?.response]).toEqual([0, { fips_status: 0 }]);
    const quote = await json([`QUOTE_PCRS_ECC384`, `0x${'00'.repeat(32)}`, '--snapshot', 'body.json']);
    const pcrs = quote.commands[0]?.response.pcrs as unknown as string[];
    expect(pcrs[4]).toBe(createHash('sha384').update(Buffer.alloc(48)).update(data).digest('hex'));
    const unknown = await json(['0xaabbccdd', '0x00']);
    expect([unknown.code, unknown.error?.symbol]).toEqual([1, 'RUNTIME_UNIMPLEMENTED_COMMAND']);
  });

  test('what is printed: fields, and with options the request and the bytes', async () => {
    const { code, out, err } = await mailbox([
      'EXTEND_PCR',
      'pcr_idx=4',
      '--request',
      '--hex',
      '--field',
      `data=${'07'.repeat(48)}`,
    ]);
    expect([code, err]).toEqual([0, '']);
    expect(out).toBe(
      `EXTEND_PCR  DATA_READY, 8 bytes\n  >  pcr_idx  4 (0x00000004)\n  >  data     ${'07'.repeat(48)}\n  <  fips_status  0 (0x00000000)\n  0000000000000000\n`,
    );
  });

  test('a refusal: symbol, meaning and state, exit code 1; what came before it is printed', async () => {
    const { code, out, err } = await mailbox(['FW_INFO', 'EXTEND_PCR', 'pcr_idx=40', 'VERSION']);
    expect(code).toBe(1);
    expect(out).toContain('fw_svn');
    expect(out).not.toContain('VERSION');
    expect(err).toMatch(
      /^error: RUNTIME_PCR_INVALID_INDEX \(0x000e003d\): EXTEND_PCR\n {2}reported by the runtime\n {2}device: runtime;/,
    );
    const reported = await json(['EXTEND_PCR', 'pcr_idx=40']);
    expect(reported).toMatchObject({
      code: 1,
      commands: [],
      device: { nonFatal: { symbol: 'RUNTIME_PCR_INVALID_INDEX' } },
    });
  });

  test('DPE commands of both profiles; a status is an error by its name', async () => {
    const { commands } = await json([
      'dpe',
      'GetProfile',
      'dpe',
      'mldsa87',
      'certifykey',
      'format=1',
      'dpe',
      'DeriveContext',
      'flags=0x20c00000',
    ]);
    expect(commands.map(({ command }) => command)).toEqual([
      'dpe ecdsa-p384 GetProfile',
      'dpe mldsa87 CertifyKey',
      'dpe ecdsa-p384 DeriveContext',
    ]);
    expect(commands[1]?.response.cert?.length).toBe(2 * Number(commands[1]?.response.cert_size));
    expect(commands[2]?.response.exported_cdi).toHaveLength(64);
    const refused = await json(['dpe', 'DestroyContext', `handle=${'09'.repeat(16)}`]);
    expect(refused).toMatchObject({ code: 1, error: { kind: 'DpeError', status: 'InvalidHandle' } });
  });

  test('a script: resets, other users, state; up to the first refusal', async () => {
    const script = [
      '# a session',
      'EXTEND_PCR pcr_idx=4 # zeros',
      '',
      'state',
      'reset warm',
      'FW_INFO',
      'reset update',
      'reset cold',
      'axi-user 2',
      'DPE CertifyKey',
      'VERSION',
    ];
    const { code, commands, device, error } = await json([], lines(...script));
    expect(commands.map(({ command }) => command)).toEqual(['EXTEND_PCR', 'FW_INFO']);
    expect([code, device.axiUser, error?.symbol]).toEqual([1, 2, 'RUNTIME_INCORRECT_PAUSER_PRIVILEGE_LEVEL']);
    const ended = await json(['--script', '-'], lines('VERSION', 'exit', 'VERSION'));
    expect(ended.commands).toHaveLength(1);
  });

  test('ROM, then its runtime; a failure without a code', async () => {
    const { commands, device } = await json(['--rom'], lines('CAPABILITIES', 'boot', 'FW_INFO'));
    expect([commands.length, device.state]).toEqual([2, 'runtime']);
    const { code, err } = await mailbox(['--rom', 'CM_RANDOM_GENERATE', 'size=0xffffffff']);
    expect([code, err]).toEqual([1, expect.stringContaining('without a code')]);
  });

  test('a snapshot goes on where it was, is a snapshot to inspect, and wants the same options', async () => {
    const snapshot = ['--snapshot', 'device.json'];
    await mailbox(['INCREMENT_PCR_RESET_COUNTER', 'index=1', ...snapshot]);
    const { commands } = await json(['QUOTE_PCRS_ECC384', ...snapshot]);
    expect(commands[0]?.response.reset_ctrs?.[1]).toBe(1);
    expect(await run(['inspect', 'device.json'], { cwd: directory })).toMatchObject({ code: 0 });
    const other = await mailbox(['FW_INFO', ...snapshot, '--profile', '2.0']);
    expect([other.code, other.err]).toEqual([2, expect.stringContaining('made with profile left out')]);
    file(directory, 'broken.json', '{');
    expect(await mailbox(['FW_INFO', '--snapshot', 'broken.json'])).toMatchObject({ code: 1 });
    const saved = JSON.parse(new TextDecoder().decode(read(directory, 'device.json'))) as { readonly chip: object };
    file(directory, 'damaged.json', JSON.stringify({ ...saved, chip: { ...saved.chip, iccm: 5 } }));
    expect(await mailbox(['FW_INFO', '--snapshot', 'damaged.json'])).toMatchObject({ code: 1 });
  });

  test.each([
    ['EXTEND_PCRS', /nothing is called EXTEND_PCRS; similar are EXTEND_PCR/],
    ['dpe Derive', /no DPE command is called Derive/],
    ['dpe', /dpe needs a command/],
    ['EXTEND_PCR pcr=4', /pcr: ExtendPcrReq has no field pcr; known are pcr_idx, data/],
    ['VERSION x=1', /it has no fields/],
    ['EXTEND_PCR pcr_idx=four', /pcr_idx: expected an integer/],
    ['EXTEND_PCR pcr_idx=4 data=xy', /data: expected hexadecimal/],
    ['EXTEND_PCR data=@none.bin', /data: cannot read none.bin: no such file/],
    ['EXTEND_PCR data=last.cmk', /no response has had a field cmk yet/],
    ['CM_DELETE cmk=00', /cmk: expected 128 bytes of EncryptedCmk, got 1/],
    ['FIRMWARE_LOAD x=1', /given as bytes, and so has no fields/],
    ['VERSION FW_INFO --field x=1', /are for one command/],
    ['EXTEND_PCR --field pcr_idx', /expected name=value/],
    ['EXTEND_PCR --json-fields []', /expected a JSON object/],
    ['VERSION --script x', /none may be named beside it/],
    ['--repl', /nobody is there to type/],
    ['--repl VERSION', /takes no commands/],
  ])('%s is wrong usage', async (words, message) => {
    const { code, err } = await mailbox(words.split(' '));
    expect([code, err]).toEqual([2, expect.stringMatching(message)]);
  });

  test.each([
    ['reset', /expected warm or cold or update/],
    ['events maybe', /expected on or off/],
    ['axi-user', /axi-user: expected/],
    ['EXTEND_PCR "4', /no second "/],
  ])('the line %s is wrong usage', async (line, message) => {
    expect(await mailbox([], lines(line))).toMatchObject({ code: 2, err: expect.stringMatching(message) });
  });

  test('a field that does not fit names itself', async () => {
    expect(await mailbox(['EXTEND_PCR', 'data=00'])).toMatchObject({
      code: 1,
      err: expect.stringContaining('ExtendPcrReq.data'),
    });
  });

  test('nested fields by their path, and structures by their bytes', async () => {
    const { error } = await json([
      'OCP_LOCK_TEST_ACCESS_KEY',
      'sealed_access_key.hpke_handle.handle=7',
      `locked_mpk=${'00'.repeat(164)}`,
    ]);
    expect(error).toBeDefined();
  });
});
