// The version of Phoenix.

import { readFileSync } from 'node:fs';

/** The version in `package.json`. */
export function phoenixVersion(): string {
  const file = new URL('../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { readonly version: string }).version;
}
