import { join } from 'node:path';
import { encodePem } from '@rootcap/dice/x509';
import { RotError } from '@rootcap/errors';
import { type CommandName, MailboxRespHeaderVarSize } from '@rootcap/firmware';
import { CHAIN_ALGORITHMS, type ChainAlgorithm, type Device } from 'rootcap';
import type { Terminal } from '../terminal.ts';
import { logsOf, pcrsOf } from './logs.ts';
import type { BootSession } from './session.ts';

const LAYER_FILES = ['vendor-root', 'idevid', 'ldevid', 'fmc-alias', 'rt-alias'] as const;
const SUFFIX: Readonly<Record<ChainAlgorithm, string>> = { 'ecdsa-p384': 'ecdsa', mldsa87: 'mldsa' };

/** A file to write: name and contents. */
type Exported = readonly [name: string, data: Uint8Array | string];

function certificateFiles({ chains }: BootSession): Exported[] {
  return chains.flatMap(({ algorithm, certificates }) => {
    const suffix = SUFFIX[algorithm];
    const pems = certificates.map((der) => encodePem('CERTIFICATE', der));
    const single = certificates.flatMap((der, i): Exported[] => {
      const name = `${LAYER_FILES[i] ?? i}-${suffix}`;
      return [
        [`${name}.der`, der],
        [`${name}.pem`, pems[i] ?? ''],
      ];
    });
    return [...single, [`chain-${suffix}.pem`, pems.join('')] as const];
  });
}

const FMC_CSR_COMMANDS: Readonly<Record<ChainAlgorithm, CommandName>> = {
  'ecdsa-p384': 'GET_FMC_ALIAS_ECC384_CSR',
  mldsa87: 'GET_FMC_ALIAS_MLDSA87_CSR',
};

/** FMC alias CSR by mailbox; firmware before 2.1 has none. */
function fmcAliasCsr({ mailbox }: Device, algorithm: ChainAlgorithm): Uint8Array | undefined {
  try {
    const { data } = mailbox.execute(FMC_CSR_COMMANDS[algorithm]);
    const { data_len } = MailboxRespHeaderVarSize.decodeFrom(data);
    const header = MailboxRespHeaderVarSize.size;
    return data.slice(header, header + data_len);
  } catch (error) {
    if (error instanceof RotError) return undefined;
    throw error;
  }
}

function requestFiles({ made }: BootSession): Exported[] {
  const request = (name: string, der: Uint8Array): Exported[] => [
    [`${name}.der`, der],
    [`${name}.pem`, encodePem('CERTIFICATE REQUEST', der)],
  ];
  return [
    ['idevid-csr-envelope.bin', made.csrEnvelope],
    ...CHAIN_ALGORITHMS.flatMap((algorithm) => {
      const fmc = fmcAliasCsr(made.device, algorithm);
      return [
        ...request(`idevid-csr-${SUFFIX[algorithm]}`, made.idevidCsrs[algorithm]),
        ...(fmc === undefined ? [] : request(`fmc-alias-csr-${SUFFIX[algorithm]}`, fmc)),
      ];
    }),
  ];
}

function logFiles({ made, steps }: BootSession): Exported[] {
  const { bytes, ...logs } = logsOf(made.device);
  const json = (value: unknown): string => `${JSON.stringify(value, undefined, 2)}\n`;
  const log = (name: 'pcr' | 'measurement' | 'fuse'): Exported[] => [
    [`${name}-log.bin`, bytes[name]],
    [`${name}-log.json`, json(logs[name])],
  ];
  return [
    ...log('pcr'),
    ...log('measurement'),
    ...log('fuse'),
    ['boot-statuses.json', json(steps)],
    ['pcrs.json', json(pcrsOf(made.device.chip))],
  ];
}

/** Writes certificates, requests and logs of a session. @returns names of the files */
export function exportSession(terminal: Terminal, session: BootSession, directory: string): string[] {
  const files = [...certificateFiles(session), ...requestFiles(session), ...logFiles(session)];
  for (const [name, data] of files) terminal.write(join(directory, name), data, '--out');
  return files.map(([name]) => name);
}
