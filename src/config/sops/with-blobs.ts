// Adds the blob id of the encrypted file to references into it, so that a change of the file changes its users.

import { parseReference } from '../../model/secret-bounds.ts';
import type { Snapshot } from '../../model/snapshot.ts';

/** Parts without such references are not copied. A missing file is reported elsewhere. */
export function withBlobs<T>(value: T, files: Snapshot['files']): T {
  return added(value, files) as T;
}

function added(value: unknown, files: Snapshot['files']): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  if (Array.isArray(value)) {
    const items = value.map((item) => added(item, files));
    return items.some((item, index) => item !== value[index]) ? items : value;
  }
  if (value instanceof Map) {
    const entries = [...value].map(([key, item]) => [key, item, added(item, files)] as const);
    return entries.some(([, before, after]) => before !== after)
      ? new Map(entries.map(([key, , after]) => [key, after]))
      : value;
  }
  if (Object.getPrototypeOf(value) !== Object.prototype) return value;
  const { $secret: reference } = value as { readonly $secret?: unknown };
  if (typeof reference === 'string') {
    const parsed = parseReference(reference);
    const blob = parsed?.scheme === 'sops' ? files.get(parsed.file)?.blob : undefined;
    return blob === undefined ? value : { ...value, blob };
  }
  const entries = Object.entries(value).map(([key, item]) => [key, item, added(item, files)] as const);
  if (entries.every(([, before, after]) => before === after)) return value;
  return Object.fromEntries(entries.map(([key, , after]) => [key, after]));
}
