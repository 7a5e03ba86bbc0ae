import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bytesToHex, type CryptoProvider, type Entropy, systemEntropy, utf8ToBytes } from '@rootcap/crypto';
import { nodeProvider } from '@rootcap/crypto/node';
import {
  DRIVE_VERBS,
  type DriveEvent,
  type DriveStatus,
  NbdReplyError,
  type SelfEncryptingDrive,
} from '@rootcap/drive';
import { connectNbd, createDriveDirectory, type OpenDrive, serveNbd } from '@rootcap/drive/node';
import {
  enableBinding,
  KeyService,
  type Parties,
  provisionBinding,
  REQUEST_VERBS,
  rotateBinding,
  verifyAudit,
} from '@rootcap/kms';
import { type FileStore, nativeScrypt, openFileStore } from '@rootcap/kms/node';
import { Refusal } from '../errors.ts';

/** What the demonstration needs from outside. */
export interface DemoOptions {
  /** For the files of drive and key service; empty. */
  readonly directory: string;
  readonly view: DemoView;
  readonly provider?: CryptoProvider;
  readonly entropy?: Entropy;
}

/** Who watches. */
export interface DemoView {
  step(title: string): void;
  event(event: DriveEvent): void;
  /** Something was shown. */
  shown(text: string): void;
  state(status: DriveStatus): void;
}

const UID = '0000080100000001';
const BINDING = `drive-1/tenant-a/${UID}`;
const TEXT = 'Nobody reads this without the access key of tenant A. ';
const LENGTH = 1 << 20;

/** Drive and key service in one process, with a block client on a socket between. */
class Stage {
  readonly #options: DemoOptions;
  readonly #open: OpenDrive;
  readonly #files: FileStore;
  readonly #service: KeyService;
  readonly #data = utf8ToBytes(TEXT.repeat(Math.ceil(LENGTH / TEXT.length)).slice(0, LENGTH));

  private constructor(options: DemoOptions, open: OpenDrive, files: FileStore, service: KeyService) {
    this.#options = options;
    this.#open = open;
    this.#files = files;
    this.#service = service;
  }

  static async manufacture(options: DemoOptions): Promise<Stage> {
    const { directory, provider = nodeProvider(), entropy = systemEntropy(), view } = options;
    const namespaces = [
      { name: 'data', blockCount: 4096 },
      { name: 'system', blockCount: 1024 },
    ];
    const open = await createDriveDirectory(
      join(directory, 'drive'),
      { serial: 'RC-DEMO-1', namespaces },
      { provider, entropy },
    );
    open.drive.on((event) => view.event(event));
    const files = openFileStore(join(directory, 'keys'));
    const [root] = open.drive.endorsedChain();
    const service = KeyService.create({
      provider,
      entropy,
      now: () => new Date().toISOString(),
      store: files.store,
      log: files.log,
      scrypt: nativeScrypt,
      passphrase: bytesToHex(entropy.bytes(16)),
      roots: [root as Uint8Array],
    });
    return new Stage(options, open, files, service);
  }

  get drive(): SelfEncryptingDrive {
    return this.#open.drive;
  }

  /** Both sides, asked as over their sockets: JSON in and out. */
  get parties(): Parties {
    return {
      drive: async (verb, params) => DRIVE_VERBS[verb](this.drive, params),
      kms: async (verb, params) => REQUEST_VERBS[verb].run(this.#service, params),
    };
  }

  enrol(): void {
    this.#service.enrol({ chain: this.drive.endorsedChain(), name: 'drive-1' });
    this.#service.bind({ device: 'drive-1', party: 'tenant-a', object: UID });
  }

  /** A grant for the HPKE key of this boot. */
  async grant(): Promise<unknown> {
    const { chain } = (await this.parties.drive('attest', {})) as { readonly chain: unknown };
    return this.parties.kms('seal', { binding: BINDING, chain, operation: 'enable' });
  }

  async write(): Promise<void> {
    await this.#client(async (client) => {
      await client.write(0, this.#data);
      await client.flush();
    });
    const image = readFileSync(join(this.#options.directory, 'drive', 'ns1.img'));
    if (image.includes(TEXT)) throw new Refusal('the medium has plaintext');
    this.shown(`1 MiB written over NBD; ${image.length} bytes of ciphertext on the medium, no plaintext among them`);
  }

  async read(): Promise<void> {
    await this.#client(async (client) => {
      const read = await client.read(0, LENGTH);
      if (!Buffer.from(read).equals(this.#data)) throw new Refusal('the data is not what was written');
    });
    this.shown('1 MiB read over NBD, equal to what was written');
  }

  /** The block client gets nothing. */
  async readRefused(): Promise<void> {
    await this.#client(async (client) => {
      await this.refused('reading over NBD', () => client.read(0, 4096));
    });
  }

  async refused(what: string, attempt: () => Promise<unknown>): Promise<void> {
    try {
      await attempt();
    } catch (error) {
      const { message, code } = error as Error & { readonly code?: string };
      if (!(error instanceof NbdReplyError) && code === undefined) throw error;
      this.shown(`${what} is refused: ${message}`);
      return;
    }
    throw new Refusal(`${what} was not refused`);
  }

  verifyLog(): void {
    const { provider = nodeProvider() } = this.#options;
    const proof = this.#service.erase({ binding: BINDING });
    const records = verifyAudit(provider, this.#files.log.read(), this.#service.head);
    this.shown(`${records.length} records of grants and refusals in one hash chain; erased at ${proof.erasedAt}`);
  }

  shown(text: string): void {
    this.#options.view.shown(text);
  }

  async close(): Promise<void> {
    this.#service.close();
    this.#files.close();
    await this.#open.close();
  }

  async #client(use: (client: Awaited<ReturnType<typeof connectNbd>>) => Promise<void>): Promise<void> {
    const endpoint = { path: join(this.#options.directory, 'nbd.sock') };
    const server = await serveNbd({ endpoint, namespaces: () => this.drive.namespaces });
    try {
      const client = await connectNbd(endpoint, { exportName: 'data' });
      await use(client);
      client.disconnect();
    } finally {
      await server.close();
    }
  }
}

type Step = readonly [title: string, run: (stage: Stage) => Promise<void>];

/** The life of a drive, in order. */
const STEPS: readonly Step[] = [
  [
    'the key service verifies the chain of the drive and makes an access key for tenant A',
    async (stage) => {
      stage.enrol();
      await provisionBinding(stage.parties, BINDING);
    },
  ],
  [
    'namespace data gets a media key that needs the access key of tenant A',
    async (stage) => {
      await stage.drive.protect({ name: 'data', nsid: 1, parties: [UID] });
      await stage.write();
      await stage.read();
    },
  ],
  [
    'the drive is carried away: power goes, and comes back without the key service',
    async (stage) => {
      const stale = await stage.grant();
      await stage.drive.powerOff();
      await stage.drive.powerOn();
      await stage.readRefused();
      await stage.refused('unlocking without the access key', () => stage.drive.unlock('data'));
      await stage.refused('an access key sealed before the power cycle', () =>
        stage.parties.drive('enable', { grant: stale }),
      );
    },
  ],
  [
    'at home again: the access key is sealed to the HPKE key of this boot',
    async (stage) => {
      await enableBinding(stage.parties, BINDING);
      await stage.drive.unlock('data');
      await stage.read();
    },
  ],
  [
    'tenant A gets another access key; the drive proves that it has it',
    async (stage) => {
      const old = await stage.grant();
      await rotateBinding(stage.parties, BINDING);
      await stage.refused('the old access key', () => stage.parties.drive('enable', { grant: old }));
      await enableBinding(stage.parties, BINDING);
      await stage.read();
    },
  ],
  [
    'locked while the power is on',
    async (stage) => {
      stage.drive.lock('data');
      await stage.readRefused();
    },
  ],
  [
    'soft crypto-erase: another soft epoch key',
    async (stage) => {
      const grant = await stage.grant();
      await stage.drive.softErase();
      await stage.refused('the MPK of tenant A', () => stage.parties.drive('enable', { grant }));
      await stage.readRefused();
    },
  ],
  [
    'hard crypto-erase: the fuses of the hard epoch key are burnt',
    async (stage) => {
      await stage.drive.hardErase();
      await stage.readRefused();
    },
  ],
  ['the key service erases the access key, and everything is in its log', async (stage) => stage.verifyLog()],
];

/**
 * Runs the life of a drive from its manufacture to its crypto-erase.
 *
 * @throws Refusal if something is not as it has to be
 */
export async function runDriveDemo(options: DemoOptions): Promise<void> {
  const { view } = options;
  view.step('a drive is made: silicon, vendor certificates, HEK seed, SEK, media keys');
  const stage = await Stage.manufacture(options);
  try {
    view.state(stage.drive.status());
    for (const [title, run] of STEPS) {
      view.step(title);
      await run(stage);
      view.state(stage.drive.status());
    }
  } finally {
    await stage.close();
  }
}
