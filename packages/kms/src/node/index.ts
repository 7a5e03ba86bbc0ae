export { type FileStore, openFileStore } from './file-store.ts';
