import { bytesToHex, type CryptoProvider, concatBytes } from '@rootcap/crypto';
import { defaultProvider } from '@rootcap/crypto/default';
import {
  ProductionAuthDebugUnlockChallenge as Challenge,
  COMMAND_ID,
  hasValidChecksum,
  MailboxReqHeader,
  sealMessage,
  ProductionAuthDebugUnlockToken as Token,
} from '@rootcap/firmware';
import type { Command } from 'commander';
import { Refusal } from '../errors.ts';
import { examples } from '../help.ts';
import { readEccKey, readMlDsaKey, readPublicKey } from '../keys.ts';
import { table } from '../table.ts';
import type { Terminal } from '../terminal.ts';
import { hexWord, parseHex, parseInteger } from '../values.ts';

const TOKEN_SIZE = 32;

function tokenHash(terminal: Terminal, token: string): void {
  const hash = defaultProvider().hashes.digest('sha512', parseHex(token, 'token', TOKEN_SIZE));
  if (terminal.asJson) terminal.printJson({ manufDebugUnlockToken: hash });
  else terminal.print(bytesToHex(hash));
}

/** Both public keys as a token carries them: what the hash for a debug level is over. */
function keysOnWire(ecc_public_key: Uint8Array, mldsa_public_key: Uint8Array): Uint8Array {
  const first = Token.member('ecc_public_key').field;
  const wire = new Uint8Array(first.size + mldsa_public_key.length);
  first.write(wire, 0, ecc_public_key);
  wire.set(mldsa_public_key, first.size);
  return wire;
}

interface KeyArguments {
  readonly eccKey: string;
  readonly mldsaKey: string;
}

function keyHash(terminal: Terminal, { eccKey, mldsaKey }: KeyArguments): void {
  const provider = defaultProvider();
  const ecc = readPublicKey(terminal, provider, 'ecc', eccKey, '--ecc-key');
  const mldsa = readPublicKey(terminal, provider, 'mldsa', mldsaKey, '--mldsa-key');
  const digest = provider.hashes.digest('sha384', keysOnWire(ecc, mldsa));
  const view = new DataView(digest.buffer, digest.byteOffset, digest.length);
  const words = Array.from({ length: digest.length / 4 }, (_, i) => view.getUint32(4 * i));
  if (terminal.asJson) {
    terminal.printJson({ hash: digest, words });
    return;
  }
  const rows = [
    ['hash', bytesToHex(digest)],
    ['words', words.map(hexWord).join(' ')],
  ];
  for (const line of table(rows, '')) terminal.print(line);
}

interface SignArguments extends KeyArguments {
  readonly level: string;
  readonly output: string;
}

/** Words of a message after its header. */
function lengthInWords(size: number): number {
  return (size - MailboxReqHeader.size) / 4;
}

/**
 * Answer to a challenge: both signatures over `UDI ‖ level ‖ 0 0 0 ‖ challenge`, ECDSA over its SHA-384, ML-DSA over its
 * SHA-512.
 */
function signChallenge(
  terminal: Terminal,
  provider: CryptoProvider,
  response: Uint8Array,
  { eccKey, level, mldsaKey }: SignArguments,
): Uint8Array {
  const { challenge, unique_device_identifier } = Challenge.decode(response);
  if (!hasValidChecksum(0, response)) throw new Refusal('challenge: its checksum is wrong');
  const ecc = readEccKey(terminal, provider, eccKey, '--ecc-key');
  const mldsa = readMlDsaKey(terminal, provider, mldsaKey, '--mldsa-key');
  const unlock_level = parseInteger(level, '--level', 255);
  const reserved = new Uint8Array(3);
  const message = concatBytes(unique_device_identifier, Uint8Array.of(unlock_level), reserved, challenge);
  const { hashes } = provider;
  const signature = provider.mldsa87.sign(mldsa.secretKey, hashes.digest('sha512', message));
  const mldsa_signature = new Uint8Array(Token.member('mldsa_signature').field.size);
  mldsa_signature.set(signature);
  const request = Token.encode({
    hdr: { chksum: 0 },
    length: lengthInWords(Token.size),
    unique_device_identifier,
    unlock_level,
    reserved,
    challenge,
    ecc_public_key: ecc.publicKey,
    mldsa_public_key: mldsa.publicKey,
    ecc_signature: provider.ecdsa384.sign(ecc.privateKey, hashes.digest('sha384', message)),
    mldsa_signature,
  });
  return sealMessage(COMMAND_ID.PRODUCTION_AUTH_DEBUG_UNLOCK_TOKEN, request);
}

function sign(terminal: Terminal, file: string, args: SignArguments): void {
  const request = signChallenge(terminal, defaultProvider(), terminal.read(file, 'challenge'), args);
  terminal.write(args.output, request, '--output');
  const command = COMMAND_ID.PRODUCTION_AUTH_DEBUG_UNLOCK_TOKEN;
  if (terminal.asJson) terminal.printJson({ output: args.output, command, size: request.length });
  else terminal.talk(`${args.output}: ${request.length} bytes for command ${hexWord(command)}`);
}

/** `debug-unlock`: what the unlocking side has to compute. */
export function debugUnlockCommand(program: Command, terminal: Terminal): void {
  const unlock = program.command('debug-unlock').description('hashes, keys and signatures for debug unlock');
  unlock
    .command('token-hash')
    .description('value of the manufacturing debug token fuse: SHA-512 of the token')
    .argument('<token>', `${TOKEN_SIZE} bytes, hexadecimal`)
    .option('--json', 'one JSON object on stdout and nothing else')
    .addHelpText('after', examples(`debug-unlock token-hash ${'00'.repeat(TOKEN_SIZE)}`))
    .action((token: string) => tokenHash(terminal, token));
  unlock
    .command('key-hash')
    .description('value of a production debug key hash: SHA-384 of both public keys as a token carries them')
    .requiredOption('--ecc-key <file>', 'P-384 key, public or private')
    .requiredOption('--mldsa-key <file>', 'ML-DSA-87 key, public or private')
    .option('--json', 'one JSON object on stdout and nothing else')
    .addHelpText('after', examples('debug-unlock key-hash --ecc-key debug.pem --mldsa-key debug-mldsa.pem'))
    .action((args: KeyArguments) => keyHash(terminal, args));
  unlock
    .command('sign-challenge')
    .description('answer to a production debug unlock challenge: the PRODUCTION_AUTH_DEBUG_UNLOCK_TOKEN request')
    .argument('<challenge>', 'response to PRODUCTION_AUTH_DEBUG_UNLOCK_REQ, with its header')
    .requiredOption('--level <n>', 'unlock level that was asked for')
    .requiredOption('--ecc-key <file>', 'P-384 private key')
    .requiredOption('--mldsa-key <file>', 'ML-DSA-87 private key')
    .requiredOption('-o, --output <file>', 'file to write the request to')
    .option('--json', 'one JSON object on stdout and nothing else')
    .addHelpText(
      'after',
      examples(
        'debug-unlock sign-challenge challenge.bin --level 2 --ecc-key debug.pem --mldsa-key debug-mldsa.pem -o token.bin',
      ),
    )
    .action((file: string, args: SignArguments) => sign(terminal, file, args));
}
