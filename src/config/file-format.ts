// What a file of the config repo is: where it stands, what may be written in it, and what else it names.

import type { z } from 'zod';

export interface FileFormat {
  /** What `phoenix schema` knows it by; its JSON Schema is `<name>.schema.json`. */
  readonly name: string;
  /** A shorter name for `phoenix schema`. */
  readonly shortName?: string;
  /** Below the config root; a pattern where there is one for each of something. */
  readonly path: string | RegExp;
  readonly schema: z.ZodType;
  /** What to write into one that is empty: a sentence. */
  readonly ifEmpty: string;
  /** Paths below the config root that a text in it may name as a script or another file. Too many are no harm: of each only the traits are kept. */
  readonly names?: (text: string, path: string) => readonly string[];
}

export function isAt({ path }: FileFormat, file: string): boolean {
  return typeof path === 'string' ? path === file : path.test(file);
}
