export { FileMedium } from './file-medium.ts';
export { nativeEngine } from './native-engine.ts';
export { XTS_MASKS_MODULE } from './xts-masks.ts';
