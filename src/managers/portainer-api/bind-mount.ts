// Prints a bind mount in the short form of `volumes` in a compose file.

import { fitting } from '../../model/text.ts';

/** @throws Error for a path with a colon, which is the separator */
export function bindMount(source: string, destination: string): string {
  const path = (text: string): string => fitting(text, /^\/[^:]*$/, 'a volume of a compose file');
  return `${path(source)}:${path(destination)}:ro`;
}
