import { createDevice } from 'rootcap';
import { defineBlock, register } from 'rootcap/extend';

const accumulator = defineBlock({
  name: 'ACCUMULATOR',
  base: 0x1005_0000,
  registers: { ADD: register(0, { uc: 'wo', soc: 'wo' }), SUM: register(4, { uc: 'ro', soc: 'ro' }) },
  write: { ADD: (own, value) => own.set('SUM', own.get('SUM') + value) },
});

const { chip } = createDevice({ blocks: [accumulator] }).boot();
chip.uc.write(0x1005_0000, 40); // the firmware
chip.socBus.write(0x1005_0000, 2, 1); // the SoC, AXI user 1
console.log(chip.socBus.read(0x1005_0004, 1));
