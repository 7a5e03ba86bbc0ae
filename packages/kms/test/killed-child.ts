import { KeyService } from '@rootcap/kms';
import { openFileStore } from '@rootcap/kms/node';
import { OBJECT, optionsOf, testMedium } from './device.ts';

/** Binds as fast as it can and says so, until it is killed. */
const [, , directory = '', round = ''] = process.argv;
const files = openFileStore(directory);
const options = { ...optionsOf(testMedium()), store: files.store, log: files.log };
const service = KeyService.open(options);
for (let i = 0; i < 100_000; i++)
  process.stdout.write(`${service.bind({ device: 'drive-1', party: `r${round}-${i}`, object: OBJECT }).id}\n`);
