// A list inside an object that Proxmox changes by separate calls, one for each element: entries of an IP set, rules of a group.

import type { z } from 'zod';
import type { TargetId } from '../../../model/ids.ts';
import type { Json } from '../../../model/json.ts';

/** One call of `pvesh` below the path of the list. */
export interface PartCall {
  /** The beginning of a sentence that ends with the object: `add 10.0.0.5 to`. */
  readonly summary: string;
  readonly verb: 'create' | 'set' | 'delete';
  /** Path below that of the list: `/0`, or empty. */
  readonly path: string;
  readonly args: readonly string[];
  /** Whether it comes before every other change of the object, since those too have Proxmox write the file. */
  readonly isEarly?: true;
}

/** A declared list is complete; an undeclared one is left as it is. */
export interface Part {
  /** The field of the object in the configuration file. */
  readonly field: string;
  /** The API path of the list, with its placeholders. Default: that of its object. */
  readonly path?: string;
  readonly schema: z.ZodType;
  readonly describes: string;
  /** Without values that equal a default, and sorted where order has no meaning. */
  readonly normalised: (list: Json) => Json;
  /** The list as lines of Proxmox's file. */
  readonly lines: (list: Json) => readonly string[];
  /** The inverse of `lines`: the declaration for lines of the host; null where one of them cannot be declared. */
  readonly written: (lines: readonly string[]) => Json | null;
  /** Objects that the list refers to, which must be applied first. */
  readonly needs: (list: Json) => readonly TargetId[];
  /** The calls that turn the present lines into the wanted ones; `file` is the whole content of the file that they are in. */
  readonly calls: (present: readonly string[], wanted: readonly string[], file: string) => readonly PartCall[];
  /**
   * Why Proxmox leaves out lines of the list that are in the file as declared, one sentence each: a name in them was deleted since, or stands below them.
   * `file` as in `calls`, `name` that of the object.
   */
  readonly leftOut: (lines: readonly string[], file: string, name: string) => readonly string[];
  /** Whether deleting the object deletes the list too (`--force 1`), or the list has to be emptied first. */
  readonly deletedWithObject: boolean;
}
