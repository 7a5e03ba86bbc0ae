import { DriveError } from '../errors.ts';
import { ADMIN_OPCODE, field, type Sqe } from './command.ts';
import type { NvmeAnswer, NvmeCommand, NvmeController, NvmeRequest } from './controller.ts';
import { FEATURE, featureName } from './features.ts';
import {
  AERL,
  IDENTIFY_SIZE,
  identificationDescriptors,
  identifyController,
  identifyNamespace,
  MAX_TRANSFER,
  namespaceList,
  QUEUE_ENTRIES,
} from './identify.ts';
import { IO_COMMANDS } from './io.ts';
import { DISCOVERY_NQN, discoveryLog, EFFECT, effectsLog, firmwareSlotLog, LOG_PAGE, smartLog } from './log-pages.ts';
import { SANITIZE_ACTION } from './sanitize.ts';
import { NvmeStatusError } from './status.ts';

const ALL_NAMESPACES = 0xffff_ffff;
/** The one I/O command set. */
const CSI_NVM = 0;

const invalid = (detail: string): NvmeStatusError => new NvmeStatusError('INVALID_FIELD_IN_COMMAND', detail);

/** Identify structures, by CNS. */
const IDENTIFY: Readonly<Record<number, (controller: NvmeController, sqe: Sqe) => Uint8Array>> = {
  0: (controller, { nsid }) => {
    const highest = Math.max(0, ...controller.namespaces.map((namespace) => namespace.nsid));
    const inactive = nsid > 0 && nsid <= highest && controller.namespaces.every((each) => each.nsid !== nsid);
    return inactive ? new Uint8Array(IDENTIFY_SIZE) : identifyNamespace(controller.namespace(nsid));
  },
  1: (controller) => {
    const { subsystem, nqn } = controller.shared;
    const { serial, model, firmwareRevision } = subsystem;
    const { type, cntlid } = controller.association;
    return identifyController({
      type,
      cntlid,
      nqn: type === 'DISCOVERY' ? DISCOVERY_NQN : nqn,
      serial,
      model,
      firmwareRevision,
      namespaces: controller.namespaces,
    });
  },
  2: (controller, { nsid }) => {
    if (nsid >= ALL_NAMESPACES - 1) throw new NvmeStatusError('INVALID_NAMESPACE_OR_FORMAT', `namespace ${nsid}`);
    return namespaceList(controller.namespaces, nsid);
  },
  3: (controller, { nsid }) => identificationDescriptors(controller.shared.nqn, controller.namespace(nsid).nsid),
  // Of a namespace in the NVM command set: no protection information to tell of.
  5: (controller, { nsid, cdw11 }) => {
    requireNvm(cdw11);
    controller.namespace(nsid);
    return new Uint8Array(IDENTIFY_SIZE);
  },
  // Of a controller in the NVM command set: no limits beside MDTS.
  6: (_, { cdw11 }) => {
    requireNvm(cdw11);
    return new Uint8Array(IDENTIFY_SIZE);
  },
  7: (controller, { nsid, cdw11 }) => {
    requireNvm(cdw11);
    return namespaceList(controller.namespaces, nsid);
  },
};

function requireNvm(cdw11: number): void {
  const csi = field(cdw11, 31, 24);
  if (csi !== CSI_NVM) throw invalid(`CSI ${csi}`);
}

function identify(controller: NvmeController, { sqe }: NvmeRequest): NvmeAnswer {
  const cns = field(sqe.cdw10, 7, 0);
  const make = IDENTIFY[cns];
  if (make === undefined || (controller.isDiscovery && cns !== 0x01)) throw invalid(`CNS 0x${cns.toString(16)}`);
  return { data: make(controller, sqe) };
}

/** Log pages, by LID. */
const LOGS: Readonly<Record<number, (controller: NvmeController) => Uint8Array>> = {
  [LOG_PAGE.ERROR_INFORMATION]: () => new Uint8Array(64),
  [LOG_PAGE.SMART]: ({ shared }) => smartLog(shared.statistics),
  [LOG_PAGE.FIRMWARE_SLOT]: ({ shared }) => firmwareSlotLog(shared.subsystem.firmwareRevision),
  [LOG_PAGE.CHANGED_NAMESPACE_LIST]: () => new Uint8Array(4096),
  [LOG_PAGE.COMMANDS_SUPPORTED_AND_EFFECTS]: () => effectsLog(effectsOf(ADMIN_COMMANDS), effectsOf(IO_COMMANDS)),
  [LOG_PAGE.SANITIZE_STATUS]: ({ shared }) => shared.sanitize.log(),
};

function effectsOf(commands: ReadonlyMap<number, NvmeCommand>): Map<number, number> {
  return new Map([...commands.values()].map(({ opcode, effects }) => [opcode, effects]));
}

function getLogPage(controller: NvmeController, { sqe, length }: NvmeRequest): NvmeAnswer {
  const lid = field(sqe.cdw10, 7, 0);
  const { nqn, address } = controller.shared;
  const make = controller.isDiscovery ? undefined : LOGS[lid];
  if (make === undefined && !(controller.isDiscovery && lid === LOG_PAGE.DISCOVERY))
    throw new NvmeStatusError('INVALID_LOG_PAGE', `log page 0x${lid.toString(16)}`);
  const size = 4 * (field(sqe.cdw10, 31, 16) + 0x1_0000 * field(sqe.cdw11, 15, 0) + 1);
  if (size > length || size > MAX_TRANSFER) throw new NvmeStatusError('DATA_SGL_LENGTH_INVALID', `NUMD: ${size} bytes`);
  const log = make === undefined ? discoveryLog(nqn, address, QUEUE_ENTRIES) : make(controller);
  const offset = sqe.cdw12 + 2 ** 32 * sqe.cdw13;
  if (offset % 4 !== 0 || offset > log.length) throw invalid(`LPO ${offset}`);
  const data = new Uint8Array(size);
  data.set(log.subarray(offset, offset + size));
  return { data };
}

function abort(controller: NvmeController, { sqe }: NvmeRequest): NvmeAnswer {
  const [sqid, cid] = [field(sqe.cdw10, 15, 0), field(sqe.cdw10, 31, 16)];
  // Everything else is carried out before an Abort could reach it.
  const aborted = sqid === 0 && controller.abortEvent(cid);
  return { result: aborted ? 0 : 1 };
}

const QUEUES_ASKED_AT_MOST = 0xffff;

function setFeatures(controller: NvmeController, { sqe }: NvmeRequest): NvmeAnswer {
  const { cdw10, cdw11 } = sqe;
  const name = featureName(field(cdw10, 7, 0));
  if (field(cdw10, 31, 31) === 1) throw new NvmeStatusError('FEATURE_IDENTIFIER_NOT_SAVEABLE', name);
  if (!FEATURE[name].changeable) throw new NvmeStatusError('FEATURE_NOT_CHANGEABLE', name);
  if (name !== 'NUMBER_OF_QUEUES') {
    controller.features.set(name, cdw11);
    return {};
  }
  // A queue of its own connection each: submission and completion queues come in pairs.
  if (controller.connections.size > 1)
    throw new NvmeStatusError('COMMAND_SEQUENCE_ERROR', `${name} after I/O queues were connected`);
  const asked = [field(cdw11, 15, 0), field(cdw11, 31, 16)];
  if (asked.includes(QUEUES_ASKED_AT_MOST)) throw invalid(name);
  const granted = Math.min(...asked, controller.shared.maxIoQueues - 1);
  const result = granted * 0x1_0001;
  controller.features.set(name, result);
  return { result };
}

function getFeatures(controller: NvmeController, { sqe }: NvmeRequest): NvmeAnswer {
  const name = featureName(field(sqe.cdw10, 7, 0));
  return { result: controller.features.select(name, field(sqe.cdw10, 10, 8)) };
}

/** Format NVM, whatever SES: a drive that encrypts everything erases by replacing its media keys. */
async function formatNvm(controller: NvmeController, { sqe }: NvmeRequest): Promise<NvmeAnswer> {
  const [lbaf, settings, ses] = [field(sqe.cdw10, 3, 0), field(sqe.cdw10, 8, 4), field(sqe.cdw10, 11, 9)];
  if (ses > 2) throw invalid(`SES ${ses}`);
  if (lbaf !== 0 || settings !== 0) throw new NvmeStatusError('INVALID_FORMAT', `LBA format ${lbaf}`);
  const nsid = sqe.nsid === ALL_NAMESPACES ? 'all' : controller.namespace(sqe.nsid).nsid;
  try {
    await controller.shared.subsystem.cryptoErase(nsid);
  } catch (error) {
    if (error instanceof DriveError && error.code === 'LOCKED')
      throw new NvmeStatusError('OPERATION_DENIED', error.message);
    throw error;
  }
  return {};
}

function sanitize({ shared }: NvmeController, { sqe }: NvmeRequest): NvmeAnswer {
  const action = field(sqe.cdw10, 2, 0);
  if (shared.sanitize.inProgress) throw new NvmeStatusError('SANITIZE_IN_PROGRESS');
  if (action === SANITIZE_ACTION.EXIT_FAILURE_MODE) {
    shared.sanitize.exitFailureMode();
    return {};
  }
  if (action !== SANITIZE_ACTION.CRYPTO_ERASE) throw invalid(`SANACT ${action}`);
  shared.sanitize.start(shared.subsystem, sqe.cdw10, () => {
    for (const controller of shared.controllers.values()) controller.report('SANITIZE_COMPLETED');
  });
  return {};
}

/** SECP and SPSP of Security Send and Security Receive. */
function securityAddress({ cdw10 }: Sqe): readonly [protocol: number, comId: number] {
  return [field(cdw10, 31, 24), field(cdw10, 23, 8)];
}

/** A refusal by the security protocol is one of the command's fields; what else went wrong is told as it is. */
async function throughSecurity<T>(call: () => T): Promise<Awaited<T>> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof RangeError) throw invalid(error.message);
    throw error;
  }
}

async function securitySend({ shared }: NvmeController, { sqe, data }: NvmeRequest): Promise<NvmeAnswer> {
  if (sqe.cdw11 !== data.length)
    throw new NvmeStatusError('DATA_SGL_LENGTH_INVALID', `TL ${sqe.cdw11}, ${data.length} bytes`);
  const [protocol, comId] = securityAddress(sqe);
  await throughSecurity(() => shared.subsystem.security.send(protocol, comId, data));
  return {};
}

async function securityReceive({ shared }: NvmeController, { sqe, length }: NvmeRequest): Promise<NvmeAnswer> {
  const size = sqe.cdw11;
  if (size > length) throw new NvmeStatusError('DATA_SGL_LENGTH_INVALID', `AL ${size}, room for ${length} bytes`);
  const [protocol, comId] = securityAddress(sqe);
  const data = new Uint8Array(size);
  const received = await throughSecurity(() => shared.subsystem.security.receive(protocol, comId, size));
  data.set(received.subarray(0, size));
  return { data };
}

const { CSUPP, LBCC, CSE_NAMESPACE, CSE_ALL } = EFFECT;

const COMMANDS: readonly NvmeCommand[] = [
  {
    opcode: ADMIN_OPCODE.GET_LOG_PAGE,
    name: 'Get Log Page',
    effects: CSUPP,
    discovery: true,
    duringSanitize: true,
    run: getLogPage,
  },
  {
    opcode: ADMIN_OPCODE.IDENTIFY,
    name: 'Identify',
    effects: CSUPP,
    discovery: true,
    duringSanitize: true,
    run: identify,
  },
  { opcode: ADMIN_OPCODE.ABORT, name: 'Abort', effects: CSUPP, duringSanitize: true, run: abort },
  {
    opcode: ADMIN_OPCODE.SET_FEATURES,
    name: 'Set Features',
    effects: CSUPP,
    discovery: true,
    duringSanitize: true,
    run: setFeatures,
  },
  {
    opcode: ADMIN_OPCODE.GET_FEATURES,
    name: 'Get Features',
    effects: CSUPP,
    discovery: true,
    duringSanitize: true,
    run: getFeatures,
  },
  {
    opcode: ADMIN_OPCODE.ASYNCHRONOUS_EVENT_REQUEST,
    name: 'Asynchronous Event Request',
    effects: CSUPP,
    discovery: true,
    duringSanitize: true,
    run: (controller, { sqe }) => controller.awaitEvent(sqe.cid, AERL + 1),
  },
  {
    opcode: ADMIN_OPCODE.KEEP_ALIVE,
    name: 'Keep Alive',
    effects: CSUPP,
    discovery: true,
    duringSanitize: true,
    run: () => ({}),
  },
  { opcode: ADMIN_OPCODE.FORMAT_NVM, name: 'Format NVM', effects: CSUPP | LBCC | CSE_NAMESPACE, run: formatNvm },
  { opcode: ADMIN_OPCODE.SECURITY_SEND, name: 'Security Send', effects: CSUPP | LBCC, run: securitySend },
  { opcode: ADMIN_OPCODE.SECURITY_RECEIVE, name: 'Security Receive', effects: CSUPP, run: securityReceive },
  {
    opcode: ADMIN_OPCODE.SANITIZE,
    name: 'Sanitize',
    effects: CSUPP | LBCC | CSE_ALL,
    duringSanitize: true,
    run: sanitize,
  },
];

/** Admin commands, by opcode. */
export const ADMIN_COMMANDS: ReadonlyMap<number, NvmeCommand> = new Map(
  COMMANDS.map((command) => [command.opcode, command]),
);
