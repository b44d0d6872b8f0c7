// The version of Phoenix.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PRODUCT } from '../product.ts';

/** The version in `package.json`. */
export function phoenixVersion(): string {
  return (JSON.parse(readFileSync(join(PRODUCT, 'package.json'), 'utf8')) as { readonly version: string }).version;
}
