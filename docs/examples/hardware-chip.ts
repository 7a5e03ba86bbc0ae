import { portableProvider as provider } from '@rootcap/crypto';
import { Chip, KeyUsage, writeFuses } from '@rootcap/hardware';

const chip = new Chip({
  provider,
  lifecycle: 3, // production
  debugLocked: true,
  obfuscationKey: new Uint8Array(32),
  csrHmacKey: new Uint8Array(64),
  hwConfig: { itrng: false, subsystemMode: false, ocpLock: false },
});
chip.on((event) => {
  if (event.kind === 'key-vault') console.log(event.operation, 'slot', event.slot);
});

// The SoC's part: fuses, then "done", which starts the core.
writeFuses(chip, { udsSeed: new Uint8Array(64).fill(1), firmwareSvn: 7, pqcKeyType: 1 });
chip.socBus.write(0x3003_00b0, 1, 1); // CPTRA_FUSE_WR_DONE, by AXI user 1
console.log(chip.soc.coreRunning, chip.soc.get('FUSE_RUNTIME_SVN').toString(16));

// The firmware's part, with methods: the UDS into slot 0. Nobody can read the slot, engines can use it.
chip.doe.decrypt('UDS', 0);
console.log(chip.keyVault.control(0).dest_valid === (KeyUsage.HMAC_KEY | KeyUsage.HMAC_BLOCK));

// A copy that goes on from here.
const copy = new Chip(chip.options);
copy.restore(chip.save());
console.log(copy.soc.coreRunning);
