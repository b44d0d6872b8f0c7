// Why Traefik would drop the file of routes as a whole, and with it every route. Of a single router that it takes out of use it tells
// itself, and serves the others.

import type { JsonObject } from '../../../model/json.ts';
import { unreadable } from '../../../traefik/file.ts';

/** In words, with the place; null: it can be read. */
export function faultOf(dynamic: JsonObject): string | null {
  const [fault] = unreadable(dynamic);
  return fault === undefined ? null : `${fault.path.join('.')}: ${fault.message}`;
}
