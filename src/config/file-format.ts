// The format of a file of the config repo: its path, schema and references.

import type { z } from 'zod';

export interface FileFormat {
  /** Name for `phoenix schema`; its JSON Schema is `<name>.schema.json`. */
  readonly name: string;
  /** A shorter name for `phoenix schema`. */
  readonly shortName?: string;
  /** Path below the config root, or a pattern if there are several such files. */
  readonly path: string | RegExp;
  readonly schema: z.ZodType;
  /** One sentence that tells what to write into an empty file. */
  readonly ifEmpty: string;
  /** Paths below the config root that a text in the file may reference. False positives are harmless: only their traits are kept. */
  readonly references?: (text: string, path: string) => readonly string[];
}

export function isAt({ path }: FileFormat, file: string): boolean {
  return typeof path === 'string' ? path === file : path.test(file);
}
