import type { Chip } from '@rootcap/hardware';
import { Ecc384Driver } from './ecc384.ts';
import { EncryptionEngineDriver } from './encryption-engine.ts';
import { HmacDriver } from './hmac.ts';
import { Mldsa87Driver } from './mldsa87.ts';
import { MlKem1024Driver } from './mlkem1024.ts';
import { RecoveryDriver } from './recovery.ts';

/** The drivers whose order of operations, checks and TRNG use shows in what the chip does. */
export class Drivers {
  readonly hmac: HmacDriver;
  readonly ecc384: Ecc384Driver;
  readonly mldsa87: Mldsa87Driver;
  readonly mlkem1024: MlKem1024Driver;
  readonly recovery: RecoveryDriver;
  readonly encryptionEngine: EncryptionEngineDriver;

  constructor(chip: Chip, selfChecks: boolean) {
    this.hmac = new HmacDriver(chip);
    this.ecc384 = new Ecc384Driver(chip, selfChecks);
    this.mldsa87 = new Mldsa87Driver(chip, selfChecks);
    this.mlkem1024 = new MlKem1024Driver(chip, selfChecks);
    this.recovery = new RecoveryDriver(chip);
    this.encryptionEngine = new EncryptionEngineDriver(chip);
  }
}
