// GitHub's webhook deliveries, which it stores for a few days: their content can be read, and failed ones can be requested again, since GitHub sends
// each only once by itself.

import type { SentWebhook } from '../../../ports/forge.ts';
import type { Client, GitHub } from './connect.ts';
import { allOf, pagesOf } from './pages.ts';

/** A delivery that fails this often is itself faulty. */
const MAX_TRIES = 5;

interface Told {
  readonly id: number;
  /** The same for every attempt. */
  readonly guid: string;
  readonly delivered_at: string;
  readonly status_code: number;
}

/** The API of one hook's deliveries. */
interface Hook {
  readonly client: Client;
  readonly path: string;
}

/** The number of requested redeliveries; null when the token may not see the hook, or Phoenix has none. */
export async function redeliver(github: GitHub, publicUrl: string | null, since: Date): Promise<number | null> {
  const hook = await hookOf(github, publicUrl);
  if (hook === null) return null;
  const wanted = failed(await deliveriesSince(hook, since));
  for (const id of wanted) {
    await hook.client.request(`POST ${hook.path}/{delivery_id}/attempts`, { delivery_id: id });
  }
  return wanted.length;
}

/** Null when GitHub has no such delivery, or the token may not see the hook. */
export async function sentWebhook(
  github: GitHub,
  publicUrl: string | null,
  guid: string,
  since: Date,
): Promise<SentWebhook | null> {
  const hook = await hookOf(github, publicUrl);
  if (hook === null) return null;
  const told = (await deliveriesSince(hook, since)).find((each) => each.guid === guid);
  if (told === undefined) return null;
  const { data } = await hook.client.request(`GET ${hook.path}/{delivery_id}`, { delivery_id: told.id });
  const { event, request } = data as { readonly event: string; readonly request: { readonly payload: unknown } };
  return { event, payload: request.payload };
}

/**
 * The newest attempt of each delivery that never arrived, oldest first. Pure. @param told newest first
 */
export function failed(told: readonly Told[]): number[] {
  const tries = Map.groupBy(told, ({ guid }) => guid);
  const lost = [...tries.values()].filter((each) => each.length < MAX_TRIES && !each.some(arrived));
  return lost.flatMap(([newest]) => (newest === undefined ? [] : [newest.id])).reverse();
}

function arrived({ status_code: code }: Told): boolean {
  return code >= 200 && code < 300;
}

async function deliveriesSince({ client, path }: Hook, since: Date): Promise<Told[]> {
  const found: Told[] = [];
  for await (const told of pagesOf<Told>(client, `GET ${path}`, {})) {
    found.push(...told.filter(({ delivered_at: at }) => Date.parse(at) >= since.getTime()));
    const oldest = told.at(-1);
    if (oldest !== undefined && Date.parse(oldest.delivered_at) < since.getTime()) break;
  }
  return found;
}

interface HookTold {
  readonly id: number;
  readonly config: { readonly url?: string };
}

async function hookOf(github: GitHub, publicUrl: string | null): Promise<Hook | null> {
  if (github.app !== null) return { client: github.app, path: '/app/hook/deliveries' };
  const { owner, repo } = github;
  const client = await github.client();
  try {
    const hooks = await allOf<HookTold>(client, 'GET /repos/{owner}/{repo}/hooks', { owner, repo });
    const ours = hooks.find(({ config }) => leadsHere(config.url ?? '', publicUrl));
    return ours === undefined ? null : { client, path: `/repos/${owner}/${repo}/hooks/${ours.id}/deliveries` };
  } catch (error) {
    const { status } = error as { readonly status?: number };
    if (status === 403 || status === 404) return null;
    throw error;
  }
}

function leadsHere(url: string, publicUrl: string | null): boolean {
  const path = URL.parse(url)?.pathname.replace(/\/+$/, '') ?? '';
  if (!path.endsWith('/webhooks')) return false;
  return publicUrl === null || URL.parse(url)?.host === URL.parse(publicUrl)?.host;
}
