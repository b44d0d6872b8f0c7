// What Traefik would refuse in its dynamic configuration.

import type { JsonObject } from '../../../model/json.ts';
import { refused } from '../../../traefik/refused.ts';

/** In words, or null. Values are searched for what would run as a template. */
export function faultOf(value: JsonObject): string | null {
  if (JSON.stringify(value).includes('{{')) return 'a value holds "{{", which Traefik would run as a template';
  const first = refused(value).find(({ disables }) => disables);
  return first === undefined ? null : `${first.section} ${first.name}: ${first.message}`;
}
