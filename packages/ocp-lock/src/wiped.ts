/** Has a secret for the time of `use`, and overwrites it then. */
export function wiped<T>(secret: Uint8Array, use: (secret: Uint8Array) => T): T {
  try {
    return use(secret);
  } finally {
    secret.fill(0);
  }
}
