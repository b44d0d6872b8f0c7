// Finds faults for which Traefik would drop the whole file of routes. A fault of a single router is reported by Traefik itself, which serves the
// others.

import type { JsonObject } from '../../../model/json.ts';
import { unreadable } from '../../../traefik/file.ts';

/** The fault with its place; null: the file can be loaded. */
export function faultOf(dynamic: JsonObject): string | null {
  const [fault] = unreadable(dynamic);
  return fault === undefined ? null : `${fault.path.join('.')}: ${fault.message}`;
}
