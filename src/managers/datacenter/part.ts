// A list in an object that Proxmox changes by calls of its own, one for each thing in it: entries of an IP set, rules of a group.

import type { z } from 'zod';
import type { TargetId } from '../../model/ids.ts';
import type { Json } from '../../model/json.ts';

/** One call of `pvesh` below the path of the list's object. */
export interface PartCall {
  /** The end of a sentence that begins with what the object is: `add 10.0.0.5 to`. */
  readonly summary: string;
  readonly verb: 'create' | 'set' | 'delete';
  /** Below the path of the object: `/0`, or nothing. */
  readonly path: string;
  readonly args: readonly string[];
}

/** What is declared is the whole of the list; where nothing is declared of it, it stays as it is. */
export interface Part {
  /** Of the object, in the file. */
  readonly field: string;
  readonly schema: z.ZodType;
  readonly describes: string;
  /** Without what a default says, in one order where the order means nothing. */
  readonly normalised: (list: Json) => Json;
  /** As the lines of Proxmox's file say it. */
  readonly lines: (list: Json) => readonly string[];
  /** The inverse of it: what the file would say for lines that are there; null where it has no words for one of them. */
  readonly written: (lines: readonly string[]) => Json | null;
  /** Objects that it names, which come first. */
  readonly needs: (list: Json) => readonly TargetId[];
  /** From the lines that are there to those that should be; `file` is the whole file that they stand in. */
  readonly calls: (present: readonly string[], wanted: readonly string[], file: string) => readonly PartCall[];
  /** Whether the object goes with what is in it (`--force 1`), or has to be empty first. */
  readonly deletedWithObject: boolean;
}
