// Looks up the format of a file of the config repo.

import { type FileFormat, isAt } from '../config/file-format.ts';
import type { Kind } from '../managers/kind.ts';

/** Undefined for a file that no kind reads. */
export function formatOf(path: string, kinds: readonly Kind[]): FileFormat | undefined {
  return formatsOf(kinds).find((format) => isAt(format, path));
}

export function formatsOf(kinds: readonly Kind[]): FileFormat[] {
  return kinds.flatMap(({ declares }) => declares.files);
}
