// One call of the firewall's API: what it asks for, what it returns, and the digests by which callers notice changes.
import { createHash } from 'node:crypto';
import type { FirewallConfig } from '../../../../src/proxmox/firewall-file.ts';
import { digestedText } from '../../../../src/proxmox/firewall-file.ts';
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
/** What a call returns, and whether the configuration was changed and is to be saved. */
export type Handled = { readonly data: unknown; readonly changed?: boolean };

export const changed: Handled = { data: null, changed: true };
export const answer = (data: unknown): Handled => ({ data });
const STALE = 'detected modified configuration - file changed by other user? Try again.';

const numeric = new Set(['enable', 'ipversion', 'pos', 'nomatch']);

/** Items with the digest of them all, by which a caller can tell whether they changed. */
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

/** Refuses when a caller has seen other items than these. */
export function checkDigest(items: readonly Item[], { digest }: Parameters): void {
  if (digest !== undefined && digest !== '' && withDigest(items).digest !== digest) refuse(STALE);
}
