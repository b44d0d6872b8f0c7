// A call of the firewall's API: request, result, and the digests by which callers detect changes.
import { createHash } from 'node:crypto';
import type { FirewallConfig } from '../../../../src/proxmox/firewall/file.ts';
import { digestedText } from '../../../../src/proxmox/firewall/file.ts';
import type { Parameters } from '../parameters/check.ts';
import { refuse } from '../refusal.ts';

export type Item = Readonly<Record<string, unknown>>;
export type Request = {
  readonly method: string;
  readonly template: string;
  readonly parameters: Parameters;
  readonly config: FirewallConfig;
  readonly cluster: FirewallConfig | undefined;
};
/** The result of a call, and whether the changed configuration has to be saved. */
export type Handled = { readonly data: unknown; readonly changed?: boolean };

export const changed: Handled = { data: null, changed: true };
export const answer = (data: unknown): Handled => ({ data });
const STALE = 'detected modified configuration - file changed by other user? Try again.';

const numeric = new Set(['enable', 'ipversion', 'pos', 'nomatch']);

/** The items with their common digest, by which a caller detects changes. */
export function withDigest(items: readonly Item[]): { items: Record<string, unknown>[]; digest: string } {
  const digest = createHash('sha1').update(digestedText(items)).digest('hex');
  return {
    digest,
    items: items.map((item) => ({
      ...Object.fromEntries(
        Object.entries(item).map(([key, value]) => [key, numeric.has(key) ? Number(value) : value]),
      ),
      digest,
    })),
  };
}

/** Refuses when the caller's digest is not that of these items. */
export function checkDigest(items: readonly Item[], { digest }: Parameters): void {
  if (digest !== undefined && digest !== '' && withDigest(items).digest !== digest) refuse(STALE);
}
