export { connectKeyService, type KmsClient, KmsClientError, type KmsClientOptions } from './client.ts';
export { type FileStore, openFileStore } from './file-store.ts';
export { nativeScrypt } from './scrypt.ts';
export { type KmsServeOptions, type KmsServer, serveKeyService } from './server.ts';
