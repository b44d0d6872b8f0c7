// GitHub's webhook deliveries, which it stores for a few days: their content can be read, and failed ones can be requested again, since GitHub sends
// each only once by itself.

import type { FailingWebhooks, SentWebhook, SentWebhooks } from '../../../ports/forge.ts';
import { type Client, type GitHub, orNothing } from './connect.ts';
import { allOf, pagesOf } from './pages.ts';

/** A delivery that fails this often is itself faulty. */
const MAX_TRIES = 5;

interface Told {
  readonly id: number;
  /** The same for every attempt. */
  readonly guid: string;
  readonly delivered_at: string;
  readonly status: string;
  readonly status_code: number;
}

/** The API of one hook's deliveries. */
interface Hook {
  readonly client: Client;
  readonly path: string;
}

/** Null when the token may not see the hook, or Phoenix has none. */
export async function sentWebhooks(
  github: GitHub,
  publicUrl: string | null,
  since: Date,
): Promise<SentWebhooks | null> {
  const hook = await hookOf(github, publicUrl);
  if (hook === null) return null;
  const told = await deliveriesSince(hook, since);
  const [newest] = told;
  return { lost: lost(told), failing: failing(told), arrives: newest !== undefined && arrived(newest) };
}

export async function redeliver(github: GitHub, publicUrl: string | null, ids: readonly number[]): Promise<void> {
  const hook = await hookOf(github, publicUrl);
  if (hook === null) return;
  for (const id of ids) {
    const attempt = () => hook.client.request(`POST ${hook.path}/{delivery_id}/attempts`, { delivery_id: id });
    // A token that may only read the deliveries gets one of these.
    await orNothing(attempt, 403, 404);
  }
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
export function lost(told: readonly Told[]): number[] {
  const tries = Map.groupBy(told, ({ guid }) => guid);
  const unheard = [...tries.values()].filter((each) => each.length < MAX_TRIES && !each.some(arrived));
  return unheard.flatMap(([newest]) => (newest === undefined ? [] : [newest.id])).reverse();
}

/** The newest attempts, up to one that arrived. Pure. @param told newest first */
export function failing(told: readonly Told[]): FailingWebhooks | null {
  const end = told.findIndex(arrived);
  const attempts = end < 0 ? told : told.slice(0, end);
  const [newest, first] = [attempts[0], attempts.at(-1)];
  if (newest === undefined || first === undefined) return null;
  return { since: first.delivered_at, code: newest.status_code, status: newest.status };
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
