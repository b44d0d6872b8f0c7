// Stored values include a format version, so that a value of another version is never misread.

const VERSION = 1;

export function encode(value: object): string {
  return JSON.stringify({ v: VERSION, ...value });
}

/**
 * @param what names the value in the error, for example `run 17`
 * @throws when the value has an unknown format
 */
export function decode<T extends object>(what: string, text: string): T {
  const { v, ...value } = JSON.parse(text) as { v?: unknown };
  if (v !== VERSION) {
    throw new Error(
      `The ledger holds ${what} in version ${String(v)}; this Phoenix knows version ${VERSION}. Run the Phoenix that wrote it, or point REDIS_URL to an empty Redis: the host is then looked at afresh.`,
    );
  }
  return value as T;
}
