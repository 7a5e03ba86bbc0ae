import { HPKE_KEMS } from '@rootcap/crypto';
import { type Command, Option } from 'commander';
import { CHAIN_ALGORITHMS } from 'rootcap';
import { addDeviceOptions } from '../boot/device-options.ts';
import { examples } from '../help.ts';
import { type EndorseArguments, endorse } from '../kms/endorse.ts';
import type { Terminal } from '../terminal.ts';

/** `kms endorse`: the drive's side, for trying out the rest. */
export function addEndorse(kms: Command, terminal: Terminal): void {
  const command = kms
    .command('endorse')
    .description("let a simulated device's DPE endorse an HPKE key: evidence for the other commands")
    .requiredOption('-o, --out <directory>', 'for evidence.pem and vendor-root.pem')
    .addOption(new Option('--kem <name>', 'of the key').choices(Object.keys(HPKE_KEMS)).default('ML-KEM-1024'))
    .option('--public-key <file>', 'the key, as HPKE serialises it (default: a demo key, its private half no secret)')
    .addOption(new Option('--algorithm <name>', 'of the chain').choices([...CHAIN_ALGORITHMS]).default('ecdsa-p384'));
  addDeviceOptions(command)
    .option('--json', 'one JSON object on stdout and nothing else')
    .addHelpText('after', examples('kms endorse --out drive', 'kms endorse --kem MLKEM1024-P384 --out drive'))
    .action((args: EndorseArguments) => endorse(terminal, args));
}
