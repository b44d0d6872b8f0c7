// A snapshot of generated files, with the blob ids that Git would assign.

import { contentTraits } from '../../config/read/content.ts';
import { blobIdOf } from '../../io/folder.ts';
import type { JsonObject } from '../../model/json.ts';
import type { Snapshot, SourceFile } from '../../model/snapshot.ts';

/** Formats JSON for files. */
export function jsonText(value: object): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

export function snapshotOf(
  files: Readonly<Record<string, JsonObject>>,
  texts: Readonly<Record<string, string>> = {},
): Snapshot {
  const written = [
    ...Object.entries(files).map(([path, value]) => [path, jsonText(value)] as const),
    ...Object.entries(texts),
  ];
  return { commit: null, root: '', files: new Map(written.map(([path, text]) => [path, fileOf(text)])) };
}

function fileOf(text: string): SourceFile {
  const bytes = Buffer.from(text);
  return { blob: blobIdOf(bytes), kind: 'file', bytes, size: bytes.length, traits: contentTraits(bytes) };
}
