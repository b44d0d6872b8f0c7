// Decides from a forge's list of delivery attempts which deliveries never arrived, and whether they arrive now. Pure.

import type { FailingWebhooks, SentWebhooks } from '../../ports/forge.ts';

/** A delivery that fails this often is itself faulty. */
const MAX_TRIES = 5;

/** One attempt. */
export interface Attempt {
  readonly id: number;
  /** The same for every attempt of a delivery. */
  readonly guid: string;
  /** ISO 8601. */
  readonly delivered_at: string;
  /** In the forge's words; empty where it has none beside the code. */
  readonly status: string;
  /** 0 where nothing answered and the forge has no code of its own for that. */
  readonly status_code: number;
}

/** @param attempts newest first */
export function summaryOf(attempts: readonly Attempt[]): SentWebhooks {
  const [newest] = attempts;
  return { lost: lost(attempts), failing: failing(attempts), arrives: newest !== undefined && arrived(newest) };
}

/** The newest attempt of each delivery that never arrived, oldest first. @param attempts newest first */
function lost(attempts: readonly Attempt[]): number[] {
  const tries = Map.groupBy(attempts, ({ guid }) => guid);
  const unheard = [...tries.values()].filter((each) => each.length < MAX_TRIES && !each.some(arrived));
  return unheard.flatMap(([newest]) => (newest === undefined ? [] : [newest.id])).reverse();
}

/** The newest attempts, up to one that arrived. @param attempts newest first */
function failing(attempts: readonly Attempt[]): FailingWebhooks | null {
  const end = attempts.findIndex(arrived);
  const failed = end < 0 ? attempts : attempts.slice(0, end);
  const [newest, first] = [failed[0], failed.at(-1)];
  if (newest === undefined || first === undefined) return null;
  return { since: first.delivered_at, code: newest.status_code, status: newest.status };
}

function arrived({ status_code: code }: Attempt): boolean {
  return code >= 200 && code < 300;
}

/** Whether the address of a webhook is that of this agent. @param publicUrl null: any address that ends alike */
export function leadsHere(url: string, publicUrl: string | null): boolean {
  const path = URL.parse(url)?.pathname.replace(/\/+$/, '') ?? '';
  if (!path.endsWith('/webhooks')) return false;
  return publicUrl === null || URL.parse(url)?.host === URL.parse(publicUrl)?.host;
}
