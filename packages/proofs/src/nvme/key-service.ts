import { bytesToHex, systemEntropy } from '@rootcap/crypto';
import { nodeProvider } from '@rootcap/crypto/node';
import { DRIVE_VERBS, type SelfEncryptingDrive } from '@rootcap/drive';
import { enableBinding, KeyService, type Parties, provisionBinding, REQUEST_VERBS } from '@rootcap/kms';

const DEVICE = 'drive';
const TENANT = 'tenant';

/** A key service in this process, in memory, with one access key of one drive. */
export class DriveKeyService {
  readonly #service: KeyService;
  readonly #binding: string;

  /** @param object - UID of the AccessCondition */
  constructor(drive: SelfEncryptingDrive, object: string) {
    const entropy = systemEntropy();
    const chain = drive.endorsedChain();
    const log: string[] = [];
    let kept: string | undefined;
    this.#service = KeyService.create({
      provider: nodeProvider(),
      entropy,
      now: () => new Date().toISOString(),
      store: {
        read: () => kept,
        replace: (text) => {
          kept = text;
        },
      },
      log: { read: () => log, append: (line) => void log.push(line) },
      passphrase: bytesToHex(entropy.bytes(16)),
      cost: { N: 2 ** 10, r: 8, p: 1 },
      roots: chain.slice(0, 1),
    });
    this.#service.enrol({ chain, name: DEVICE });
    this.#binding = this.#service.bind({ device: DEVICE, party: TENANT, object }).id;
  }

  /** Lets the drive make an MPK under the access key, and enables it. */
  bind(drive: SelfEncryptingDrive): Promise<void> {
    return provisionBinding(this.#partiesWith(drive), this.#binding);
  }

  /** Seals the access key to the HPKE key of the drive's present boot. */
  enable(drive: SelfEncryptingDrive): Promise<void> {
    return enableBinding(this.#partiesWith(drive), this.#binding);
  }

  /** Both sides, asked as over their sockets: JSON in and out. */
  #partiesWith(drive: SelfEncryptingDrive): Parties {
    return {
      drive: async (verb, params) => DRIVE_VERBS[verb](drive, params),
      kms: async (verb, params) => REQUEST_VERBS[verb].run(this.#service, params),
    };
  }
}
