import { bytesToHex } from '@rootcap/crypto';
import { deviceUeid } from '@rootcap/firmware';
import { decodeSvnFuse, inspectBundle } from '@rootcap/image';
import type { Device } from 'rootcap';
import { chainLines, verdictJson, verdictLines } from '../chain-view.ts';
import { table } from '../table.ts';
import type { Terminal } from '../terminal.ts';
import { hexWord } from '../values.ts';
import type { KeySlot, Tenant } from './key-ladder.ts';
import { logsOf, pcrsOf } from './logs.ts';
import { ALGORITHM_TITLES, type BootSession } from './session.ts';

/** What kind of device it is. */
function identityOf({ chip, options, state }: Device) {
  return {
    state,
    profile: options.profile,
    lifecycle: options.lifecycle,
    debugLocked: options.debugLocked,
    subsystemMode: options.subsystemMode === true,
    provider: options.provider.name,
    ueid: bytesToHex(deviceUeid(chip.soc)),
  };
}

/** Bit of FW_EXEC_CTRL that is the MCU's. */
const MCU_EXEC_BIT = 2;

/** What a subsystem's runtime knows of its SoC manifest and of the MCU; nothing of a passive device. */
function socView({ chip, context, options }: Device) {
  if (options.subsystemMode !== true) return undefined;
  const { authManifest } = context.persistent;
  const { entryCount } = authManifest.get('image_metadata_col');
  const mcuRuns = (chip.soc.get('SS_GENERIC_FW_EXEC_CTRL', 0) & (1 << MCU_EXEC_BIT)) !== 0;
  return { manifestSvn: authManifest.get('svn'), images: entryCount, mcuRuns };
}

function socText({ manifestSvn, images, mcuRuns }: NonNullable<ReturnType<typeof socView>>): string {
  const mcu = mcuRuns ? 'the MCU runs' : 'the MCU waits for its firmware to be decrypted';
  return `manifest of SVN ${manifestSvn}, ${images} ${images === 1 ? 'image' : 'images'}; ${mcu}`;
}

function firmwareView({ chip, context, options }: Device) {
  const { provider, firmware } = options;
  const { dataVault } = context.persistent;
  const common = {
    svn: dataVault.get('fw_svn'),
    fuseSvn: decodeSvnFuse([0, 1, 2, 3].map((i) => chip.soc.get('FUSE_RUNTIME_SVN', i))),
    fmcDigest: bytesToHex(dataVault.get('fmc_tci')),
    runtimeDigest: bytesToHex(dataVault.get('rt_tci')),
  };
  if (firmware === undefined) return { ...common, size: undefined, pqcKeyType: undefined };
  const { pqcKeyType, size } = inspectBundle(provider, firmware);
  return { ...common, size, pqcKeyType };
}

const tenantText = ({ layer, role }: Tenant): string => `${layer} ${role}`;

function keySlotRow({ paint }: Terminal, slot: KeySlot): string[] {
  const locks = [slot.lockWrite ? 'write' : '', slot.lockUse ? 'use' : ''].filter((lock) => lock !== '').join(', ');
  return [
    String(slot.slot).padStart(2),
    slot.tenant === undefined ? paint.dim('(erased)') : tenantText(slot.tenant),
    slot.tenant === undefined ? '' : String(slot.bytes),
    slot.usage.join(' '),
    locks,
    paint.dim(slot.earlier.map(tenantText).join(', ')),
  ];
}

function title({ paint }: Terminal, text: string, remark = ''): string {
  return `\n${paint.bold(paint.cyan(text))}${remark === '' ? '' : `  ${paint.dim(remark)}`}`;
}

function identityLines(terminal: Terminal, { made, steps }: BootSession): string[] {
  const { paint } = terminal;
  const device = identityOf(made.device);
  const firmware = firmwareView(made.device);
  const mode = device.subsystemMode ? 'subsystem' : 'passive';
  const debug = device.debugLocked ? 'debug locked' : paint.yellow('debug unlocked');
  const soc = socView(made.device);
  const second = firmware.pqcKeyType === 'lms' ? 'LMS' : 'ML-DSA-87';
  return [
    paint.bold(`A Caliptra ${device.profile} root of trust reached its ${device.state}`),
    ...table([
      ['device', `UEID ${device.ueid}, ${device.lifecycle}, ${debug}, ${mode} mode`],
      ['firmware', `SVN ${firmware.svn} (fuses ask for ${firmware.fuseSvn}), signed with ECDSA P-384 and ${second}`],
      ['FMC', `SHA-384 ${firmware.fmcDigest}`],
      ['runtime', `SHA-384 ${firmware.runtimeDigest}`],
      ...(soc === undefined ? [] : [['SoC', socText(soc)]]),
      [
        'boot',
        `${steps.length} statuses, the last ${steps.at(-1)?.name ?? ''} (${hexWord(steps.at(-1)?.status ?? 0)})`,
      ],
    ]),
  ];
}

function ladderLines(terminal: Terminal, { ladder, made }: BootSession): string[] {
  const { paint } = terminal;
  const heading = ['slot', 'key', 'bytes', 'may be used as', 'locks', 'before'].map((text) => paint.dim(text));
  const rows = ladder.slots(made.device.chip).map((slot) => keySlotRow(terminal, slot));
  return [title(terminal, 'Key vault', 'contents never leave the hardware'), ...table([heading, ...rows])];
}

function pcrLines(terminal: Terminal, { made }: BootSession): string[] {
  const { paint } = terminal;
  const { pcr, measurement } = logsOf(made.device);
  const rows = pcrsOf(made.device.chip)
    .filter(({ title, value }) => title !== undefined || /[^0]/.test(value))
    .map(({ index, locked, title, value }) => [
      String(index).padStart(4),
      title ?? '',
      /[^0]/.test(value) ? value : paint.dim('all zero'),
      locked ? 'locked' : '',
    ]);
  const log = pcr.map(({ data, entry, pcrs }) => [
    `PCR ${pcrs.join(', ')}`,
    entry,
    paint.dim(data.replace(/(?:00)+$/, '') || 'all zero'),
  ]);
  return [
    title(terminal, 'PCRs', 'the other ones are all zero'),
    ...table(rows),
    title(terminal, 'PCR log', `${measurement.length} stashed measurements`),
    ...table(log),
  ];
}

function chainSections(terminal: Terminal, { chains }: BootSession): string[] {
  return chains.flatMap(({ algorithm, result }) => [
    title(terminal, `${ALGORITHM_TITLES[algorithm]} chain`, 'vendor root to RT alias'),
    ...chainLines(terminal, result.chain),
    ...verdictLines(terminal, result),
  ]);
}

/** Everything that `boot` prints. */
export function bootLines(terminal: Terminal, session: BootSession): string[] {
  return [
    ...identityLines(terminal, session),
    ...ladderLines(terminal, session),
    ...pcrLines(terminal, session),
    ...chainSections(terminal, session),
  ];
}

/** Everything that `boot --json` prints. No secret is in it. */
export function bootJson({ chains, ladder, made, steps }: BootSession) {
  const { bytes: _, ...logs } = logsOf(made.device);
  return {
    device: identityOf(made.device),
    firmware: firmwareView(made.device),
    soc: socView(made.device),
    bootStatuses: steps,
    keyVault: ladder.slots(made.device.chip),
    pcrs: pcrsOf(made.device.chip),
    logs,
    chains: Object.fromEntries(chains.map(({ algorithm, result }) => [algorithm, verdictJson(result)])),
    valid: chains.every(({ result }) => result.valid),
  };
}
