import { concatBytes, utf8ToBytes } from '@rootcap/crypto';
import { KeyUsage } from '@rootcap/hardware';
import type {
  AesKeyInput,
  EnginePort,
  HpkePrimitives,
  LockKey,
  LockKeys,
  LockKeyUse,
  LockPort,
} from '@rootcap/ocp-lock';
import { swapWords } from '@rootcap/struct';
import type { FirmwareContext } from '../../context.ts';
import { type FaultCodes, guarded } from '../../drivers/engine-fault.ts';
import { eraseKey } from '../../drivers/key-vault.ts';
import { KEY_ID } from '../../key-ids.ts';

/** Bit of `ocp_lock_metadata.flags`. @see caliptra-sw:drivers/src/persistent.rs (OcpLockFlags) */
const VEK_AVAILABLE = 1;
const USAGE = { hmac: KeyUsage.HMAC_KEY, aes: KeyUsage.AES_KEY } as const satisfies Record<LockKeyUse, number>;
const AES_FAULTS: FaultCodes = {
  'key-read': 'DRIVER_AES_READ_KEY_KV_READ',
  'key-write': 'RUNTIME_DRIVER_AES_WRITE_KV',
};
const CMAC_ROUNDS = 4;
const ZERO_NONCE = new Uint8Array(48);

const slotOf = (key: LockKey): { readonly slot: number } => ({ slot: KEY_ID[key] });
const aesKeyOf = (key: AesKeyInput): Uint8Array | { readonly slot: number } =>
  key instanceof Uint8Array ? key : slotOf(key);

/** Keys in the key vault, where only engines see them. */
function vaultKeys({ chip, drivers }: FirmwareContext): LockKeys {
  const { aes } = chip;
  return {
    derive(key, label, output, use, context) {
      drivers.hmac.kdf(slotOf(key), label, { ...slotOf(output), usage: USAGE[use] }, context);
    },
    erase: (key) => eraseKey(chip, KEY_ID[key]),
    gcmSeal: (key, iv, plaintext, aad) =>
      guarded(AES_FAULTS, () => aes.gcmEncrypt({ key: aesKeyOf(key), iv, plaintext, aad })),
    gcmOpen: (key, iv, { ciphertext, tag }, aad) =>
      guarded(AES_FAULTS, () => aes.gcmDecrypt({ key: aesKeyOf(key), iv, ciphertext, tag, aad })),
    ecbEncrypt: (key, data) => guarded(AES_FAULTS, () => aes.ecbEncrypt(aesKeyOf(key), data)),
    decryptMek: (data) =>
      guarded(AES_FAULTS, () =>
        aes.ecbDecryptToSlot(slotOf('MDK'), data, { ...slotOf('MEK'), usage: KeyUsage.DMA_DATA }),
      ),
    cmacKdf(key, label) {
      const round = (i: number) => aes.cmac(aesKeyOf(key), Uint8Array.of(0, 0, 0, i + 1), utf8ToBytes(label));
      return guarded(AES_FAULTS, () => concatBytes(...Array.from({ length: CMAC_ROUNDS }, (_, i) => round(i))));
    },
  };
}

/** Engines of the chip; the SHA-3 engine loses what CM_SHAKE256 left in it. */
function engineHpke({ drivers, provider, state }: FirmwareContext): HpkePrimitives {
  const takeSha3 = (): void => {
    state.runtime.cryptographicMailbox.shake256 = undefined;
  };
  return {
    hmac384: (key, data) => drivers.hmac.mac('sha384', key, data),
    shake256(length, message) {
      takeSha3();
      return provider.xof.digest('shake256', length, message);
    },
    sha3_256(message) {
      takeSha3();
      return provider.hashes.digest('sha3-256', message);
    },
    p384KeyPair: (seed) => drivers.ecc384.ecdhKeyPair(seed, ZERO_NONCE),
    p384SharedSecret: (privateKey, publicKey) => drivers.ecc384.sharedSecret(privateKey, publicKey),
    mlkemPublicKey: (seed) => drivers.mlkem1024.encapsulationKey(seed),
    mlkemDecapsulate: (seed, ciphertext) => drivers.mlkem1024.decapsulate(seed, ciphertext),
  };
}

function driveEngine({ drivers: { encryptionEngine: engine } }: FirmwareContext): EnginePort {
  return {
    readControl: () => engine.readCtrl(),
    prepare() {
      engine.clear();
      engine.checkReady();
    },
    writeMetadata: (metadata) => engine.writeMetadata(metadata),
    writeAux: (aux) => engine.writeAux(aux),
    releaseMek: () => engine.releaseMek(),
    run: (command, timeout) => engine.run(command, engine.timeoutCycles(timeout)),
  };
}

/** What OCP LOCK runs on in the chip. */
export function chipLockPort(context: FirmwareContext): LockPort {
  const { chip, persistent } = context;
  return {
    keys: vaultKeys(context),
    hpke: engineHpke(context),
    engine: driveEngine(context),
    // As the words lie in memory.
    random: () => swapWords(chip.trng.generate()),
    sha384: (message) => chip.sha512.digest('sha384', message),
    hekAvailable: persistent.ocpLockMetadata.get('hek_available') !== 0,
    get vekAvailable() {
      return (persistent.fw.get('ocp_lock_metadata') & VEK_AVAILABLE) !== 0;
    },
    set vekAvailable(available) {
      const others = persistent.fw.get('ocp_lock_metadata') & ~VEK_AVAILABLE;
      persistent.fw.set('ocp_lock_metadata', (others | (available ? VEK_AVAILABLE : 0)) >>> 0);
    },
  };
}
